"""Makes zh.txt.xz, the words and readings of Chinese, and measures how well characters of several readings are read.

zh_train.py PINYIN_FOLDER POLYPHONE_FOLDER jieba/dict.txt pypinyin/pinyin_dict.json OUTPUT     (OUTPUT -: only measures)

Words come from jieba's list, their readings from phrase dictionaries where they differ from those of their characters. Which of its
readings a character has in a sentence is asked of a logistic model over its neighbours, its word, and what the dictionary says.
Lines of the result:
    C character reading            W word frequency [readings | .]  (. : as its characters alone)
    L character readings           P character reading feature weight            D weight  weight  (of the dictionary: when sure, when not)"""
import collections, json, lzma, math, random, re, sys, unicodedata

FOLDS, ROUNDS, RATE, DECAY, LEAST, LONGEST = 5, 12, .3, .005, 8, 8
ALONE = {'长': 'chang2', '还': 'hai2', '都': 'dou1', '得': 'de5', '着': 'zhe5', '地': 'de5', '行': 'xing2', '重': 'zhong4', '为': 'wei4'}  # as words of their own
SCALE, SMALL = 16, 3  # weights are kept in sixteenths, as bytes; smaller ones are dropped
TONES = {'̄': '1', '́': '2', '̌': '3', '̀': '4'}


def numbered(syllable):
    """nǐ is ni3, lü is lv, no mark is tone 5."""
    out, tone = '', '5'
    for c in unicodedata.normalize('NFD', syllable):
        if c in TONES:
            tone = TONES[c]
        elif c == '̈':
            out = out[:-1] + 'v'
        else:
            out += {'ɡ': 'g', 'ê': 'e'}.get(c, c)
    return out + tone


def is_syllable(s):
    return re.fullmatch(r'[a-z]+[1-5]', s) is not None


def phrases(folder):
    """Later files go before; yi and bu stand without sandhi."""
    found = {}
    for name in 'cc_cedict.txt', 'pinyin.txt':
        for line in open(f'{folder}/{name}', encoding='utf-8'):
            if line[0] == '#' or ':' not in line:
                continue
            word, said = line.split('#')[0].split(':', 1)
            said = [numbered(s) for s in said.split()]
            said = ['yi1' if c == '一' and s[:-1] == 'yi' else 'bu4' if c == '不' and s[:-1] == 'bu' else s for c, s in zip(word, said)] if len(word) == len(said) else []
            if 2 <= len(said) <= LONGEST and all(map(is_syllable, said)):
                found[word] = said
    return found


class Dictionary:
    def __init__(self, folder, jieba, characters, poly):
        self.phrases = phrases(folder)
        self.readings = {}
        for key, said in json.load(open(characters, encoding='utf-8')).items():
            code = int(key)
            first = [numbered(s) for s in said.split(',')]
            if 0x3400 <= code <= 0x9FFF and is_syllable(first[0]):
                self.readings[chr(code)] = first[0]
        self.readings['〇'] = 'ling2'
        self.poly = poly
        self.defaults()
        self.phrases.update((c, [s]) for c, s in ALONE.items() if self.readings[c] != s)
        freq = {w: int(f) for w, f, *_ in map(str.split, open(jieba, encoding='utf-8')) if len(w) <= LONGEST and all('㐀' <= c <= '鿿' for c in w)}
        self.freq = {w: f for w, f in freq.items() if f >= LEAST or len(w) == 1}
        for w, said in self.phrases.items():
            if any(c in poly for c in w) or self.plain(w) != said:
                self.freq.setdefault(w, max(1, freq.get(w, 1)))
        self.total = math.log(sum(self.freq.values()))

    def defaults(self):
        """The reading that a character has most often in phrases, where the lists of characters are unsure."""
        counts = collections.defaultdict(collections.Counter)
        for word, said in self.phrases.items():
            for c, s in zip(word, said):
                counts[c][s] += 1
        for c, n in counts.items():
            if c not in self.readings or (n.total() >= 10 and n[self.readings[c]] < n.total() * .2):
                self.readings[c] = n.most_common(1)[0][0]

    def plain(self, word):
        return [self.readings.get(c, '') for c in word]

    def segment(self, text):
        """The words of the likeliest way to cut, as (begin, end)."""
        best = [(0.0, 0)] * (len(text) + 1)
        for i in range(len(text) - 1, -1, -1):
            ways = []
            for n in range(1, min(LONGEST, len(text) - i) + 1):
                f = self.freq.get(text[i:i + n], 1 if n == 1 else 0)
                if f:
                    ways.append((math.log(f) - self.total + best[i + n][0], i + n))
            best[i] = max(ways)
        i, words = 0, []
        while i < len(text):
            words.append((i, best[i][1]))
            i = best[i][1]
        return words

    def said(self, text):
        """What the dictionary says of each character: a reading, and whether a phrase says so."""
        out = []
        for i, j in self.segment(text):
            known = self.phrases.get(text[i:j])
            out += [(s, known is not None) for s in known or self.plain(text[i:j])]
        return out


