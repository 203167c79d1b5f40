"""Aligns a pronouncing dictionary, letter by letter, and writes en.txt.xz: en_align.py cmudict.dict en.txt.xz

Each letter says none, one or two phones; which is found by expectation and maximisation over all alignments (Bisani and Ney
2008, Joint-sequence models for grapheme-to-phoneme conversion, section 2.3, with one letter to a unit). A line of the result is
the word, a blank, and for each letter its phones: one character a phone, '_' for none, '+' between two. en_pack.py reads it."""
import collections, lzma, math, re, sys

VOWELS = 'AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW'.split()
CONSONANTS = 'B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH'.split()
PHONES = CONSONANTS + [v + s for v in VOWELS for s in '012']
CODES = {p: chr(ord('0') + i) if i < 43 else chr(ord('`') + i - 43) for i, p in enumerate(PHONES)}  # '0' to 'Z', then '`' on: no '_', no '+'
MOST, ROUNDS, SAMPLE = 2, 6, 4


def read(path):
    for line in open(path, encoding='utf-8'):
        word, *phones = line.split('#')[0].split() or ['']
        if re.fullmatch(r"[a-z']+", word) and re.search('[a-z]', word) and len(phones) <= MOST * len(word):
            yield word, [CODES[p] for p in phones]


def chunks(phones, at):
    return [(k, '+'.join(phones[at:at + k]) or '_') for k in range(MOST + 1) if at + k <= len(phones)]


def forward(word, phones, chance):
    sums = [collections.defaultdict(float) for _ in range(len(word) + 1)]
    sums[0][0] = 1.0
    for i, letter in enumerate(word):
        for j, p in sums[i].items():
            for k, chunk in chunks(phones, j):
                if len(phones) - j - k <= MOST * (len(word) - i - 1):
                    sums[i + 1][j + k] += p * chance(letter, chunk)
    return sums


def expect(word, phones, chance, counts):
    sums, after = forward(word, phones, chance), {len(phones): 1.0}
    total = sums[-1][len(phones)]
    for i in range(len(word) - 1, -1, -1):
        before = collections.defaultdict(float)
        for j in sums[i]:
            for k, chunk in chunks(phones, j):
                if j + k in after:
                    p = chance(word[i], chunk) * after[j + k]
                    before[j] += p
                    counts[word[i], chunk] += sums[i][j] * p / total
        after = before


def best(word, phones, chance):
    ways = {0: (0.0, ())}
    for i, letter in enumerate(word):
        ahead = {}
        for j, (cost, way) in ways.items():
            for k, chunk in chunks(phones, j):
                c = cost - math.log(chance(letter, chunk))
                if len(phones) - j - k <= MOST * (len(word) - i - 1) and (j + k not in ahead or c < ahead[j + k][0]):
                    ahead[j + k] = c, way + (chunk,)
        ways = ahead
    return ways[len(phones)][1]


def main():
    entries = list(dict(read(sys.argv[1])).items())
    start = {'_': .2}
    chance = lambda letter, chunk: start.get(chunk, .02 if len(chunk) == 1 else .001)
    for _ in range(ROUNDS):
        counts, totals = collections.Counter(), collections.Counter()
        for word, phones in entries[::SAMPLE]:
            expect(word, phones, chance, counts)
        for (letter, _), c in counts.items():
            totals[letter] += c
        table = {k: c / totals[k[0]] for k, c in counts.items()}
        chance = lambda letter, chunk: max(table.get((letter, chunk), 0), 1e-7)
    lines = (f'{word} {"".join(best(word, phones, chance))}\n' for word, phones in sorted(entries))
    with open(sys.argv[2], 'wb') as f:
        f.write(lzma.compress(''.join(lines).encode(), preset=9 | lzma.PRESET_EXTREME))


main()
