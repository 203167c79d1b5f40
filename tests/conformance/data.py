"""inkstone data: formats by their content, rows that cannot be used with line and reason, what is learned, duplicates, shards."""
import json, os, subprocess, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
SETS = SHARED + '/data/train'


def check(name, ok, why=''):
    print(f'ok - data {name}' if ok else f'not ok - data {name}: {why}')


def data(*words):
    r = subprocess.run([INK, 'data', *words, '--json'], capture_output=True, text=True, timeout=60)
    return json.loads(r.stdout) if r.returncode == 0 else r.stderr


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)
    return path


def model(temp):
    """A tiny network whose tokens are bytes."""
    write(temp + '/config.json', json.dumps({'model_type': 'rnn', 'hidden_size': 4}))
    write(temp + '/text.txt', ''.join(map(chr, range(32, 127))) + '\n' + 'the same again\n')
    r = subprocess.run([INK, 'train', 'model=' + temp + '/config.json', 'tokenizer=char', f'dataset={temp}/text.txt', f'output_dir={temp}/model', 'max_steps=1', 'cutoff_len=16'],
                       capture_output=True, text=True, timeout=60)
    return temp + '/model' if r.returncode == 0 else r.stderr


ROWS = {
    'alpaca': ({'instruction': 'say', 'input': 'it', 'output': 'hi'}, {'instruction': 'only'}, 'no answer'),
    'chatglm': ({'content': 'say', 'summary': 'hi', 'history': [['a', 'b']]}, {'summary': 'only'}, 'no question'),
    'completion': ({'prompt': 'say', 'completion': 'hi'}, {'prompt': 'only'}, 'no answer'),
    'sharegpt': ({'conversations': [{'from': 'human', 'value': 'say'}, {'from': 'gpt', 'value': 'hi'}]}, {'conversations': [{'from': 'ghost', 'value': 'x'}]}, 'ghost'),
    'messages': ({'messages': [{'role': 'user', 'content': 'say'}, {'role': 'assistant', 'content': 'hi'}]}, {'messages': [{'content': 'x'}]}, 'no role'),
    'jsonl': ({'text': 'some words'}, {'text': 5}, 'no text'),
    'ids': ({'input_ids': [1, 2, 3]}, {'input_ids': [1, 200, 3]}, 'outside'),
}


def formats(temp, m):
    for name, (good, bad, why) in ROWS.items():
        lines = write(temp + '/lines', '\n'.join([json.dumps(good), '', json.dumps(bad), 'nonsense', json.dumps(good)]))
        got = data(lines, '-m', m)
        check(f'{name} by content, with the lines that cannot be used', isinstance(got, dict) and got['samples'] == 2 and [b['line'] for b in got['bad']] == [3, 4] and why in got['bad'][0]['reason'], got)
        array = write(temp + '/array', json.dumps([good, bad, good], indent=1))
        got = data(array, '-m', m, '--dedupe')
        check(f'{name} as an array', isinstance(got, dict) and got['samples'] == 1 and got['duplicates'] == 1 and got['unusable'] == 1, got)


def learned(temp, m):
    got = data(write(temp + '/row', json.dumps(ROWS['messages'][0])), '-m', m)
    said = ''.join(p['text'] for p in got['sample'] if p['learned'])
    check('marks what the assistant says', 'hi' in said and 'say' not in said, got)
    got = data(temp + '/row', '-m', m, '--train-on-prompt')
    check('marks everything when asked', 'say' in ''.join(p['text'] for p in got['sample'] if p['learned']), got)


