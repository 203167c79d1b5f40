"""Writes a file as a C array, because C17 has no #embed: embed.py NAME INPUT OUTPUT."""
import sys

name, source, target = sys.argv[1:]
with open(source, 'rb') as f:
    data = f.read()
rows = (', '.join(map(str, data[i:i + 32])) for i in range(0, len(data), 32))
with open(target, 'w') as f:
    f.write(f'extern const unsigned char {name}[];\nextern const unsigned long {name}_size;\n')
    f.write(f'const unsigned char {name}[] = {{\n' + ',\n'.join(rows) + f',\n}};\nconst unsigned long {name}_size = {len(data)};\n')
