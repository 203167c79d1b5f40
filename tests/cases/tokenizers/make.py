"""Makes the cases of this folder with Hugging Face's tokenizers: small vocabularies trained on a text, and what they give for hard strings.
Run by hand: make.py TEXT TEXT…  (a Python with `tokenizers`)"""
import json, os, sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
OTHER = r"\p{Lu}\p{Ll}+|\p{L}+|\p{N}|\s+|[^\s\p{L}\p{N}]+"
STRINGS = ['', ' ', 'Hello, world!', "I'll we've CAN'T don't", '  two  spaces\n\n\ttab \r\n end  ', '12345 1,234.5', '你好，世界。中文 mixed 文字', 'ﬁ Å Å é',
           '<|end|>x<|end|> <mask> y', 'a' * 300, '🙂👩‍👩‍👧 flags 🇩🇪', 'नमस्ते دنیا שלום', 'x\u00a0y\u3000z\u200b', 'CamelCase_snake-kebab', '\u0000\u0001\ufffd']


def byte_level(pre):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre
    t.decoder = decoders.ByteLevel()
    return t, trainers.BpeTrainer(vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=['<|end|>'], show_progress=False)


def sentence_piece():
    t = Tokenizer(models.BPE(unk_token='<unk>', byte_fallback=True, fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')])
    t.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)])
    special = ['<unk>', '<s>', '<|end|>'] + ['<0x%02X>' % i for i in range(256)]
    return t, trainers.BpeTrainer(vocab_size=900, special_tokens=special, limit_alphabet=300, show_progress=False)


KINDS = {
    'gpt2': lambda: byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    'digits': lambda: byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])),
    'llama3': lambda: byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), 'isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])),
    'unknown-pattern': lambda: byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(OTHER), 'isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])),
    'sentencepiece': sentence_piece,
}
for name, make in KINDS.items():
    t, trainer = make()
    t.train(sys.argv[1:], trainer)
    t.add_special_tokens([AddedToken('<mask>', lstrip=True, rstrip=False, special=True)])
    os.makedirs(f'{HERE}/{name}', exist_ok=True)
    text = json.loads(t.to_str())
    if name == 'sentencepiece':  # bytes are ordinary tokens there, not added ones
        text['added_tokens'] = [a for a in text['added_tokens'] if not a['content'].startswith('<0x')]
        t = Tokenizer.from_str(json.dumps(text))
    with open(f'{HERE}/{name}/tokenizer.json', 'w') as f:
        json.dump(text, f, ensure_ascii=False, separators=(',', ':'))
    with open(f'{HERE}/{name}/cases.json', 'w') as f:
        json.dump([{'text': s, 'ids': t.encode(s, add_special_tokens=False).ids} for s in STRINGS], f, ensure_ascii=False, indent=0)
