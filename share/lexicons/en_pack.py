"""Makes the tables of src/text/g2p.h out of en.txt.xz when the engine is built: en_pack.py en.txt.xz OUTPUT.c

The dictionary: words in order, in blocks of 16, each told by what it shares with the one before. The model for unknown words: a
unit is a letter with what it says (none, one or two phones); the chance of a unit after the four before it, by interpolated
Kneser-Ney discounting (Chen and Goodman 1999, section 2.7), as costs of 1/12 nat in one hash table that is looked up from long to
short."""
import collections, lzma, math, re, sys

from c_text import text

ORDER, DISCOUNT, BLOCK, STEP, EMPTY = 5, .8, 16, 12, 255
BEGIN, END, FIRST = 1, 2, 3


def phone(code):
    return ord(code) - ord('0') if code <= 'Z' else ord(code) - ord('`') + 43


def entries(path):
    for line in lzma.open(path, 'rt', encoding='utf-8'):
        word, said = line.split()
        yield word, re.findall(r'.(?:\+.)?', said)


def dictionary(rows):
    out, blocks, last = bytearray(), [], b''
    for i, (word, said) in enumerate(rows):
        name, phones = word.encode(), [phone(c) for s in said for c in s if c not in '_+']
        if i % BLOCK == 0:
            blocks.append(len(out))
            last = b''
        same = next((k for k, (a, b) in enumerate(zip(name, last)) if a != b), min(len(name), len(last)))
        out += bytes([same, len(name) - same]) + name[same:] + bytes([len(phones)]) + bytes(phones)
        last = name
    return out, blocks


def units(rows):
    seen = sorted({(letter, s) for word, said in rows for letter, s in zip(word, said)})
    return {u: FIRST + i for i, u in enumerate(seen)}


def count(rows, ids, base):
    """For each length the units in a row, as one number: its digits are the ids."""
    counts = [collections.Counter() for _ in range(ORDER + 1)]
    for word, said in rows:
        row = [BEGIN, *(ids[u] for u in zip(word, said)), END]
        for i in range(1, len(row)):
            key, scale = 0, 1
            for n in range(1, min(ORDER, i + 1) + 1):
                key, scale = key + row[i - n + 1] * scale, scale * base
                counts[n][key] += 1
    return counts


def continued(counts, base):
    """Kneser and Ney's counts: below the longest, how many different units stand in front (what begins a word keeps its own)."""
    kept = [None] * ORDER + [counts[ORDER]]
    for n in range(ORDER - 1, 0, -1):
        scale = base ** n
        kept[n] = collections.Counter(key % scale for key in counts[n + 1])
        for key, c in counts[n].items():
            if key // base ** (n - 1) == BEGIN:
                kept[n][key] = c
    return kept


def chances(counts, base):
    total, p, back = sum(counts[1].values()), {}, {}
    p.update((key, c / total) for key, c in counts[1].items())
    for n in range(2, ORDER + 1):
        sums, kinds, scale = collections.Counter(), collections.Counter(), base ** (n - 1)
        for key, c in counts[n].items():
            sums[key // base] += c
            kinds[key // base] += 1
        for h in sums:
            back[h] = DISCOUNT * kinds[h] / sums[h]
        for key, c in counts[n].items():
            p[key] = (c - DISCOUNT) / sums[key // base] + back[key // base] * p[key % scale]
    return p, back


def cost(p):
    return min(EMPTY - 1, round(-STEP * math.log(p)))


def table(p, back):
    """Slots of five bytes: three of the hash, the cost of the unit after the others, the cost of looking for shorter ones behind it."""
    keys = sorted(p.keys() | back.keys())
    slots = len(keys) * 3 // 2
    out = bytearray(b'\xff' * (5 * slots))
    for key in keys:
        h = key * 0x9E3779B97F4A7C15 & (1 << 64) - 1
        h ^= h >> 29
        slot = (h & 0xFFFFFFFF) * slots >> 32
        while out[5 * slot:5 * slot + 5] != b'\xff' * 5:
            slot = (slot + 1) % slots
        out[5 * slot:5 * slot + 5] = (h >> 40).to_bytes(3, 'little') + bytes([cost(p[key]) if key in p else EMPTY, cost(back[key]) if key in back else EMPTY])
    return out, slots


def main():
    rows = list(entries(sys.argv[1]))
    ids = units(rows)
    base = FIRST + len(ids)
    words, blocks = dictionary(rows)
    grams, slots = table(*chances(continued(count(rows, ids, base), base), base))
    spoken = [bytes([ord(letter)] + [phone(c) for c in (s.replace('_', '') + '\xff\xff').replace('+', '')[:2] if c != '\xff'] + [255, 255])[:3] for letter, s in ids]
    with open(sys.argv[2], 'w', encoding='utf-8') as f:
        f.write('#include "text/g2p_tables.h"\n\n')
        text(f, 'ink_english_words', words)
        text(f, 'ink_english_grams', grams)
        text(f, 'ink_english_sayings', b''.join(spoken))
        f.write('const uint32_t ink_english_blocks[] = {\n' + ',\n'.join(map(str, blocks)) + ',\n};\n')
        f.write(f'const ink_english_sizes ink_english = {{ {len(rows)}, {len(blocks)}, {slots}, {len(ids)} }};\n')


main()