def features(text, i, begin, end):
    at = lambda k: text[k] if 0 <= k < len(text) else '#'
    a, b, c, d = at(i - 2), at(i - 1), at(i + 1), at(i + 2)
    return ['0', '1' + b, '2' + c, '3' + a + b, '4' + c + d, '5' + b + c, '6' + a, '7' + d, '8' + (text[begin:end] if end - begin > 1 else '')]


def scores(w, c, labels, fs, said):
    return [sum(w.get((c, l, f), 0) for f in fs) + (w.get(said[1], 0) if l == said[0] else 0) for l in labels]


def train(examples):
    """examples: (character, features, what the dictionary says, reading). Gradient steps with decay, over and over, in drawn order."""
    labels = collections.defaultdict(set)
    for c, _, _, y in examples:
        labels[c].add(y)
    labels = {c: sorted(l) for c, l in labels.items()}
    w, draw, examples = collections.defaultdict(float), random.Random(1), [e for e in examples if len(labels[e[0]]) > 1]
    for k in range(ROUNDS):
        draw.shuffle(examples)
        rate = RATE / (1 + .3 * k)
        for c, fs, said, y in examples:
            s = scores(w, c, labels[c], fs, said)
            e = [math.exp(v - max(s)) for v in s]
            for l, p in zip(labels[c], e):
                g = (l == y) - p / sum(e)
                for f in fs:
                    w[c, l, f] += rate * (g - DECAY * w[c, l, f])
                if l == said[0]:
                    w[said[1]] += rate * .1 * g
    return {k: max(-127, min(127, round(SCALE * v))) for k, v in w.items() if abs(SCALE * v) >= SMALL or k in (True, False)}, labels


def read(model, c, fs, said):
    w, labels = model
    options = labels.get(c, [])
    options = options if said[0] in options else options + [said[0]]
    return max(zip(scores(w, c, options, fs, said), options), key=lambda x: x[0])[1]


def sentences(folder):
    for text, label in zip(open(f'{folder}/dev.sent', encoding='utf-8'), open(f'{folder}/dev.lb', encoding='utf-8')):
        before, c, after = text.rstrip('\n').split('▁')
        yield before + c + after, len(before), label.strip().replace('u:', 'v')


def run_around(text, i):
    begin = end = i
    while begin and '㐀' <= text[begin - 1] <= '鿿':
        begin -= 1
    while end < len(text) and '㐀' <= text[end] <= '鿿':
        end += 1
    return text[begin:end], i - begin


def look(d, rows):
    """The examples of marked sentences: character, features, what the dictionary says, reading."""
    out = []
    for text, i, y in rows:
        run, at = run_around(text, i)
        out.append((run[at], features(run, at, *next(w for w in d.segment(run) if w[0] <= at < w[1])), d.said(run)[at], y))
    return out


def validate(examples):
    right = 0
    for fold in range(FOLDS):
        model = train([e for k, e in enumerate(examples) if k % FOLDS != fold])
        right += sum(read(model, c, fs, said) == y for c, fs, said, y in examples[fold::FOLDS])
    return 100 * right / len(examples)


def main():
    folder, marked, jieba, characters, output = sys.argv[1:]
    rows = list(sentences(marked))
    poly = {text[i] for text, i, _ in rows}
    d = Dictionary(folder, jieba, characters, poly)
    examples = look(d, rows)
    print(f'the dictionary alone: {100 * sum(said[0] == y for _, _, said, y in examples) / len(rows):.2f} %', file=sys.stderr)
    print(f'{FOLDS}-fold cross-validation: {validate(examples):.2f} % of {len(rows)}', file=sys.stderr)
    if output != '-':
        write(d, train(examples), output)


def write(d, model, output):
    lines = [f'C {c} {r}' for c, r in sorted(d.readings.items())]
    for w, f in sorted(d.freq.items()):
        known = d.phrases.get(w)
        lines.append(f'W {w} {f}' + ('' if known is None else ' .' if known == d.plain(w) else ' ' + ' '.join(known)))
    w, labels = model
    lines += [f'L {c} {" ".join(l)}' for c, l in sorted(labels.items()) if len(l) > 1]
    lines += [f'P {c} {l} {f} {v}' for (c, l, f), v in sorted((k, v) for k, v in w.items() if isinstance(k, tuple))]
    lines.append(f'D {w[True]} {w[False]}')
    with open(output, 'wb') as out:
        out.write(lzma.compress('\n'.join(lines).encode() + b'\n', preset=9 | lzma.PRESET_EXTREME))


if __name__ == '__main__':
    main()
