"""inkstone serve as the clients of other servers know it: Ollama's lines, Anthropic's events, OpenAI's responses, calls of tools, llama.cpp's paths, speech."""
import array, base64, http.client, json, os, re, socket, struct, subprocess, sys, threading, time

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *

SAY = [{'role': 'user', 'content': 'Say hello.'}]
TOOL = {'type': 'function', 'function': {'name': 'get_weather', 'description': 'The weather of a city',
                                         'parameters': {'type': 'object', 'properties': {'city': {'type': 'string'}}, 'required': ['city']}}}


def check(name, ok, why=''):
    print(f'ok - serve {name}' if ok else f'not ok - serve {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def lines(port, path, body):
    return [json.loads(line) for line in ask(port, 'POST', path, body)[2].decode().splitlines()]


def ollama(port):
    options = {'temperature': 0, 'num_predict': 6}
    said = lines(port, '/api/chat', {'model': 'x', 'messages': SAY, 'options': options})
    whole = post(port, '/api/chat', {'model': 'x', 'messages': SAY, 'options': options, 'stream': False})[1]
    check('chats in lines', ''.join(d['message']['content'] for d in said) == whole['message']['content'] and [d['done'] for d in said] == [False] * (len(said) - 1) + [True], said)
    last = said[-1]
    check('ends with Ollama\'s numbers', last['done_reason'] == 'length' and last['eval_count'] == 6 and last['prompt_eval_count'] > 5 and last['total_duration'] > last['eval_duration'] > 0, last)
    plain = lines(port, '/api/generate', {'model': 'x', 'prompt': 'Say hello.', 'options': options})
    check('generates in lines', ''.join(d['response'] for d in plain) == whole['message']['content'] and plain[-1]['done'], plain)
    raw = post(port, '/api/generate', {'model': 'x', 'prompt': 'The capital of France is', 'raw': True, 'stream': False, 'options': options})[1]
    check('generates from the prompt itself', 'Paris' in raw['response'], raw)
    tags = json.loads(ask(port, 'GET', '/api/tags')[2])['models']
    check('lists models', tags[0]['name'].startswith('SmolLM2') and tags[0]['details']['family'] == 'llama' and tags[0]['details']['quantization_level'] == 'Q4_1', tags[:1])
    show = post(port, '/api/show', {'model': 'x'})[1]
    check('shows a model', show['model_info']['llama.context_length'] == 8192 and 'im_start' in show['template'] and 'completion' in show['capabilities'], show)
    check('says its version', 'version' in json.loads(ask(port, 'GET', '/api/version')[2]))
    check('lists what is loaded', len(json.loads(ask(port, 'GET', '/api/ps')[2])['models']) == 1)
    code, out = post(port, '/api/chat', {'model': 'x', 'messages': SAY, 'options': {'temperature': 'hot'}})
    check('writes errors as Ollama does', code == 400 and isinstance(out['error'], str), out)
    code, out = post(port, '/api/pull', {'model': '../../etc/passwd', 'stream': False})
    check('pulls no path', code == 400 and 'catalogue' in out['error'], out)


def anthropic(port):
    body = {'model': 'x', 'max_tokens': 6, 'temperature': 0, 'system': 'Be brief.', 'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'Say hello.'}]}]}
    code, whole = post(port, '/v1/messages', body)
    check('answers as Anthropic does', whole['type'] == 'message' and whole['content'][0]['type'] == 'text' and whole['stop_reason'] == 'max_tokens' and whole['usage']['output_tokens'] == 6, whole)
    found = events(port, '/v1/messages', {**body, 'stream': True})
    names = [n for n, _ in found]
    check('streams as Anthropic does', names[:2] == ['message_start', 'content_block_start'] and names[-3:] == ['content_block_stop', 'message_delta', 'message_stop']
          and ''.join(d['delta']['text'] for n, d in found if n == 'content_block_delta') == whole['content'][0]['text'], names)
    code, out = post(port, '/v1/messages', {'model': 'x', 'messages': SAY})
    check('writes errors as Anthropic does', code == 400 and out['type'] == 'error' and 'max_tokens' in out['error']['message'], out)
    used = whole['usage']
    count = post(port, '/v1/messages/count_tokens', {k: body[k] for k in ('model', 'system', 'messages')})[1]
    check('counts tokens beforehand', count['input_tokens'] == used['input_tokens'] + used['cache_read_input_tokens'], (count, used))
    body['tools'] = [{'name': 'get_weather', 'input_schema': TOOL['function']['parameters']}]
    code, called = post(port, '/v1/messages', {**body, 'max_tokens': 40, 'tool_choice': {'type': 'tool', 'name': 'get_weather'}})
    check('uses a tool', called['stop_reason'] == 'tool_use' and called['content'][-1]['name'] == 'get_weather', called)
    body['messages'] += [{'role': 'assistant', 'content': [{'type': 'tool_use', 'id': 'a', 'name': 'get_weather', 'input': {'city': 'Paris'}}]},
                         {'role': 'user', 'content': [{'type': 'tool_result', 'tool_use_id': 'a', 'content': [{'type': 'text', 'text': 'Rain.'}]}]}]
    check('reads a result', post(port, '/v1/messages', body)[0] == 200)


def responses(port):
    body = {'input': 'Say hello.', 'max_output_tokens': 6, 'temperature': 0}
    code, whole = post(port, '/v1/responses', body)
    text = whole['output'][0]['content'][0]['text']
    check('responds', whole['object'] == 'response' and whole['status'] == 'incomplete' and text and whole['usage']['output_tokens'] == 6, whole)
    found = events(port, '/v1/responses', {**body, 'input': [{'role': 'user', 'content': [{'type': 'input_text', 'text': 'Say hello.'}]}], 'stream': True})
    check('streams a response', ''.join(d['delta'] for n, d in found if n == 'response.output_text.delta') == text and found[0][0] == 'response.created' and found[-1][0] == 'response.incomplete'
          and found[-1][1]['response']['output'][0]['content'][0]['text'] == text and [d['sequence_number'] for _, d in found] == list(range(len(found))), found[-1:])
    code, out = post(port, '/v1/responses', {**body, 'previous_response_id': 'resp_1'})
    check('keeps no responses', code == 400 and 'previous_response_id' in out['error']['message'], out)


def tools(port):
    body = {'messages': [{'role': 'user', 'content': 'What is the weather in Paris?'}], 'tools': [TOOL], 'tool_choice': 'required', 'max_tokens': 60, 'temperature': 0}
    code, whole = post(port, '/v1/chat/completions', body)
    call = whole['choices'][0]['message']['tool_calls'][0]
    check('calls a tool that it must call', whole['choices'][0]['finish_reason'] == 'tool_calls' and call['function']['name'] == 'get_weather' and call['id'].startswith('call_')
          and set(json.loads(call['function']['arguments'])) == {'city'}, whole)
    found = [d for _, d in events(port, '/v1/chat/completions', {**body, 'stream': True}) if isinstance(d, dict)]
    deltas = [c['delta']['tool_calls'][0] for d in found for c in d['choices'] if 'tool_calls' in c['delta']]
    check('streams the call', deltas[0]['function']['name'] == 'get_weather' and len(deltas) > 3 and ''.join(d['function']['arguments'] for d in deltas) == call['function']['arguments'], deltas[:3])
    history = body['messages'] + [{'role': 'assistant', 'content': None, 'tool_calls': [{'id': 'a', 'type': 'function', 'function': {'name': 'get_weather', 'arguments': '{"city": "Paris"}'}}]},
                                  {'role': 'tool', 'tool_call_id': 'a', 'content': 'Rain.'}]
    code, after = post(port, '/v1/chat/completions', {**body, 'messages': history, 'tool_choice': 'none'})
    check('goes on after a result', code == 200 and after['choices'][0]['message']['content'], after)
    code, out = post(port, '/v1/chat/completions', {**body, 'tool_choice': {'type': 'function', 'function': {'name': 'other'}}})
    check('names a tool that is none', code == 400 and 'other' in out['error']['message'], out)


def forms(port):
    """Answers that must have a form, in every way that clients ask for one."""
    person = {'type': 'object', 'properties': {'name': {'type': 'string', 'maxLength': 12}, 'age': {'type': 'integer'}}, 'required': ['name', 'age'], 'additionalProperties': False}
    chat = lambda **k: post(port, '/v1/chat/completions', {'messages': [{'role': 'user', 'content': 'A person.'}], 'max_tokens': 60, 'seed': 3, **k})
    said = lambda r: r[1]['choices'][0]['message']['content']
    schema = {'type': 'json_schema', 'json_schema': {'name': 'p', 'schema': person}}
    whole = chat(response_format=schema)
    check('keeps to a schema', set(json.loads(said(whole))) == {'name', 'age'} and whole[1]['choices'][0]['finish_reason'] == 'stop', whole)
    several = chat(response_format=schema, n=3)[1]['choices']
    check('keeps several answers to a schema', all(set(json.loads(c['message']['content'])) == {'name', 'age'} for c in several), several)
    found = events(port, '/v1/chat/completions', {'messages': SAY, 'max_tokens': 60, 'seed': 3, 'response_format': schema, 'stream': True})
    check('streams what keeps to a schema', set(json.loads(''.join(c['delta'].get('content') or '' for _, d in found if isinstance(d, dict) for c in d['choices']))) == {'name', 'age'}, found[-3:])
    check('writes some JSON', isinstance(json.loads(said(chat(response_format={'type': 'json_object'}))), dict))
    check('chooses', said(chat(guided_choice=['red', 'blue'])) in ('red', 'blue'))
    check('keeps to an expression', re.fullmatch('[0-9]{3}-[a-z]+', said(chat(guided_regex='[0-9]{3}-[a-z]{1,5}'))))
    check('keeps to a grammar', said(chat(grammar='root ::= "yes" | "no"')) in ('yes', 'no'))
    two = post(port, '/v1/completions', {'prompt': ['A colour:', 'Another:'], 'max_tokens': 8, 'guided_choice': [' red', ' blue']})[1]['choices']
    check('keeps several prompts to a form', all(c['text'] in (' red', ' blue') for c in two), two)
    out = post(port, '/api/chat', {'model': 'x', 'messages': SAY, 'stream': False, 'format': person, 'options': {'num_predict': 60}})[1]
    check('keeps to Ollama\'s format', set(json.loads(out['message']['content'])) == {'name', 'age'}, out)
    out = post(port, '/v1/responses', {'input': 'A person.', 'max_output_tokens': 60, 'text': {'format': {'type': 'json_schema', 'name': 'p', 'schema': person}}})[1]
    check('responds by a schema', set(json.loads(out['output'][0]['content'][0]['text'])) == {'name', 'age'}, out)
    codes = [chat(**k)[0] for k in ({'response_format': {'type': 'yaml'}}, {'response_format': {'type': 'json_schema'}}, {'response_format': {'type': 'json_schema', 'json_schema': {'schema': {'type': 'nothing'}}}},
                                    {'grammar': 'root ::='}, {'guided_regex': '('}, {'response_format': schema, 'grammar': 'root ::= "x"'}, {'response_format': schema, 'max_tokens': 2})]
    check('says what is no form', codes == [400] * 7, codes)


def speech(port):
    if not os.path.exists(VOICE):
        print('ok - serve speech # SKIP the voice joe was not pulled')
        return
    def sound(**body):
        return ask(port, 'POST', '/v1/audio/speech', {'model': 'tts-1', 'voice': 'alloy', 'input': 'Hello. How are you?', **body})
    heads = {'mp3': (b'ID3', b'\xff'), 'wav': (b'RIFF',), 'flac': (b'fLaC',)}
    for kind, starts in heads.items():
        code, headers, out = sound(response_format=kind)
        check(f'speaks {kind}', code == 200 and out.startswith(starts) and len(out) > 5000 and headers['Content-Type'].startswith('audio/'), (code, out[:80]))
    _, _, whole = sound(response_format='wav')
    _, headers, pcm = sound(response_format='pcm')
    check('streams the same samples', abs(len(pcm) - (len(whole) - 44)) < 400 and 'audio/pcm' in headers['Content-Type'], (len(pcm), len(whole)))
    found = events(port, '/v1/audio/speech', {'voice': 'joe', 'input': 'Hello. How are you?', 'response_format': 'pcm', 'stream_format': 'sse'})
    check('speaks in events', b''.join(base64.b64decode(d['audio']) for _, d in found if d['type'] == 'speech.audio.delta') == pcm and found[-1][1]['type'] == 'speech.audio.done', found[-1:])
    _, _, fast = sound(response_format='pcm', speed=2)
    check('speaks faster', len(fast) < 0.7 * len(pcm), (len(fast), len(pcm)))
    _, _, marked = sound(response_format='pcm', input='<speak>Hello. <break time="1s"/> How are you?</speak>')
    check('reads SSML', len(marked) > len(pcm) + 20000, (len(marked), len(pcm)))
    code, out = post(port, '/v1/audio/speech', {'voice': 'nobody', 'input': 'Hello.'})
    check('lists voices to who asks for another', code == 404 and 'joe' in out['error']['message'], out)
    code, _, out = sound(response_format='aac')
    check('names formats to who asks for another', code == 400 and b'flac' in out, out)
    code, headers, out = ask(port, 'POST', '/synthesize', {'text': 'Hello.', 'length_scale': 1.5})
    check('speaks as piper\'s server does', code == 200 and out.startswith(b'RIFF') and headers['Content-Type'] == 'audio/wav', out[:40])
    check('lists voices', json.loads(ask(port, 'GET', '/voices')[2])['voices'][0]['sample_rate'] == 22050)


def vectors():
    """Against PyTorch's vectors of MiniLM."""
    store = (os.environ.get('INKSTONE_HOME') or os.path.expanduser('~/.inkstone')) + '/models/by-name/minilm'
    gold = os.environ.get('INK_SHARED', '') + '/golden/minilm'
    if not os.path.isdir(store) or not os.path.isdir(gold):
        print('ok - serve vectors # SKIP minilm was not pulled, or there are no shared golden numbers')
        return
    with open(gold + '/cases.json', encoding='utf-8') as f:
        texts = [c['text'] for c in json.load(f)['cases']]
    wanted = array.array('f')
    with open(gold + '/vectors.f32', 'rb') as f:
        wanted.frombytes(f.read())
    wanted = [wanted[i * 384:(i + 1) * 384] for i in range(len(texts))]
    far = lambda got: max(max(abs(a - b) for a, b in zip(v, w)) for v, w in zip(got, wanted))
    with serving() as (port, _):
        code, out = post(port, '/v1/embeddings', {'model': 'minilm', 'input': texts})
        got = [d['embedding'] for d in out['data']]
        check('makes PyTorch\'s vectors', code == 200 and len(got) == len(texts) and far(got) < 1e-4 and out['usage']['prompt_tokens'] > len(texts), code == 200 and far(got))
        packed = post(port, '/v1/embeddings', {'model': 'text-embedding-3-small', 'input': texts[0], 'encoding_format': 'base64'})[1]['data'][0]['embedding']
        check('packs them', list(struct.unpack('<384f', base64.b64decode(packed))) == array.array('f', got[0]).tolist())
        short = post(port, '/v1/embeddings', {'model': 'minilm', 'input': texts[0], 'dimensions': 8})[1]['data'][0]['embedding']
        check('shortens them', len(short) == 8 and abs(sum(x * x for x in short) - 1) < 1e-5 and abs(short[0] / short[1] - got[0][0] / got[0][1]) < 1e-3, short)
        embeds = post(port, '/api/embed', {'model': 'minilm:latest', 'input': texts[:3]})[1]['embeddings']
        one = post(port, '/api/embeddings', {'model': 'minilm', 'prompt': texts[0]})[1]['embedding']
        check('embeds as Ollama does', embeds == got[:3] and one == got[0])
        documents = ['The cat sat on the mat.', 'Stock prices fell sharply on Monday.', 'A kitten was lying on the rug.']
        hits = post(port, '/rerank', {'model': 'minilm', 'query': 'a cat on a carpet', 'documents': documents, 'top_n': 2, 'return_documents': True})[1]['results']
        check('ranks by nearness', sorted(h['index'] for h in hits) == [0, 2] and hits[0]['relevance_score'] >= hits[1]['relevance_score'] and hits[0]['document']['text'] in documents, hits)
        codes = [post(port, '/v1/embeddings', b)[0] for b in ({'model': 'nobody', 'input': 'x'}, {'model': 'minilm'}, {'model': 'minilm', 'input': []}, {'model': 'minilm', 'input': {}}, {'model': 'minilm', 'input': 'x', 'dimensions': 999},
                                                              {'model': 'minilm', 'input': [10 ** 7]}, {'model': 'minilm', 'input': 'x', 'encoding_format': 'hex'})]
        check('says what is no input', codes == [404, 400, 400, 400, 400, 400, 422], codes)
        kinds = {m['id']: m['kind'] for m in json.loads(ask(port, 'GET', '/v1/models')[2])['data']}
        check('knows what each model is', kinds['minilm'] == 'encoder' and kinds.get('joe', 'voice') == 'voice' and kinds.get('smollm2', 'text') == 'text', kinds)
        code, out = post(port, '/v1/chat/completions', {'model': 'minilm', 'messages': SAY})
        check('does not chat with an encoder', code == 404, out)


def foreseen():
    """Vectors by the model that writes: those of inkstone embed."""
    store = (os.environ.get('INKSTONE_HOME') or os.path.expanduser('~/.inkstone')) + '/models/by-name/smollm2'
    if not os.path.isdir(store):
        print('ok - serve vectors of a model that foresees text # SKIP smollm2 was not pulled')
        return
    texts = ['The cat sat on the mat.', 'Stock prices fell sharply.']
    r = subprocess.run([INK, 'embed', '-m', 'smollm2', '--json'], input='\n'.join(texts), capture_output=True, text=True, timeout=120)
    want = json.loads(r.stdout)['vectors']
    far = lambda got: max(abs(a - b) for v, w in zip(got, want) for a, b in zip(v, w))
    with serving('-m', 'smollm2') as (port, _):
        code, out = post(port, '/v1/embeddings', {'model': 'smollm2', 'input': texts})
        got = [d['embedding'] for d in out.get('data', [])]
        check('makes vectors with the model that writes', code == 200 and len(got) == 2 and far(got) < 1e-6 and out['model'] == 'smollm2', (code, str(out)[:200]))
        one = post(port, '/api/embed', {'model': 'smollm2:latest', 'input': texts[0]})[1].get('embeddings', [])
        check('and as Ollama does', one == got[:1], str(one)[:100])
        check('and does not know others', post(port, '/v1/embeddings', {'model': 'nobody', 'input': 'x'})[0] == 404)


def arrivals(port, path, body, out):
    """When each piece of a streamed answer came."""
    h = http.client.HTTPConnection('127.0.0.1', port, timeout=120 * PATIENCE)
    h.request('POST', path, json.dumps(body), {'Content-Type': 'application/json'})
    r = h.getresponse()
    while r.read1(65536):
        out.append(time.time())
    h.close()


def sharing():
    """Speech and text take turns: while one goes on, so does the other."""
    with serving('-m', SMOL) as (port, _):
        post(port, '/v1/audio/speech', {'voice': 'joe', 'input': 'Hi.', 'response_format': 'pcm'})
        text, sound = [], []
        talk = threading.Thread(target=arrivals, args=(port, '/v1/chat/completions', {'messages': SAY, 'max_tokens': 400, 'ignore_eos': True, 'stream': True}, text))
        talk.start()
        until(lambda: len(text) > 3)
        arrivals(port, '/v1/audio/speech', {'voice': 'joe', 'input': 'The quick brown fox jumps over the lazy dog. ' * 5, 'response_format': 'pcm'}, sound)
        talk.join()
        between = sum(sound[0] < t < sound[-1] for t in text)
        check('lets speech and text take turns', len(sound) > 3 and between > 3, (len(sound), between, len(text)))


def wyoming():
    """Home Assistant's protocol: lines of JSON, then bytes."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        wyoming_port = free.getsockname()[1]
    with serving('--wyoming', wyoming_port) as (port, _), socket.create_connection(('127.0.0.1', wyoming_port), 30) as s, s.makefile('rb') as f:
        def send(kind, data=None, apart=False):
            body = json.dumps(data or {}).encode()
            head = {'type': kind, **({'data_length': len(body)} if apart else {'data': data or {}})}
            s.sendall(json.dumps(head).encode() + b'\n' + (body if apart else b''))

        def receive():
            head = json.loads(f.readline())
            return head['type'], head.get('data') or {}, f.read(head.get('payload_length') or 0)

        def sound():
            kinds, samples = [], b''
            while not kinds or kinds[-1] not in ('audio-stop', 'error'):
                kind, data, payload = receive()
                kinds.append(kind)
                samples += payload
            return kinds, data, samples
        send('describe')
        kind, data, _ = receive()
        check('describes its voices to Wyoming', kind == 'info' and data['tts'][0]['voices'][0]['name'] == 'joe', data)
        send('synthesize', {'text': 'Hello. How are you?', 'voice': {'name': 'joe'}}, apart=True)
        kinds, _, samples = sound()
        whole = ask(port, 'POST', '/v1/audio/speech', {'voice': 'joe', 'input': 'Hello. How are you?', 'response_format': 'pcm'})[2]
        check('speaks over Wyoming', kinds[0] == 'audio-start' and set(kinds[1:-1]) == {'audio-chunk'} and samples == whole, (kinds[:3], len(samples), len(whole)))
        for part in ('synthesize-start', 'synthesize-chunk', 'synthesize-chunk', 'synthesize-stop'):
            send(part, {'text': 'Hello. ' if part == 'synthesize-chunk' else ''})
        kinds, _, samples = sound()
        check('speaks what comes in chunks', kinds[-1] == 'audio-stop' and len(samples) > 10000 and receive()[0] == 'synthesize-stopped')
        send('synthesize', {'text': 'Hello.', 'voice': {'name': 'nobody'}})
        kinds, _, _ = sound()
        check('tells Wyoming what is wrong', kinds == ['error'], kinds)
        s.sendall(b'no json at all\n')
        check('ends a talk that makes no sense', f.read() == b'' and ask(port, 'GET', '/health')[0] == 200)


def halves():
    """What voices multiply is said once for the server: the same frames, and nearly the same sound."""
    said = []
    for kind in 'f32', 'bf16':
        with serving('--voice-dtype', kind) as (port, _):
            said.append(array.array('h', ask(port, 'POST', '/v1/audio/speech', {'voice': 'joe', 'input': 'Hello. How are you?', 'response_format': 'pcm'})[2]))
    off = sum(abs(a - b) for a, b in zip(*said)) / max(1, len(said[0])) / 32768
    check('speaks in bf16 when it is started so', len(said[0]) == len(said[1]) > 10000 and 0 < off < 1e-3, ([len(s) for s in said], off))


def main():
    if not os.path.exists(SMOL):
        print('ok - serve families # SKIP no SmolLM2 in INK_MODELS')
        return
    with serving('-m', SMOL) as (port, _):
        for part in (ollama, anthropic, responses, tools, forms, speech):
            part(port)
    vectors()
    foreseen()
    if os.path.exists(VOICE) and os.path.isdir((os.environ.get('INKSTONE_HOME') or os.path.expanduser('~/.inkstone')) + '/models/by-name/joe'):
        wyoming()
        halves()
        sharing()
    else:
        print('ok - serve wyoming # SKIP the voice joe was not pulled')


main()
