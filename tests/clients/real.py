"""Other people's clients, unmodified, against a server on loopback: real.py PORT. Prints a line for each check; run by a Python that has them."""
import json, sys

PORT = int(sys.argv[1])
BASE = f'http://127.0.0.1:{PORT}'
SAY = [{'role': 'user', 'content': 'What is gravity? Answer in one sentence.'}]
TOOL = {'type': 'function', 'function': {'name': 'get_weather', 'description': 'The weather of a city',
                                         'parameters': {'type': 'object', 'properties': {'city': {'type': 'string'}}, 'required': ['city']}}}


def check(name, test):
    try:
        ok, why = test(), ''
    except Exception as e:
        ok, why = False, repr(e)
    print(f'ok - client {name}' if ok else f'not ok - client {name}: ' + str(why).replace('\n', ' ')[:500], flush=True)


def missing(name):
    print(f'ok - client {name} # SKIP its package is not here')


def of_openai():
    import openai
    c = openai.OpenAI(base_url=BASE + '/v1', api_key='x', max_retries=0, timeout=120)
    m = c.models.list().data[0].id
    make = lambda **k: c.chat.completions.create(**{'model': m, 'messages': SAY, 'max_tokens': 20, 'temperature': 0, **k})
    text = make().choices[0].message.content
    check('openai chats', lambda: 'gravity' in text.lower())
    check('openai streams', lambda: ''.join(x.choices[0].delta.content or '' for x in make(stream=True) if x.choices) == text)
    check('openai counts', lambda: [x.usage for x in make(stream=True, stream_options={'include_usage': True})][-1].completion_tokens == 20)
    check('openai asks for several', lambda: len(make(n=3).choices) == 3)
    check('openai calls a tool', lambda: make(tools=[TOOL], tool_choice='required').choices[0].message.tool_calls[0].function.name == 'get_weather')
    check('openai streams a call', lambda: [t.function.name for x in make(tools=[TOOL], tool_choice='required', stream=True) if x.choices for t in x.choices[0].delta.tool_calls or [] if t.function.name] == ['get_weather'])
    check('openai keeps to a schema', lambda: set(json.loads(make(max_tokens=80, response_format={'type': 'json_schema', 'json_schema': {'name': 'w', 'schema': TOOL['function']['parameters'] | {'additionalProperties': False}}}).choices[0].message.content)) == {'city'})
    check('openai completes', lambda: c.completions.create(model=m, prompt='The capital of France is', max_tokens=3, temperature=0, logprobs=2).choices[0].logprobs.tokens[0] == ' Paris')
    check('openai responds', lambda: len(c.responses.create(model=m, input='Say hello.', max_output_tokens=8).output_text) > 0)
    with c.responses.stream(model=m, input='Say hello.', temperature=0) as s:
        check('openai streams a response', lambda: sum(e.type == 'response.output_text.delta' for e in s) > 2 and len(s.get_final_response().output_text) > 0)
    check('openai speaks', lambda: len(c.audio.speech.create(model='tts-1', voice='alloy', input='Hello.').content) > 2000)

    def refused(kind, **k):
        try:
            make(**k)
        except kind as e:
            return bool(e.message)
    check('openai hears errors', lambda: refused(openai.UnprocessableEntityError, temperature=-3) and refused(openai.BadRequestError, messages=[{'role': 'user', 'content': 'word ' * 20000}]))


def of_anthropic():
    import anthropic
    c = anthropic.Anthropic(base_url=BASE, api_key='x', max_retries=0, timeout=120)
    text = c.messages.create(model='x', max_tokens=20, extra_body={'temperature': 0}, messages=SAY).content[0].text
    check('anthropic answers', lambda: 'gravity' in text.lower())
    with c.messages.stream(model='x', max_tokens=20, extra_body={'temperature': 0}, messages=SAY) as s:
        check('anthropic streams', lambda: ''.join(s.text_stream) == text and s.get_final_message().usage.output_tokens == 20)
    tool = {'name': 'get_weather', 'description': 'd', 'input_schema': TOOL['function']['parameters']}
    check('anthropic uses a tool', lambda: c.messages.create(model='x', max_tokens=30, messages=SAY, tools=[tool], tool_choice={'type': 'any'}).content[-1].name == 'get_weather')
    check('anthropic counts', lambda: c.messages.count_tokens(model='x', messages=SAY).input_tokens > 10)

    def refused():
        try:
            c.messages.create(model='x', max_tokens=4, messages=[])
        except anthropic.BadRequestError as e:
            return 'at least one' in str(e)
    check('anthropic hears errors', refused)


def of_ollama():
    import ollama
    c = ollama.Client(host=BASE, timeout=120)
    options = {'temperature': 0, 'num_predict': 20}
    text = c.chat(model='x', messages=SAY, options=options).message.content
    check('ollama chats', lambda: 'gravity' in text.lower())
    check('ollama streams', lambda: ''.join(p.message.content for p in c.chat(model='x', messages=SAY, options=options, stream=True)) == text)
    check('ollama generates', lambda: len(c.generate(model='x', prompt='Hello', options=options).response) > 0)
    check('ollama lists and shows', lambda: c.list().models[0].details.family == 'llama' and c.show('x').modelinfo['llama.block_count'] == 30 and len(c.ps().models) == 1)

    def refused():
        try:
            c.chat(model='x', messages=SAY, options={'temperature': -5})
        except ollama.ResponseError as e:
            return 'temperature' in e.error
    check('ollama hears errors', refused)


def of_langchain():
    from langchain_openai import ChatOpenAI
    c = ChatOpenAI(base_url=BASE + '/v1', api_key='x', model='x', temperature=0, max_tokens=20, max_retries=0)
    text = c.invoke('What is gravity? Answer in one sentence.').content
    check('langchain-openai invokes', lambda: 'gravity' in text.lower())
    check('langchain-openai streams', lambda: ''.join(p.content for p in c.stream('What is gravity? Answer in one sentence.')) == text)
    bound = c.bind_tools([TOOL], tool_choice='get_weather')
    check('langchain-openai calls', lambda: (lambda m: (m.tool_calls or m.invalid_tool_calls)[0]['name'] == 'get_weather')(bound.invoke('The weather in Paris?')))


def of_litellm():
    import litellm
    litellm.suppress_debug_info = True
    ask = lambda model, **k: litellm.completion(model=model, messages=SAY, max_tokens=20, temperature=0, api_key='x', **k)
    check('litellm through OpenAI', lambda: 'gravity' in ask('openai/x', api_base=BASE + '/v1').choices[0].message.content.lower())
    check('litellm streams', lambda: 'gravity' in ''.join(p.choices[0].delta.content or '' for p in ask('openai/x', api_base=BASE + '/v1', stream=True)).lower())
    check('litellm through Anthropic', lambda: 'gravity' in ask('anthropic/x', api_base=BASE).choices[0].message.content.lower())
    check('litellm through Ollama', lambda: 'gravity' in ask('ollama_chat/x', api_base=BASE).choices[0].message.content.lower())


for name, part in (('openai', of_openai), ('anthropic', of_anthropic), ('ollama', of_ollama), ('langchain_openai', of_langchain), ('litellm', of_litellm)):
    try:
        __import__(name)
    except ImportError:
        missing(name)
        continue
    try:
        part()
    except Exception as e:
        print(f'not ok - client {name} goes on: ' + repr(e).replace('\n', ' ')[:500], flush=True)
