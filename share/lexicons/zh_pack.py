"""Makes the tables of src/text/pinyin_tables.h out of zh.txt.xz when the engine is built: zh_pack.py zh.txt.xz OUTPUT.c"""
import lzma, math, struct, sys

from c_text import text

STEP, FIRST, LAST = 12, 0x3400, 0x9FFF


def fnv(data):
    h = 0xCBF29CE484222325
    for b in data:
        h = (h ^ b) * 0x100000001B3 & (1 << 64) - 1
    return h ^ h >> 32


def table(entries, width):
    """Open addressing: four bytes of the hash, then the value. entries: {key bytes: value bytes}."""
    slots = len(entries) * 3 // 2 + 1
    empty = b'\xff' * (4 + width)
    out = bytearray(empty * slots)
    for key, value in sorted(entries.items()):
        h = fnv(key)
        slot = (h & 0xFFFFFFFF) * slots >> 32
        size = 4 + width
        while out[slot * size:slot * size + size] != empty:
            slot = (slot + 1) % slots
        out[slot * size:slot * size + size] = (h >> 32).to_bytes(4, 'little') + value
    return out, slots


def numbers(f, name, values):
    f.write(f'const uint16_t {name}[] = {{\n')
    for i in range(0, len(values), 24):
        f.write(', '.join(map(str, values[i:i + 24])) + ',\n')
    f.write('};\n')


def main():
    rows = [line.split(' ') for line in lzma.open(sys.argv[1], 'rt', encoding='utf-8').read().split('\n') if line]
    used = sorted({s[:-1] for r in rows for s in {'C': r[2:], 'W': r[3:], 'L': r[2:]}.get(r[0], []) if s != '.'})
    ids = {s: i for i, s in enumerate(used)}
    code = lambda s: 5 * ids[s[:-1]] + int(s[-1])  # 0 is no reading
    readings = [0] * (LAST - FIRST + 1)
    words, said, labels, weights, starts, trust = {}, [], [], {}, [], (0, 0)
    total = sum(int(r[2]) for r in rows if r[0] == 'W')
    options = {r[1]: r[2:] for r in rows if r[0] == 'L'}
    for kind, *r in rows:
        if kind == 'C' and FIRST <= ord(r[0]) <= LAST:
            readings[ord(r[0]) - FIRST] = code(r[1])
        elif kind == 'W':
            at = 0 if len(r) == 2 else 1 if r[2] == '.' else 2 + len(said)
            said += [code(s) for s in r[2:]] if at > 1 else []
            words[r[0].encode()] = bytes([min(254, round(STEP * (math.log(total) - math.log(int(r[1])))))]) + at.to_bytes(3, 'little')
        elif kind == 'P':
            weights[f'{r[0]}{options[r[0]].index(r[1])}{r[2]}'.encode()] = struct.pack('b', int(r[3]))
        elif kind == 'D':
            trust = r
    for c, options in sorted(options.items()):
        starts += [ord(c), len(labels)]
        labels += [code(s) for s in options]
    starts += [0xFFFF, len(labels)]
    packed, slots = table(words, 4)
    judged, judges = table(weights, 1)
    with open(sys.argv[2], 'w', encoding='utf-8') as f:
        f.write('#include "text/pinyin_tables.h"\n\n')
        f.write('const char *const ink_pinyin_names[] = { ' + ', '.join(f'"{s}"' for s in used) + ' };\n')
        numbers(f, 'ink_han_readings', readings)
        numbers(f, 'ink_han_said', said)
        numbers(f, 'ink_han_options', starts)
        numbers(f, 'ink_han_labels', labels)
        text(f, 'ink_han_words', packed)
        text(f, 'ink_han_weights', judged)
        f.write(f'const ink_han_sizes ink_han = {{ {slots}, {judges}, {len(starts) // 2 - 1}, {len(used)}, {round(STEP * math.log(total))}, {{ {trust[1]}, {trust[0]} }} }};\n')


main()
