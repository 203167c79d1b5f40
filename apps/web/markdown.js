// Markdown into elements. Text of a model never becomes markup: every piece is a text node.
import { formula } from './math.js';
import { t } from './words.js';

export function h(name, properties, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(properties || {}))
    if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
    else if (k in e && k !== 'list') e[k] = v;
    else e.setAttribute(k, v);
  e.append(...children.filter(c => c !== null && c !== undefined));
  return e;
}

const inline = [
  [/^`+/, (m, s) => {
    const end = s.indexOf(m[0], m[0].length);
    return end < 0 ? null : [h('code', null, s.slice(m[0].length, end).trim()), end + m[0].length];
  }],
  [/^\$\$([^$]+)\$\$|^\\\[(.+?)\\\]/s, m => [formula(m[1] || m[2], true), m[0].length]],
  [/^\$([^\s$](?:[^$\n]*[^\s$])?)\$(?!\d)|^\\\((.+?)\\\)/, m => [formula(m[1] || m[2], false), m[0].length]],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*|^__(?=\S)([\s\S]*?\S)__/, m => [h('strong', null, ...spans(m[1] || m[2])), m[0].length]],
  [/^\*(?=\S)([^*]*?\S)\*|^_(?=\S)([^_]*?\S)_(?!\w)/, m => [h('em', null, ...spans(m[1] || m[2])), m[0].length]],
  [/^~~(.+?)~~/, m => [h('del', null, ...spans(m[1])), m[0].length]],
  [/^!?\[([^\]]*)\]\((https?:\/\/[^\s)]+)[^)]*\)/, m => [link(m[1] || m[2], m[2]), m[0].length]],
  [/^https?:\/\/[^\s<>"')\]]+/, m => [link(m[0], m[0]), m[0].length]],
  [/^\\([\\`*_{}[\]()#+\-.!$|~>])/, m => [document.createTextNode(m[1]), 2]],
  [/^ {2,}\n|^\\\n/, m => [h('br'), m[0].length]],
];

function link(text, href) {
  return h('a', { href, rel: 'noopener noreferrer', target: '_blank' }, text);
}

function spans(text) {
  const out = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    let hit = null;
    if (/[`$*_~[!h\\ ]/.test(rest[0]) && !(rest[0] === '_' && /\w/.test(text[at - 1] || '')))
      for (const [pattern, make] of inline) {
        const m = rest.match(pattern);
        if (m && (hit = make(m, rest))) break;
      }
    if (!hit) {
      plain += text[at++];
      continue;
    }
    if (plain) out.push(plain);
    plain = '';
    out.push(hit[0]);
    at += hit[1];
  }
  if (plain) out.push(plain);
  return out;
}

function code(lines, language) {
  const text = lines.join('\n'), button = h('button', { className: 'copy', type: 'button' }, t('copy'));
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = t('copied');
    setTimeout(() => { button.textContent = t('copy'); }, 1500);
  });
  return h('pre', { tabIndex: 0 }, h('code', language ? { className: 'language-' + language } : null, text), button);
}

function table(lines) {
  const cells = line => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map(c => spans(c.trim().replace(/\\\|/g, '|')));
  return h('table', null, h('thead', null, h('tr', null, ...cells(lines[0]).map(c => h('th', null, ...c)))),
    h('tbody', null, ...lines.slice(2).map(l => h('tr', null, ...cells(l).map(c => h('td', null, ...c))))));
}

const item = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;

function list(lines) {
  const first = lines[0].match(item), ordered = /\d/.test(first[2]), items = [];
  for (const line of lines) {
    const m = line.match(item);
    if (m && m[1].length <= first[1].length) items.push([m[3]]);
    else items.at(-1).push(line.slice(Math.min(line.search(/\S|$/), first[1].length + 2)));
  }
  return h(ordered ? 'ol' : 'ul', ordered ? { start: parseInt(first[2]) } : null, ...items.map(i => {
    const [line, ...rest] = i, inner = rest.length ? blocks(rest) : [];
    return h('li', null, ...spans(line), ...inner);
  }));
}

/** Takes lines while a condition holds. */
function take(lines, at, holds) {
  let end = at;
  while (end < lines.length && holds(lines[end], end)) end++;
  return lines.slice(at, end);
}

function block(lines, at) {
  const line = lines[at];
  let m;
  if ((m = line.match(/^\s*(```+|~~~+)\s*([\w+#.-]*)/))) {
    const inside = take(lines, at + 1, l => !l.trim().startsWith(m[1]));
    return [code(inside, m[2]), inside.length + 2];
  }
  if ((m = line.match(/^\s*(?:\$\$|\\\[)\s*$/))) {
    const inside = take(lines, at + 1, l => !/^\s*(?:\$\$|\\\])\s*$/.test(l));
    return [formula(inside.join(' '), true), inside.length + 2];
  }
  if ((m = line.match(/^(#{1,6})\s+(.*?)\s*#*$/))) return [h('h' + Math.min(6, m[1].length + 1), null, ...spans(m[2])), 1];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [h('hr'), 1];
  if (/^\s*>/.test(line)) {
    const inside = take(lines, at, l => /^\s*>/.test(l));
    return [h('blockquote', null, ...blocks(inside.map(l => l.replace(/^\s*> ?/, '')))), inside.length];
  }
  if (item.test(line)) {
    const first = line.match(item), other = l => { const m = l.match(item); return m && m[1].length <= first[1].length && /\d/.test(m[2]) !== /\d/.test(first[2]); };
    const inside = take(lines, at, (l, i) => !other(l) && !(!l.trim() && other(lines[i + 1] || '')) && (i === at || item.test(l) || /^\s{2,}\S/.test(l) || (!l.trim() && /^\s{2,}\S/.test(lines[i + 1] || '')) || (!l.trim() && item.test(lines[i + 1] || ''))));
    return [list(inside), inside.length];
  }
  if (line.includes('|') && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[at + 1] || '')) {
    const inside = take(lines, at, l => l.includes('|'));
    return [table(inside), inside.length];
  }
  const inside = take(lines, at, (l, i) => l.trim() && (i === at || !/^\s*(```|~~~|#{1,6}\s|>|\$\$\s*$)/.test(l) && !item.test(l)));
  return [h('p', null, ...spans(inside.join('\n'))), inside.length];
}

function blocks(lines) {
  const out = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at].trim()) {
      at++;
      continue;
    }
    const [element, count] = block(lines, at);
    out.push(element);
    at += Math.max(1, count);
  }
  return out;
}

export function markdown(text) {
  return blocks(text.split('\n'));
}
