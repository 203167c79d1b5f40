"""inkstone serve as the clients of other servers know it: Ollama's lines, Anthropic's events, OpenAI's responses, calls of tools, llama.cpp's paths, speech."""
import base64, json, os, socket, sys

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
    body = {'messages': [{'role': 'user', 'content': 'What is the weather in Paris?'}], 'tools': [TOOL], 'tool_choice': 'required', 'max_tokens': 40, 'temperature': 0}
    code, whole = post(port, '/v1/chat/completions', body)
    call = whole['choices'][0]['message']['tool_calls'][0]
    check('calls a tool that it must call', whole['choices'][0]['finish_reason'] == 'tool_calls' and call['function']['name'] == 'get_weather' and call['id'].startswith('call_')
          and call['function']['arguments'].startswith('{'), whole)
    found = [d for _, d in events(port, '/v1/chat/completions', {**body, 'stream': True}) if isinstance(d, dict)]
    deltas = [c['delta']['tool_calls'][0] for d in found for c in d['choices'] if 'tool_calls' in c['delta']]
    check('streams the call', deltas[0]['function']['name'] == 'get_weather' and len(deltas) > 3 and ''.join(d['function']['arguments'] for d in deltas) == call['function']['arguments'], deltas[:3])
    history = body['messages'] + [{'role': 'assistant', 'content': None, 'tool_calls': [{'id': 'a', 'type': 'function', 'function': {'name': 'get_weather', 'arguments': '{"city": "Paris"}'}}]},
                                  {'role': 'tool', 'tool_call_id': 'a', 'content': 'Rain.'}]
    code, after = post(port, '/v1/chat/completions', {**body, 'messages': history, 'tool_choice': 'none'})
    check('goes on after a result', code == 200 and after['choices'][0]['message']['content'], after)
    code, out = post(port, '/v1/chat/completions', {**body, 'tool_choice': {'type': 'function', 'function': {'name': 'other'}}})
    check('names a tool that is none', code == 400 and 'other' in out['error']['message'], out)


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
    code, out = post(port, '/v1/audio/speech', {'voice': 'nobody', 'input': 'Hello.'})
    check('lists voices to who asks for another', code == 404 and 'joe' in out['error']['message'], out)
    code, _, out = sound(response_format='aac')
    check('names formats to who asks for another', code == 400 and b'flac' in out, out)
    code, headers, out = ask(port, 'POST', '/synthesize', {'text': 'Hello.', 'length_scale': 1.5})
    check('speaks as piper\'s server does', code == 200 and out.startswith(b'RIFF') and headers['Content-Type'] == 'audio/wav', out[:40])
    check('lists voices', json.loads(ask(port, 'GET', '/voices')[2])['voices'][0]['sample_rate'] == 22050)


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


def main():
    if not os.path.exists(SMOL):
        print('ok - serve families # SKIP no SmolLM2 in INK_MODELS')
        return
    with serving('-m', SMOL) as (port, _):
        for part in (ollama, anthropic, responses, tools, speech):
            part(port)
    if os.path.exists(VOICE) and os.path.isdir((os.environ.get('INKSTONE_HOME') or os.path.expanduser('~/.inkstone')) + '/models/by-name/joe'):
        wyoming()
    else:
        print('ok - serve wyoming # SKIP the voice joe was not pulled')


main()
