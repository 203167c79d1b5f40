"""Claims: what is drawn under a JSON schema is whole, parses and validates, for 200 schemas and 5 answers each at temperature 1 with 120 tokens of room;
and decoding under a schema is at least 0.95 times as fast as plain decoding.

    make bench BENCH=constrained ARGS="[SCHEMAS] [FILE.gguf]"

The judge is Python's jsonschema (INK_VENV names a virtual environment that has it). Schemas are made up from a seed. Speed: the best of
three rounds, in turns, of a list of painters and of as many tokens of the same prompt without a schema."""
import datetime, json, os, random, subprocess, sys, tempfile

from peer import INK, SMOL, ink_json, need

VENV = os.environ.get('INK_VENV') or os.path.expanduser('~/.cache/inkstone-tests/venv')
try:
    import jsonschema
except ImportError:
    if not os.path.exists(VENV + '/bin/python') or os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        raise
    os.execv(VENV + '/bin/python', [VENV + '/bin/python'] + sys.argv)
# The formats of the draft that is meant: a checker for all drafts has that of draft 3 for times, which knows no offsets.
FORMATS = jsonschema.FormatChecker(())
for name in ('date', 'uuid', 'ipv4', 'email'):
    FORMATS.checkers = {**FORMATS.checkers, name: jsonschema.Draft202012Validator.FORMAT_CHECKER.checkers[name]}
FORMATS.checks('time', ValueError)(lambda text: datetime.datetime.fromisoformat('2000-01-01T' + text.upper()).tzinfo is not None)
FORMATS.checks('date-time', ValueError)(lambda text: datetime.datetime.fromisoformat(text.upper()).tzinfo is not None)
NAMES = ['name', 'age', 'city', 'tags', 'price', 'active', 'email', 'id', 'größe', '颜色', 'note', 'items', 'date', 'score', 'parent']
LEAVES = [lambda r: {'type': 'string'}, lambda r: {'type': 'string', 'minLength': r.randint(0, 3), 'maxLength': r.randint(4, 20)}, lambda r: {'type': 'integer'}, lambda r: {'type': 'number'}, lambda r: {'type': 'boolean'},
          lambda r: {'type': 'integer', 'minimum': r.randint(-50, 0), 'maximum': r.randint(1, 500)}, lambda r: {'type': 'number', 'exclusiveMinimum': -1, 'maximum': r.randint(2, 90) / 4},
          lambda r: {'enum': r.sample(['red', 'green', 'blau', '白', 1, 2.5, None, True], 3)}, lambda r: {'const': r.choice(['x', 7, None, {'a': [1]}])}, lambda r: {'type': ['string', 'null'], 'maxLength': 9},
          lambda r: {'type': 'string', 'pattern': r.choice(['^[A-Z]{2}-[0-9]{3}$', '^(ab|cd)+$', '^[a-z]+@[a-z]+\\.org$'])}, lambda r: {'type': 'string', 'format': r.choice(['date', 'time', 'date-time', 'uuid', 'ipv4', 'email'])}]


def made(r, depth=0):
    kind = r.random()
    if depth > 2 or kind < .45:
        return r.choice(LEAVES)(r)
    if kind < .75:
        names = r.sample(NAMES, r.randint(1, 4))
        return {'type': 'object', 'properties': {n: made(r, depth + 1) for n in names}, 'required': r.sample(names, r.randint(0, len(names))), **({'additionalProperties': False} if r.random() < .5 else {})}
    if kind < .9:
        return {'type': 'array', 'items': made(r, depth + 1), 'minItems': r.randint(0, 2), 'maxItems': r.randint(2, 5)}
    if kind < .95:
        return {'anyOf': [made(r, depth + 1), {'type': 'null'}]}
    return {'$ref': '#/$defs/p', '$defs': {'p': made(r, depth + 1)}} if not depth else r.choice(LEAVES)(r)


def valid(count, model):
    r, bad, whole, refused = random.Random(1), [], 0, 0
    for i in range(count):
        schema = made(r)
        with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
            json.dump(schema, f)
            f.flush()
            p = subprocess.run([INK, 'generate', '-m', model, '-p', 'As JSON: ', '-n', '120', '--temp', '1', '--seed', str(i), '--answers', '5', '--json-schema', f.name, '--json'], capture_output=True, text=True, timeout=300)
        if p.returncode:
            refused += 'too few' in p.stderr
            bad += [] if 'too few' in p.stderr else [(schema, p.stderr)]
            continue
        for a in json.loads(p.stdout)['answers']:
            try:
                jsonschema.validate(json.loads(a['text']), schema, jsonschema.Draft202012Validator, format_checker=FORMATS)
                whole += 1
            except (ValueError, jsonschema.ValidationError) as e:
                bad.append((schema, a['text'], str(e)[:100]))
    print(f'{whole} of {5 * (count - refused)} answers are whole and valid; {refused} of {count} schemas were refused because 120 tokens are too few', *bad[:3], sep='\n')
    return not bad


def fast(model):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
        json.dump({'type': 'array', 'items': {'type': 'object', 'properties': {'name': {'type': 'string'}, 'year': {'type': 'integer'}}, 'required': ['name', 'year']}, 'minItems': 12}, f)
        f.flush()
        best, length = {}, 0
        for _ in range(3):
            for way in (('--json-schema', f.name), ()):  # as many tokens both times: later ones have more to attend to
                out = ink_json('generate', '-m', model, '-p', 'Painters as JSON: ', '-n', 600 if way else length, '--temp', .8, '--seed', 4, '-t', 2, *(way or ('--ignore-eos',)))
                length = len(out['tokens'])
                best[way[:1]] = max(best.get(way[:1], 0), out['timings']['predicted_per_second'])
    ratio = best['--json-schema',] / best[()]
    print(f'{length} tokens: plain {best[()]:.0f} tokens/s, under a schema {best["--json-schema",]:.0f}: {ratio:.2f}')
    return ratio >= .95


need(INK)
model = sys.argv[2] if len(sys.argv) > 2 else SMOL
held = [valid(int(sys.argv[1]) if len(sys.argv) > 1 else 200, model), fast(model)]
print('holds' if all(held) else 'does not hold')
sys.exit(not all(held))