def shards(temp, m):
    rows = [{'text': f'number {i % 7}', 'more': i % 7} for i in range(20)]
    path = write(temp + '/many', '\n'.join(json.dumps(r, separators=(',', ':')) for r in rows))
    got = data(path, '-m', m, '--dedupe', '--shards', '3', '-o', temp + '/part.jsonl')
    parts = [[json.loads(line) for line in open(f'{temp}/part-0000{i}-of-00003.jsonl')] for i in (1, 2, 3)]
    check('writes shards of different rows', got['written'] == 7 and got['duplicates'] == 13 and [len(p) for p in parts] == [3, 2, 2] and
          sorted(r['more'] for p in parts for r in p) == list(range(7)), (got, parts))
    r = subprocess.run([INK, 'data', temp + '/text.txt', '-m', m, '-o', temp + '/no.jsonl'], capture_output=True, text=True)
    check('running text has no rows', r.returncode == 2 and 'no rows' in r.stderr and not os.path.exists(temp + '/no.jsonl'), r.stderr)


def info(temp, m):
    os.mkdir(temp + '/sets')
    write(temp + '/sets/a.json', json.dumps([{'q': 'say', 'a': 'hi'}]))
    write(temp + '/sets/b.json', json.dumps([{'talk': [{'who': 'me', 'what': 'say'}, {'who': 'you', 'what': 'hi'}]}]))
    path = write(temp + '/sets/dataset_info.json', json.dumps({
        'a': {'file_name': 'a.json', 'columns': {'prompt': 'q', 'response': 'a'}},
        'b': {'file_name': 'b.json', 'formatting': 'sharegpt', 'columns': {'messages': 'talk'}, 'tags': {'role_tag': 'who', 'content_tag': 'what', 'user_tag': 'me', 'assistant_tag': 'you'}},
        'far': {'hf_hub_url': 'some/where'}, 'pairs': {'file_name': 'a.json', 'ranking': True}}))
    check('reads every set that is there', data(path, '-m', m)['samples'] == 2, data(path, '-m', m))
    check('reads the sets that are named', data(path + ':b', '-m', m)['samples'] == 1)
    for name, word in (('far', 'elsewhere'), ('pairs', 'preferences'), ('nothing', 'names no data set nothing'), ('pears', 'did you mean pairs?')):
        got = data(f'{path}:{name}', '-m', m)
        check(f'says why {name} is not read', isinstance(got, str) and word in got, got)


def grown(temp, m):
    """self-instruct: what is there is gone on with, a torn line goes, and a model that cannot write tasks is said to be one."""
    seeds = write(temp + '/seeds', '{"instruction":"say hi to me","input":"","output":"hi"}\n{"instruction":"count to two","instances":[{"input":"","output":"one two"}]}\n')
    row = '{"instruction":"name a color","input":"","output":"red","attempt":4}\n'
    out = write(temp + '/grown', row + '{"instruction":"to')
    ask = lambda n: subprocess.run([INK, 'data', 'self-instruct', '-m', m, '--seeds', seeds, '-n', str(n), '-o', out, '--json'], capture_output=True, text=True, timeout=60)
    r = ask(1)
    check('self-instruct has enough rows already', r.returncode == 0 and json.loads(r.stdout)['rows'] == 1 and json.loads(r.stdout)['attempts'] == 5, r.stdout + r.stderr)
    with open(out) as f:
        check('self-instruct drops a line that was torn', f.read() == row)
    r = ask(2)
    check('self-instruct gives up on a model that writes no tasks', r.returncode == 1 and '20 attempts' in r.stderr and '1 rows' in r.stderr, r.stderr)
    write(seeds, '{"instruction":"only"}\n')
    r = ask(2)
    check('self-instruct names a seed that is none', r.returncode == 1 and 'line 1' in r.stderr, r.stderr)


with tempfile.TemporaryDirectory() as temp:
    m = model(temp)
    if not os.path.isdir(m):
        check('has a model', False, m)
    else:
        for test in (formats, learned, shards, info, grown):
            test(temp, m)
    for torn in ('[{"text":"a"} {"text":"b"}]', '[{"text":"a"}', '[{"text":"a"},'):
        got = data(write(temp + '/torn', torn), '-m', m)
        check(f'refuses {torn}', isinstance(got, str) and 'line 1' in got or isinstance(got, dict) and got['bad'], got)
