"""Bytes as a C array: what both packers end with."""


def text(f, name, data):
    f.write(f'const unsigned char {name}[] =\n')
    for i in range(0, len(data), 64):
        f.write('"' + ''.join(f'\\{b:03o}' for b in data[i:i + 64]) + '"\n')
    f.write(';\n')
