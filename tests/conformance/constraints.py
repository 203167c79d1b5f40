"""Constraints against others' judgement: JSON schemas of the official suite (nothing invalid may be accepted, what is drawn must
validate with the jsonschema package), regular expressions against Python's re, grammars, steering to an end, and refusals."""
import glob, json, os, random, re, subprocess, sys

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

SHARED = os.environ.get('INK_SHARED', '')
ASK = os.environ['INK_BUILD'] + '/tests/unit/ask_constraint'
if not os.path.exists(ASK):
    print('ok - constraints # SKIP ask_constraint is not built')
    sys.exit()
if oracle.has('jsonschema'):
    import jsonschema
else:
    jsonschema = None

GBNF, SCHEMA, REGEX = 0, 1, 2
process = subprocess.Popen([ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding='utf-8', errors='surrogateescape')


def ask(kind, text, texts=(), samples=0, left=60):
    process.stdin.write(json.dumps({'kind': kind, 'text': text, 'texts': list(texts), 'samples': samples, 'left': left}) + '\n')
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def check(name, wrong):
    print(f'ok - constraints {name}' if not wrong else f'not ok - constraints {name}: {len(wrong)} wrong: {str(wrong[:4])[:1500]}', flush=True)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


# ---- the suite ----

def texts_of(value):
    return list(dict.fromkeys([compact(value), json.dumps(value, ensure_ascii=False), json.dumps(value)]))


def encodable(text):
    try:
        text.encode()
        return True
    except UnicodeEncodeError:
        return False


def suite():
    accepted_bad, drawn_bad, valid, found, done, refused = [], [], 0, 0, 0, {}
    for path in sorted(glob.glob(SHARED + '/data/suites/json-schema-2020-12/*.json')):
        for group in json.load(open(path)):
            texts, expected = [], []
            for t in group['tests']:
                for text in filter(encodable, texts_of(t['data'])):
                    texts.append(text)
                    expected.append(t['valid'])
            schema = group['schema']
            r = ask(SCHEMA, json.dumps(schema), texts, samples=4)
            where = os.path.basename(path)[:-5] + ': ' + group['description']
            if 'error' in r:
                word = re.search(r'"([^"]*)"', r['error'])
                refused.setdefault(word[1] if word else r['error'], []).append(where)
                continue
            done += 1
            accepted_bad += [(where, t) for t, ok, a in zip(texts, expected, r['accepts']) if a and not ok]
            valid += sum(expected)
            found += sum(1 for ok, a in zip(expected, r['accepts']) if a and ok)
            if not jsonschema:
                continue
            judge = jsonschema.Draft202012Validator(schema)
            for text in r['samples']:
                try:
                    if not judge.is_valid(json.loads(text)):
                        drawn_bad.append((where, text))
                except (ValueError, RecursionError) as e:
                    drawn_bad.append((where, text, str(e)[:80]))
                except Exception as e:  # references that this package would fetch
                    refused.setdefault('jsonschema: ' + type(e).__name__, []).append(where)
    check(f'suite: nothing invalid is accepted ({done} schemas; {found} of {valid} valid texts can be written)', accepted_bad)
    check('suite: what is drawn is valid' + ('' if jsonschema else ' # SKIP Python has no jsonschema'), drawn_bad)
    check('suite: most schemas with keywords that are listed are done', [] if done >= 120 and found >= 0.55 * valid else [(done, found, valid)])
    if os.environ.get('FULL'):
        print({k: len(v) for k, v in refused.items()}, file=sys.stderr)


# ---- schemas of our own ----

OWN = [
    {'type': 'object', 'properties': {'name': {'type': 'string', 'maxLength': 12}, 'age': {'type': 'integer', 'minimum': 0, 'maximum': 130}}, 'required': ['name', 'age'], 'additionalProperties': False},
    {'type': 'number', 'minimum': -0.5, 'exclusiveMaximum': 2.25}, {'type': 'integer', 'exclusiveMinimum': -1234, 'maximum': 98765}, {'type': 'number', 'maximum': -3}, {'type': 'integer', 'minimum': 17},
    {'type': 'string', 'pattern': '^[A-Z]{3}-[0-9]{4}$'}, {'type': 'string', 'pattern': 'a.c', 'minLength': 5, 'maxLength': 7}, {'type': 'string', 'format': 'date-time'}, {'type': 'string', 'format': 'uuid'},
    {'type': 'string', 'pattern': '^["\\\\\\n]+$', 'maxLength': 3}, {'type': 'array', 'items': {'enum': ['red', 1, None, {'a': [1.5, 'é']}]}, 'minItems': 2, 'maxItems': 4},
    {'type': 'array', 'prefixItems': [{'type': 'integer'}, {'type': 'boolean'}], 'items': {'type': 'null'}, 'minItems': 1, 'maxItems': 5},
    {'$ref': '#/$defs/tree', '$defs': {'tree': {'type': 'object', 'properties': {'value': {'type': 'integer'}, 'children': {'type': 'array', 'items': {'$ref': '#/$defs/tree'}}}, 'required': ['value']}}},
    {'type': 'object', 'properties': {'ab': {'type': 'integer'}, 'abc': {'const': 1}, '"q\\': {}}, 'additionalProperties': {'type': 'boolean'}}, {'type': 'object', 'patternProperties': {'^x': {'type': 'integer'}}, 'properties': {'y': {'type': 'null'}}, 'required': ['y']},
    {'oneOf': [{'type': 'object', 'properties': {'kind': {'const': 'a'}, 'n': {'type': 'integer'}}, 'required': ['kind', 'n']}, {'type': 'object', 'properties': {'kind': {'const': 'b'}}, 'required': ['kind']}]},
    {'allOf': [{'properties': {'a': {'type': 'string'}}, 'required': ['a']}, {'properties': {'a': {'maxLength': 3}, 'b': {'type': 'integer'}}, 'required': ['b']}], 'type': 'object'},
    {'type': 'object', 'minProperties': 1, 'maxProperties': 3, 'additionalProperties': {'type': 'integer'}}, {'anyOf': [{'type': 'integer', 'minimum': 5}, {'type': 'null'}]}, {'type': ['string', 'null'], 'maxLength': 0}, {'type': 'string', 'pattern': '^b*$', 'maxLength': 0}, True, {},
]


def own():
    wrong = []
    for schema in OWN:
        for left in (1, 20, 200):
            r = ask(SCHEMA, json.dumps(schema), samples=8, left=left)
            for text in r.get('samples', [r]):
                try:
                    if jsonschema and not jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).is_valid(json.loads(text)):
                        wrong.append((schema, text))
                except (ValueError, TypeError) as e:
                    wrong.append((schema, text, str(e)[:80]))
    check('schemas: every text is whole, parses and validates, however little room there is', wrong)


