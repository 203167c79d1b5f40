"""Expands chars.txt into the two-level table of chars.h: chars.py INPUT OUTPUT."""
import sys

CLASSES = '-ulomnpsw'  # a class is one bit, in this order; '-' is none
BLOCK = 128

with open(sys.argv[1]) as f:
    runs = [(int(word[:-1], 16), CLASSES.index(word[-1])) for line in f if line[0] != '#' for word in line.split()]
flags = bytearray()
for (start, kind), (end, _) in zip(runs, runs[1:] + [(0x110000, 0)]):
    flags += bytes([1 << kind >> 1]) * (end - start)
blocks = [bytes(flags[i:i + BLOCK]) for i in range(0, len(flags), BLOCK)]
unique = list(dict.fromkeys(blocks))  # ASCII comes first, so that its class is simply the entry at the code point
assert len(unique) <= 256


def array(kind, name, values):
    rows = (', '.join(map(str, values[i:i + 32])) for i in range(0, len(values), 32))
    return f'const {kind} {name}[] = {{\n' + ',\n'.join(rows) + ',\n};\n'


with open(sys.argv[2], 'w') as f:
    f.write('#include "text/chars.h"\n\n')
    f.write(array('uint8_t', 'ink_char_block', [unique.index(b) for b in blocks]))
    f.write(array('uint8_t', 'ink_char_class', b''.join(unique)))
    f.write(array('uint8_t', 'ink_byte_class', flags[:128] + bytes(128)))
