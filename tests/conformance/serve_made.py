"""Models of one's own: inkstone create and Ollama's create, copy and delete; what a Modelfile says holds where a request says nothing; kill -9."""
import json, os, signal, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *

CHAT = '/v1/chat/completions'
POET = """# a comment
FROM base
PARAMETER temperature 0
parameter num_predict 12
PARAMETER stop "zebra"
PARAMETER stop "unlikely words"
SYSTEM \"\"\"You are a poet.
Answer in verse.\"\"\"
MESSAGE user What is the sea?
MESSAGE assistant "A wide blue door."
LICENSE Apache-2.0
"""
BEFORE = [{'role': 'system', 'content': 'You are a poet.\nAnswer in verse.'}, {'role': 'user', 'content': 'What is the sea?'}, {'role': 'assistant', 'content': 'A wide blue door.'}]


def check(name, ok, why=''):
    print(f'ok - made {name}' if ok else f'not ok - made {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def ink(home, *args):
    return subprocess.run([INK, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, env={**os.environ, 'INKSTONE_HOME': home})


def create(home, name, text):
    with open(home + '/Modelfile', 'w', encoding='utf-8') as f:
        f.write(text)
    return ink(home, 'create', name, '-f', home + '/Modelfile')


def said(answer):
    return answer['choices'][0]['message']['content']


def command(home):
    r = create(home, 'base', f'FROM {SMOL}\n')
    check('takes a file of one\'s own', r.returncode == 0 and ink(home, 'show', 'base').returncode == 0, r.stderr)
    r = create(home, 'poet', POET)
    check('is made from another', r.returncode == 0 and len(os.listdir(home + '/models/blobs')) == 1, r.stderr)
    plain = ink(home, 'chat', 'base', ASK[0]['content'], '--temp', '0', '-n', '12', '--system', BEFORE[0]['content'])
    poet = ink(home, 'chat', 'poet', ASK[0]['content'])
    again = ink(home, 'chat', 'poet', ASK[0]['content'], '-n', '3')
    check('chats as it was told', poet.returncode == 0 and poet.stdout != plain.stdout and poet.stdout.startswith(again.stdout.rstrip('\n')) and len(again.stdout) < len(poet.stdout), (poet, plain.stdout, again.stdout))
    os.mkdir(home + '/lora')
    lora(home + '/lora', b'\0\0\x80\x3c')
    r = create(home, 'tuned', 'FROM poet\nADAPTER ./lora\nPARAMETER num_predict 9')
    text = lambda *a: ink(home, 'generate', '-p', 'The sea is', '--json', *a).stdout
    tokens = lambda *a: json.loads(text(*a))['tokens']
    check('wears an adapter', r.returncode == 0 and tokens('-m', 'tuned') == tokens('-m', 'base', '--adapter', home + '/lora', '--temp', '0', '-n', '9') != tokens('-m', 'base', '--temp', '0', '-n', '9'), r.stderr)
    for what, text, name, says in (('what is said wrong', 'FROM base\nCOLOUR red', 'x', 'line 2'), ('a parameter that is none', 'FROM base\nPARAMETER temprature 1', 'x', 'mean temperature'), ('a value out of range', 'FROM base\nPARAMETER top_p 7', 'x', 'top_p'),
                                   ('that FROM is missing', 'SYSTEM hi', 'x', 'FROM'), ('who is not there', 'FROM nobody', 'x', 'nobody'), ('quotes without end', 'FROM base\nSYSTEM """a', 'x', 'line 2'),
                                   ('a template in Go', 'FROM base\nTEMPLATE {{ .Prompt }}', 'x', 'Jinja'), ('a role that is none', 'FROM base\nMESSAGE king hi', 'x', 'king'), ('an adapter that is none', 'FROM base\nADAPTER /nowhere', 'x', '/nowhere'),
                                   ('a name of the catalogue', 'FROM base', 'smollm2', 'catalogue'), ('a name that is a path', 'FROM base', '../x', 'name')):
        r = create(home, name, text)
        check('names ' + what, r.returncode in (1, 2) and says in r.stderr, r.stderr)
    check('leaves nothing of what was refused', sorted(os.listdir(home + '/models/manifests')) == ['base.json', 'poet.json', 'tuned.json'] and not os.listdir(home + '/models/partial'), os.listdir(home + '/models/partial'))


OLLAMA = """import ollama, sys
c = ollama.Client(host='http://127.0.0.1:' + sys.argv[1], timeout=120)
print(c.create(model='py', from_='poet', system='Be brief.', parameters={'num_predict': 3}).status)
print(c.copy('py', 'py2').status)
print(c.chat('py2', messages=[{'role': 'user', 'content': 'Hello.'}]).eval_count, 'Be brief.' in c.show('py2').modelfile)
print(c.delete('py2').status, c.delete('py').status, 'py' in {m.model for m in c.list().models})
"""
PYTHON = os.environ.get('INK_CLIENTS', os.path.expanduser('~/.cache/inkstone-tests/clients')) + '/bin/python'


def client(port):
    if not os.path.exists(PYTHON) or subprocess.run([PYTHON, '-c', 'import ollama'], capture_output=True).returncode:
        print('ok - made by the ollama package # SKIP it is not here')
        return
    r = subprocess.run([PYTHON, '-c', OLLAMA, str(port)], capture_output=True, text=True, timeout=120)
    check('by the ollama package', r.stdout == 'success\nsuccess\n3 True\nsuccess success False\n', r)


def server(home):
    with serving('--ctx', '512', '--room', '512', env={'INKSTONE_HOME': home}) as (port, p):
        plain = post(port, CHAT, {'model': 'base', 'messages': BEFORE + ASK, 'temperature': 0, 'max_tokens': 12})[1]
        alone = resident(p)
        poet = post(port, CHAT, {'model': 'poet', 'messages': ASK})[1]
        both = resident(p)
        check('uses the weights that are there', both - alone < 0.4 * os.path.getsize(SMOL), (alone, both))
        check('answers as it was told', said(poet) == said(plain) and poet['usage']['completion_tokens'] == 12 and poet['model'] == 'poet', (poet, plain))
        own = post(port, CHAT, {'model': 'poet', 'messages': ASK, 'max_completion_tokens': 3})[1]
        check('says less when a request says so', own['usage']['completion_tokens'] == 3 and said(plain).startswith(said(own)), own)
        by = {'ollama': post(port, '/api/chat', {'model': 'poet:latest', 'messages': ASK, 'stream': False})[1]['message']['content'],
              'generate': post(port, '/api/generate', {'model': 'poet', 'prompt': ASK[0]['content'], 'stream': False})[1]['response'],
              'anthropic': post(port, '/v1/messages', {'model': 'poet', 'messages': ASK, 'max_tokens': 12})[1]['content'][0]['text']}
        check('answers the same in every family', all(t == said(plain) for t in by.values()), (by, said(plain)))
        tuned = post(port, '/v1/completions', {'model': 'tuned', 'prompt': 'The sea is'})[1]
        check('wears its adapter there', tuned['usage']['completion_tokens'] == 9 and tuned['choices'][0]['text'] != post(port, '/v1/completions', {'model': 'base', 'prompt': 'The sea is', 'temperature': 0, 'max_tokens': 9})[1]['choices'][0]['text'], tuned)
        post(port, '/api/generate', {'model': 'base', 'keep_alive': 0})
        check('keeps weights that another uses', said(post(port, CHAT, {'model': 'poet', 'messages': ASK})[1]) == said(plain))
        show = post(port, '/api/show', {'model': 'poet'})[1]
        check('is shown', 'MESSAGE user What is the sea?' in show['modelfile'] and 'PARAMETER stop zebra' in show['parameters'] and show['system'] == BEFORE[0]['content'] and show['license'] == 'Apache-2.0', show)
        again = create(home, 'twin', show['modelfile'])
        twin = post(port, CHAT, {'model': 'twin', 'messages': ASK})[1]
        check('can be made again from what is shown', again.returncode == 0 and said(twin) == said(plain), (again.stderr, twin))
        code, out = post(port, '/api/copy', {'source': 'poet', 'destination': 'bard:latest'})
        check('is copied', code == 200 and said(post(port, CHAT, {'model': 'bard', 'messages': ASK})[1]) == said(plain), out)
        code, out = post(port, '/api/create', {'model': 'short', 'from': 'poet', 'parameters': {'num_predict': 2}, 'stream': False})
        short = post(port, CHAT, {'model': 'short', 'messages': ASK})[1]
        check('is made from a request', code == 200 and out['status'] == 'success' and short['usage']['completion_tokens'] == 2 and said(plain).startswith(said(short)), (out, short))
        client(port)
        codes = [post(port, path, body)[0] for path, body in (('/api/create', {'model': 'x', 'from': '/etc/passwd'}), ('/api/create', {'model': 'x', 'modelfile': f'FROM {SMOL}'}), ('/api/create', {'model': '../x', 'from': 'base'}),
                                                              ('/api/create', {'model': 'x', 'from': 'base', 'parameters': {'nothing': 1}}), ('/api/create', {'from': 'base'}), ('/api/create', {'model': 'x', 'from': 'base', 'messages': 5}),
                                                              ('/api/copy', {'source': 'nobody', 'destination': 'x'}), ('/api/copy', {'source': 'base'}), ('/api/create', {'model': 'x', 'modelfile': 'FROM base\nADAPTER /etc'}))]
        check('reaches for no path, and says what is wrong', codes == [404, 404, 400, 400, 400, 400, 404, 400, 400], codes)
        codes = [ask(port, 'DELETE', '/api/delete', {'model': m})[0] for m in ('bard', 'base', 'bard')]
        check('is deleted', codes == [200, 200, 404] and len([b for b in os.listdir(home + '/models/blobs')]) == 3 and said(post(port, CHAT, {'model': 'poet', 'messages': ASK})[1]) == said(plain), codes)
    with serving('-m', 'poet', env={'INKSTONE_HOME': home}) as (port, p):
        check('is served alone', said(post(port, CHAT, {'messages': ASK})[1]) == said(plain))


def killed(home):
    """kill -9 while prompts are saved: what was acknowledged is there, and nothing else looks as if it were."""
    kept, stop = [], threading.Event()
    prompt = lambda i: [{'role': 'user', 'content': f'Number {i}. ' + 'The river flows. ' * 120}]
    with serving('-m', SMOL, env={'INKSTONE_HOME': home}) as (port, p):
        def save():
            try:
                for i in range(1000):
                    code, out = post(port, '/slots/0?action=save', {'filename': f'p{i}', 'messages': prompt(i % 2)})
                    if code == 200:
                        kept.append((i, out['n_saved']))
            except (OSError, ValueError):
                pass
        thread = threading.Thread(target=save)
        thread.start()
        until(lambda: len(kept) >= 6, 60)
        time.sleep(0.003)
        p.send_signal(signal.SIGKILL)
        thread.join()
        p.wait()
    with serving('-m', SMOL, env={'INKSTONE_HOME': home}) as (port, _):
        back = [post(port, '/slots/0?action=restore', {'filename': f'p{i}'})[1].get('n_restored') for i, _ in kept]
        names = {n for n in os.listdir(home + '/prompts') if n.startswith('p') and n[1:].isdigit()}
        codes = {post(port, '/slots/0?action=restore', {'filename': n})[0] for n in names}
        check('prompts that were saved outlive kill -9', len(kept) >= 6 and back == [n for _, n in kept] and codes == {200}, (back, kept, codes))


def owners(home):
    """Keys share nothing of what they ask: neither the time that an answer takes tells it, nor what is kept."""
    with serving('-m', SMOL, '--api-key', 'one', '--api-key', 'two', env={'INKSTONE_HOME': home}) as (port, _):
        cached = [post(port, CHAT, {'messages': ASK, 'max_tokens': 2}, Authorization='Bearer ' + k)[1]['usage']['prompt_tokens_details']['cached_tokens'] for k in ('one', 'two', 'one', 'two')]
        check('keys share no beginnings', cached[:2] == [0, 0] and cached[2] > 0 and cached[3] > 0, cached)
        save = lambda key, action: post(port, f'/slots/0?action={action}', {'filename': 'mine', 'messages': ASK}, Authorization='Bearer ' + key)[0]
        codes = [save('one', 'save'), save('two', 'restore'), save('one', 'restore')]
        check('saved prompts belong to the key that made them', codes == [200, 404, 200], codes)


def main():
    if not os.path.exists(SMOL):
        print('ok - made # SKIP no SmolLM2 in INK_MODELS')
        return
    with tempfile.TemporaryDirectory() as home:
        command(home)
        server(home)
        killed(home + '/k')
        owners(home + '/o')


main()