FORMATS = {  # texts that are of the format; none of the last list is written
    'date': (['2024-02-28', '0001-12-31'], ['2023-02-29', '2024-13-01', '24-01-01', '2024-1-1', '0000-01-01']), 'time': (['23:59:59Z', '00:00:00.5+01:00'], ['24:00:00Z', '12:00:00', '1:00:00Z']),
    'date-time': (['1985-04-12T23:20:50.52Z', '1996-12-19T16:39:57-08:00'], ['1996-12-19', '1996-12-19T16:39:57', '1996-12-19 16:39:57Z']),
    'duration': (['P4DT12H30M5S', 'P4Y', 'PT0S', 'P1M', 'PT1M', 'P2W', 'P1Y2M3DT4H'], ['P', 'PT', '4D', 'P1Y2W', 'P1D2H', 'P2S', 'P1YT', 'PT1D', 'P1Y2D', 'PT1H2S']),
    'uuid': (['2eb8aa08-aa98-11ea-b4aa-73b441d16380'], ['2eb8aa08-aa98-11ea-b4aa-73b441d1638', '2eb8aa08aa9811eab4aa73b441d16380']), 'ipv4': (['192.168.0.1', '0.0.0.0'], ['256.1.1.1', '1.2.3', '01.2.3.4']),
    'ipv6': (['::', '::1', '1::', 'fe80::1', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '1::3:4', '2001:db8::8a2e:370:7334'], ['1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::1::', ':1', '1:', '12345::', '1.2.3.4', ':::', '1::2::3', 'g::', '1:2:3:4:5:6:7::8']),
    'hostname': (['www.example.com', 'localhost', 'a-b.org'], ['-a.com', 'a-.com', 'a_b.com', '', 'a..com', 'xn--x.com']), 'idn-hostname': (['www.example.com'], ['a..com', '-a.com']),
    'email': (['joe.bloggs@example.com', 'te+st@a.b.org'], ['joe', '@example.com', 'joe..b@example.com', '.joe@example.com', 'joe@']), 'idn-email': (['joe@example.com'], ['joe']),
    'uri': (['https://example.org/a/b?c=d', 'http://a.bc'], ['//a.bc', 'a', 'http:// a.bc', 'https://']), 'iri': (['https://example.org/a'], ['/a']),
    'uri-reference': (['', '/a/b', 'https://example.org/a#b', '?q=1', '#top', '/'], ['http://a.bc/ d', '\\\\a', '/a b']), 'iri-reference': (['/a/b'], ['/a b']),
    'uri-template': (['https://example.org/users/{id}/x'], ['https://example.org/{id', 'https://example.org/id}']), 'json-pointer': (['', '/a/0', '/a~1b/~0', '/', '/a"\\'], ['a', '/~', '/~2', '#/a']),
    'relative-json-pointer': (['0', '1/a', '12#', '0/'], ['01', '-1', '/a', '1##', '']),
}


