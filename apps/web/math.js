// Formulas: a part of TeX into MathML, which browsers draw. What is not understood is shown as it was written.
const NS = 'http://www.w3.org/1998/Math/MathML';
const signs = {
  alpha: 'α', beta: 'β', gamma: 'γ', delta: 'δ', epsilon: 'ϵ', varepsilon: 'ε', zeta: 'ζ', eta: 'η', theta: 'θ', iota: 'ι', kappa: 'κ', lambda: 'λ', mu: 'μ', nu: 'ν', xi: 'ξ', pi: 'π', rho: 'ρ', sigma: 'σ',
  tau: 'τ', upsilon: 'υ', phi: 'ϕ', varphi: 'φ', chi: 'χ', psi: 'ψ', omega: 'ω', Gamma: 'Γ', Delta: 'Δ', Theta: 'Θ', Lambda: 'Λ', Xi: 'Ξ', Pi: 'Π', Sigma: 'Σ', Phi: 'Φ', Psi: 'Ψ', Omega: 'Ω', infty: '∞', partial: '∂', nabla: '∇',
  hbar: 'ℏ', ell: 'ℓ', forall: '∀', exists: '∃', emptyset: '∅', dots: '…', ldots: '…', cdots: '⋯',
};
const operators = {
  cdot: '⋅', times: '×', div: '÷', pm: '±', mp: '∓', le: '≤', leq: '≤', ge: '≥', geq: '≥', ne: '≠', neq: '≠', approx: '≈', equiv: '≡', sim: '∼', propto: '∝', in: '∈', notin: '∉', subset: '⊂', subseteq: '⊆', cup: '∪', cap: '∩',
  to: '→', rightarrow: '→', leftarrow: '←', Rightarrow: '⇒', Leftrightarrow: '⇔', iff: '⇔', implies: '⇒', mapsto: '↦', sum: '∑', prod: '∏', int: '∫', oint: '∮', land: '∧', lor: '∨', neg: '¬', mid: '|', quad: '\u2003', ',': '\u2009', ';': '\u2005', '!': '',
  langle: '⟨', rangle: '⟩', lfloor: '⌊', rfloor: '⌋', lceil: '⌈', rceil: '⌉', '{': '{', '}': '}', '|': '‖',
};
const names = ['sin', 'cos', 'tan', 'log', 'ln', 'exp', 'lim', 'max', 'min', 'det', 'arg', 'gcd', 'sup', 'inf'];
const stacked = new Set(['∑', '∏', 'lim', 'max', 'min', 'sup', 'inf']);

function element(name, ...children) {
  const e = document.createElementNS(NS, name);
  for (const c of children) e.append(c);
  return e;
}

class Parser {
  constructor(source) {
    this.tokens = source.match(/\\[a-zA-Z]+|\\.|[{}^_&]|\d+(?:\.\d+)?|\s+|[^\s]/gu) || [];
    this.at = 0;
    this.depth = 0;
  }
  peek() {
    while (this.at < this.tokens.length && /^\s+$/.test(this.tokens[this.at])) this.at++;
    return this.tokens[this.at];
  }
  next() {
    const token = this.peek();
    this.at++;
    return token;
  }
  row(end) {
    const items = [];
    if (++this.depth > 60) throw new Error('too deep');
    for (let token; (token = this.peek()) !== undefined && token !== end; ) {
      if (token === '}' || token === '\\right' || token === '&' || token === '\\\\' || token === '\\end') break;
      items.push(this.scripts());
    }
    this.depth--;
    return element('mrow', ...items);
  }
  group() {
    if (this.peek() !== '{') return this.atom();
    this.next();
    const row = this.row('}');
    if (this.next() !== '}') throw new Error('a brace is missing');
    return row;
  }
  scripts() {
    const base = this.atom();
    let below, above;
    for (let token; (token = this.peek()) === '_' || token === '^'; ) {
      this.next();
      if (token === '_') below = this.group();
      else above = this.group();
    }
    const under = stacked.has(base.textContent) && ['mo', 'mi'].includes(base.localName);
    if (below && above) return element(under ? 'munderover' : 'msubsup', base, below, above);
    if (below) return element(under ? 'munder' : 'msub', base, below);
    if (above) return element(under ? 'mover' : 'msup', base, above);
    return base;
  }
  words() {
    if (this.next() !== '{') throw new Error('a brace is expected');
    let text = '';
    for (let depth = 1; this.at < this.tokens.length; ) {
      const token = this.tokens[this.at++];
      depth += token === '{' ? 1 : token === '}' ? -1 : 0;
      if (!depth) return text;
      text += token;
    }
    throw new Error('a brace is missing');
  }
  fence() {
    const open = this.next(), row = this.row(), mark = token => element('mo', token === '.' ? '' : operators[(token || '').slice(1)] || token || '');
    if (this.next() !== '\\right') throw new Error('\\right is missing');
    return element('mrow', mark(open), row, mark(this.next()));
  }
  table() {
    const kind = this.words(), rows = [[]];
    while (this.peek() !== undefined) {
      rows.at(-1).push(element('mtd', this.row()));
      const token = this.next();
      if (token === '\\\\') rows.push([]);
      else if (token === '\\end') break;
    }
    this.words();
    const table = element('mtable', ...rows.map(cells => element('mtr', ...cells))), fences = { pmatrix: '()', bmatrix: '[]', vmatrix: '||', cases: '{' }[kind] || '';
    return element('mrow', ...(fences[0] ? [element('mo', fences[0])] : []), table, ...(fences[1] ? [element('mo', fences[1])] : []));
  }
  command(name) {
    if (name === 'frac' || name === 'dfrac' || name === 'tfrac') return element('mfrac', this.group(), this.group());
    if (name === 'binom') return element('mrow', element('mo', '('), element('mfrac', this.group(), this.group()), element('mo', ')'));
    if (name === 'sqrt') {
      if (this.peek() !== '[') return element('msqrt', this.group());
      this.next();
      const root = this.row(']');
      this.next();
      return element('mroot', this.group(), root);
    }
    if (name === 'left') return this.fence();
    if (name === 'begin') return this.table();
    if (['text', 'mathrm', 'operatorname', 'textbf', 'mathbf', 'mathbb', 'mathcal'].includes(name)) return element(name === 'text' ? 'mtext' : 'mi', this.words());
    if (['hat', 'bar', 'vec', 'tilde', 'dot', 'overline'].includes(name))
      return element('mover', this.group(), element('mo', { hat: '^', bar: '¯', vec: '→', tilde: '~', dot: '˙', overline: '¯' }[name]));
    if (names.includes(name)) return element('mi', name);
    if (signs[name]) return element('mi', signs[name]);
    if (name in operators) return element('mo', operators[name]);
    throw new Error('unknown: ' + name);
  }
  atom() {
    const token = this.next();
    if (token === undefined) throw new Error('something is missing');
    if (token === '{') {
      this.at--;
      return this.group();
    }
    if (token[0] === '\\') return this.command(token.slice(1));
    if (/^\d/.test(token)) return element('mn', token);
    return element(/\p{L}/u.test(token) ? 'mi' : 'mo', token === '-' ? '−' : token === "'" ? '′' : token);
  }
}

/** A formula as an element; text, where it is not understood. */
export function formula(source, block) {
  try {
    const parser = new Parser(source), row = parser.row();
    if (parser.peek() !== undefined) throw new Error('something is left');
    const math = element('math', row);
    if (block) math.setAttribute('display', 'block');
    math.setAttribute('aria-label', source);
    return math;
  } catch {
    const code = document.createElement('code');
    code.textContent = source;
    return code;
  }
}