def formats():
    """Every format by name: what is of it and simple can be written, nothing that is not of it, and what is drawn is what jsonschema's checker takes, where it has one for it."""
    checker, wrong, judged = jsonschema and jsonschema.Draft202012Validator.FORMAT_CHECKER, [], 0
    for name, (good, bad) in FORMATS.items():
        r = ask(SCHEMA, json.dumps({'type': 'string', 'format': name}), [compact(t) for t in good + bad], samples=60)
        if 'error' in r or r['accepts'] != [True] * len(good) + [False] * len(bad):
            wrong.append((name, r.get('error') or [t for t, a, w in zip(good + bad, r['accepts'], [True] * len(good) + [False] * len(bad)) if a != w]))
            continue
        if checker and name in checker.checkers:
            judged += 1
            misread = name == 'relative-json-pointer' and re.compile(r'"\d*0\d')  # which the package takes for a number that begins with 0
            wrong += [(name, t) for t in r['samples'] + [compact(g) for g in good] if not checker.conforms(json.loads(t), name) and not (misread and misread.match(t))]
    check(f'schemas: {len(FORMATS)} formats of strings, {judged} of them by jsonschema', wrong)
    wrong = [n for n in ('regex', 'color', 'Date', '') if f'format \\"{n}\\"' not in json.dumps(ask(SCHEMA, json.dumps({'type': 'string', 'format': n})).get('error', ''))]
    check('schemas: other formats are refused by name', wrong)


def numbers():
    rng, wrong = random.Random(7), []
    for _ in range(60):
        low = round(rng.uniform(-200, 200), rng.choice([0, 0, 1, 2, 4]))
        high = round(low + abs(rng.gauss(0, rng.choice([1, 30, 3000]))), rng.choice([0, 1, 3]))
        whole = rng.random() < .5
        values = [rng.randint(-300, 300) if whole or rng.random() < .5 else round(rng.uniform(low - 2, high + 2), rng.randint(1, 5)) for _ in range(60)] + [low, high]
        values = [int(v) if whole or v == int(v) else v for v in values]
        schema = {'type': 'integer' if whole else 'number', rng.choice(['minimum', 'exclusiveMinimum']): low, rng.choice(['maximum', 'exclusiveMaximum']): high}
        good = lambda v: (v >= schema.get('minimum', v)) and (v > schema.get('exclusiveMinimum', v - 1)) and v <= schema.get('maximum', v) and v < schema.get('exclusiveMaximum', v + 1)
        r = ask(SCHEMA, json.dumps(schema), [compact(v) for v in values])
        if 'error' in r:
            wrong += [(schema, r)] if any(map(good, values)) else []
            continue
        wrong += [(schema, v, a) for v, a in zip(values, r['accepts']) if a != good(v)]
    check('schemas: bounds of numbers, to the digit', wrong)


# ---- regular expressions, against Python's ----

EXPRESSIONS = ['a', 'ab|cd', '(a|b)*c', '[a-c]+', '[^a-c]{2,3}', 'a{0}b', '(?:ab){2,}', r'\d{1,3}(\.\d+)?', r'\w+@\w+\.(com|org)', r'\s*x\s*', 'é?t.', '(a*)*b', '(a|aa)+$', '^x|y$', 'a??b+?', '[]a]'.replace('[]', '[\\]'), '[-a]', '[a-]', r'[\d-]+',
               r'\x41\u00e9', '(a(b(c)?)?)?', '.{3}', 'a|', '中文+', r'\$\^\.', '[^\\n]*', '(?<n>a)b']


SPACES = '[\\t-\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]'  # of ECMA-262


def expressions():
    rng, wrong = random.Random(3), []
    alphabet = ['a', 'b', 'c', 'd', 'x', 'y', '1', '23', '.', '@', 'com', 'é', 't', '中文', '\n', ' ', '-', ']', '$', '^', 'A', 'aa']
    for expression in EXPRESSIONS:
        texts = [''.join(rng.choices(alphabet, k=rng.randint(0, 5))) for _ in range(120)]
        python = re.compile(expression.replace('(?<n>', '(?P<n>').replace('\\s', SPACES), re.ASCII)
        r = ask(REGEX, expression, texts, samples=10, left=12)
        if 'error' in r:
            wrong.append((expression, r))
            continue
        wrong += [(expression, t, a) for t, a in zip(texts, r['accepts']) if a != bool(python.fullmatch(t))]
        wrong += [(expression, t, 'drawn') for t in r['samples'] if not python.fullmatch(t)]
    check('expressions mean what they mean to Python', wrong)


# ---- grammars ----

def grammars():
    arithmetic = '# sums\nroot ::= sum "\\n"?\nsum ::= term (("+" | "-") term)*\nterm ::=\n  number | "(" sum ")"\n  | "-" term\nnumber ::= [0-9]{1,3}\n'
    texts = ['1', '1+2', '(1-2)+33', '-(4)', '1+', '1234', '', '(1', '1\n', '((7))']
    want = [True, True, True, True, False, False, False, False, True, True]
    r = ask(GBNF, arithmetic, texts, samples=40, left=9)
    wrong = [] if r.get('accepts') == want else [r]
    for text in r.get('samples', []):
        try:
            eval(re.sub(r'\b0+(?=\d)', '', text))
        except SyntaxError:
            wrong.append(text)
    letters = ask(GBNF, 'root ::= [^"\\\\\\x7F\\x00-\\x1F] "\\u00e9" "\\U0001F600" .', ['aé😀z', 'aé😀', '"é😀z'])
    wrong += [] if letters.get('accepts') == [True, False, False] else [letters]
    check('grammars: sums, classes, escapes', wrong)


REFUSED = [
    (GBNF, 'root ::= root "a" | "b"', 'left-recursive'), (GBNF, 'root ::= a\na ::= b? a | "c"\nb ::= "x"', 'left-recursive'), (GBNF, 'root ::= "a" root', 'no text of finite length'), (GBNF, 'root ::= x', 'the rule x is defined nowhere'),
    (GBNF, 'root ::= "a\n', 'line 1'), (GBNF, 'a ::= "b"', 'root is defined nowhere'), (GBNF, 'root ::= "a"\nroot ::= "b"', 'line 2: the rule root is defined twice'), (GBNF, 'root ::= ' + '(' * 5000, 'nested too deep'),
    (GBNF, 'root ::= (((("a"{100}){100}){100}){100})', 'more states'), (GBNF, 'root ::= ""', 'only the empty text'), (GBNF, 'root ::= "a"{9,2}', '{n,m}'), (GBNF, 'root ::= "a")', ') closes nothing'),
    (REGEX, '(((a{999}){999}){999})', 'more states'), (REGEX, '(?=a)b', 'look-around'), (REGEX, r'(a)\1', 'back references'), (REGEX, r'\bx', r'\b'), (REGEX, 'a(b', 'not closed'), (REGEX, 'a)', 'closes nothing'), (REGEX, '[z-a]', 'ends before it begins'),
    (REGEX, '*a', 'nothing to repeat'), (REGEX, r'\p{L}', r'\p{'), (REGEX, 'a{3,1}', '{n,m}'), (REGEX, 'x(^a)', '^ and $'), (REGEX, '[', 'bracket is not closed'),
    (SCHEMA, '{"not":{}}', '"not"'), (SCHEMA, '{"uniqueItems":true}', '"uniqueItems"'), (SCHEMA, '{"if":{}}', '"if"'), (SCHEMA, '{"type":"text"}', 'no type "text"'), (SCHEMA, '{"$ref":"#/x"}', '"#/x" is nowhere'), (SCHEMA, '{"$ref":"http://a/b"}', 'outside'),
    (SCHEMA, '{"oneOf":[{"type":"integer"},{"minimum":2}]}', '"oneOf"'), (SCHEMA, '{"format":"regex"}', 'format "regex"'), (SCHEMA, '{"whatever":1}', '"whatever"'), (SCHEMA, 'false', 'no text of finite length'), (SCHEMA, '{"type":"string","pattern":"^a.c$","maxLength":0}', 'no text of finite length'), (SCHEMA, '[', 'JSON'),
    (SCHEMA, '{"minLength":-1}', '"minLength"'), (SCHEMA, '{"type":"array","minItems":1000000}', '"minItems" counts'), (SCHEMA, '3', 'a schema is an object'),
    (SCHEMA, '{"properties":{"a":' * 200 + '{}' + '}}' * 200, 'nested more than'), (SCHEMA, '{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}', 'no text of finite length'),
]


def refusals():
    wrong = [(t[:60], want, r) for kind, t, want in REFUSED if want not in (r := ask(kind, t)).get('error', '')]
    check('what is wrong or not done is refused by name', wrong)


suite() if SHARED else print('ok - constraints suite # SKIP no shared data')
own()
formats()
numbers()
expressions()
grammars()
refusals()
