"""tts --book: chapters of plain text, Markdown and EPUB, resumed after kill -9 with the same bytes, quotations in another voice, memory
that does not grow, and refusals."""
import glob, json, os, re, resource, signal, subprocess, tempfile, time, zipfile

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
JOE = os.environ.get('INK_MODELS', '') + '/en_US-joe-medium.onnx'
JOE = os.readlink(JOE) if os.path.islink(JOE) else JOE
PLAIN = """A word before the first chapter, wrapped over
two lines of text.

CHAPTER I

It was a dark night. "Who is there?" asked the
old man, half-
asleep by the fire.

Nobody answered him.

CHAPTER II

The next day came. They went on, and so it ended, as all things
end in the end.

EPILOGUE

One more thing. It was a good story, and it was a short one.
"""


def check(name, ok, why=''):
    print(f'ok - audiobook {name}' if ok else f'not ok - audiobook {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def book(path, out, *flags, **kw):
    return subprocess.run([INK, 'tts', '-m', JOE, '--book', path, '--out', out, '--seed', '3', *flags], capture_output=True, text=True, timeout=300, **kw)


def files(folder):
    out = {}
    for path in sorted(glob.glob(folder + '/*')):
        with open(path, 'rb') as f:
            out[os.path.basename(path)] = f.read()
    return out


def said(folder):
    """What each chapter's subtitles say."""
    return {n[:3]: [b.split('\n', 2)[2] for b in d.decode().strip().split('\n\n')] for n, d in files(folder).items() if n.endswith('.srt')}


def write(path, text):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return path


def plain(folder):
    path = write(folder + '/b.txt', PLAIN)
    r = book(path, folder + '/whole', '--json')
    told = json.loads(r.stdout or '{}')
    check('a plain text by its chapters', told.get('chapters') == 4 and told['made'] == 4 and said(folder + '/whole') == {
        '001': ['A word before the first chapter, wrapped over two lines of text.'],
        '002': ['CHAPTER I', 'It was a dark night.', 'Who is there?', 'asked the old man, half-asleep by the fire.', 'Nobody answered him.'],
        '003': ['CHAPTER II', 'The next day came.', 'They went on, and so it ended, as all things end in the end.'],
        '004': ['EPILOGUE', 'One more thing.', 'It was a good story, and it was a short one.']}, (r.stderr, said(folder + '/whole')))
    page = files(folder + '/whole')['index.html'].decode()
    check('a page of contents', all(f'href="{n}"' in page for n in files(folder + '/whole') if n.endswith('.flac')) and 'generated speech' in page and page.count('<li>') == 4, page)
    with open(folder + '/whole/002-chapter-i.flac', 'rb') as f:
        check('chapters are marked and titled', b'AIGC' in (head := f.read(4096)) and b'CHAPTER I' in head)
    r = book(path, folder + '/whole', '--json')
    check('what is done is not done again', json.loads(r.stdout)['made'] == 0 and json.loads(r.stdout)['seconds'] == told['seconds'], r.stdout)
    write(path, PLAIN.replace('Nobody answered', 'No one answered'))
    before = files(folder + '/whole')
    r = book(path, folder + '/whole', '--json')
    changed = [n for n, d in files(folder + '/whole').items() if before.get(n) != d and n.startswith('0')]
    check('only what changed is done again', json.loads(r.stdout)['made'] == 1 and changed == ['002-chapter-i.flac', '002-chapter-i.srt'], (r.stdout, changed))
    return path


def resumed(folder, path):
    whole = files(folder + '/whole')
    for turn in range(8):  # each run is ended a little later than the one before
        p = subprocess.Popen([INK, 'tts', '-m', JOE, '--book', path, '--out', folder + '/killed', '--seed', '3'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.15 + 0.05 * turn)
        p.send_signal(signal.SIGKILL)
        p.wait()
    r = book(path, folder + '/killed', '--json')
    again = files(folder + '/killed')
    check('killed eight times, the book has the same bytes', r.returncode == 0 and {n: d for n, d in again.items()} == whole, (r.stderr, sorted(again), [n for n in whole if whole[n] != again.get(n)]))
    check('nothing is left over', not [n for n in os.listdir(folder + '/killed') if n.endswith('.tmp')], os.listdir(folder + '/killed'))
    p = subprocess.Popen([INK, 'tts', '-m', JOE, '--book', path, '--out', folder + '/two', '--seed', '3'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        if os.path.exists(folder + '/two/.lock'):
            break
        time.sleep(0.02)
    r = book(path, folder + '/two')
    p.wait()
    check('two programs do not write one book', r.returncode == 1 and 'another program' in r.stderr or r.returncode == 0 and p.returncode == 0, r.stderr)


def marked(folder, path):
    """A chapter of a book may be heard alone: each has the notice, and the mark that is not heard."""
    r = book(path, folder + '/marked', '--notice', 'voice', '--watermark', 'mine')
    texts = said(folder + '/marked')
    check('each chapter begins with the notice', r.returncode == 0 and len(texts) == 4 and all('generated by a computer' in t[0] for t in texts.values()), (r.stderr, texts))
    found = [json.loads(subprocess.run([INK, 'watermark', p, '--key', 'mine', '--json'], capture_output=True, text=True).stdout).get('found') for p in sorted(glob.glob(folder + '/marked/*.flac'))]
    check('each chapter has the watermark', found == [True] * 4, found)
    r = book(path, folder + '/marked', '--notice', 'morse', '--json')
    starts = [re.search(r'00:00:(\d\d),(\d{3}) -->', d.decode()) for n, d in files(folder + '/marked').items() if n.endswith('.srt')]
    check('a notice in tones comes before the first words', json.loads(r.stdout)['made'] == 4 and all(int(m[1]) + int(m[2]) / 1000 > 1 for m in starts), starts)


def quoted(folder, path):
    r = book(path, folder + '/quotes', '--quotes', JOE + ':0', '--json')
    check('quotations by another voice', r.returncode == 0 and said(folder + '/quotes')['002'][2] == 'Who is there?' and json.loads(r.stdout)['made'] == 4, (r.stderr, said(folder + '/quotes')))
    r = book(path, folder + '/none', '--quotes', 'nobody')
    check('a voice that is none is named', r.returncode == 1 and 'nobody' in r.stderr, r.stderr)


def markdown(folder):
    text = '# A *small* book\n\nBy [me](http://x.org/).\n\n## One\n\nSome **bold** text_with_marks.\n- first\n- second\n\n> A quotation.\n\n### Inner\n\n![a picture](p.png) Text.\n\n---\n\n## Two ##\n\nEnd.\n'
    r = book(write(folder + '/b.md', text), folder + '/md')
    check('Markdown', r.returncode == 0 and said(folder + '/md') == {
        '001': ['A small book', 'By me.'], '002': ['One', 'Some bold text_with_marks.', 'first', 'second', 'A quotation.', 'Inner', 'a picture Text.'], '003': ['Two', 'End.']}, (r.stderr, said(folder + '/md')))


PAGE = '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>no</title><style>p {}</style></head><body>%s</body></html>'


def epub(folder):
    def make(path, pages, container='<rootfile full-path="OEBPS/c.opf"/>'):
        with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
            z.writestr('mimetype', 'application/epub+zip', zipfile.ZIP_STORED)
            z.writestr('META-INF/container.xml', f'<container><rootfiles>{container}</rootfiles></container>')
            items = ''.join(f'<item id="p{i}" href="text/p%20{i}.xhtml" media-type="application/xhtml+xml"/>' for i in range(len(pages)))
            z.writestr('OEBPS/c.opf', f'<package xmlns:dc="x"><metadata><dc:title>The Book</dc:title><dc:creator>A. Nobody</dc:creator></metadata><manifest>{items}</manifest><spine>'
                       + ''.join(f'<itemref idref="p{i}"/>' for i in range(len(pages))) + '</spine></package>')
            for i, page in enumerate(pages):
                z.writestr(f'OEBPS/text/p {i}.xhtml', page)
        return path
    path = make(folder + '/b.epub', [PAGE % '<h1>First<br/>part</h1><p>One &amp; <em>two</em>&nbsp;words.</p><script>no</script><div><p>More.</p></div>', PAGE % '<p>It goes on.</p>',
                                     PAGE % '<h2>Second</h2><ul><li>an item</li></ul>'])
    r = book(path, folder + '/epub')
    check('EPUB', r.returncode == 0 and said(folder + '/epub') == {'001': ['First part', 'One & two words.', 'More.', 'It goes on.'], '002': ['Second', 'an item']}, (r.stderr, said(folder + '/epub')))
    check('EPUB: title and author stand on the page', all(w in files(folder + '/epub')['index.html'].decode() for w in ('<h1>The Book</h1>', 'A. Nobody')))
    bomb = '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><html><body><p>&b;</p></body></html>'
    for name, pages, container, says in (('a bomb of entities', [bomb], None, 'declares the entity'), ('a page that is not XML', ['<html><p>a'], None, 'not well-formed'),
                                         ('no package', [PAGE % ''], '<x/>', 'names no package'), ('a package that is not there', [PAGE % ''], '<rootfile full-path="n.opf"/>', 'has no n.opf'),
                                         ('no text', [PAGE % ''], None, 'has no text')):
        r = book(make(folder + '/bad.epub', pages, *([container] if container else [])), folder + '/bad')
        check(f'EPUB: {name}', r.returncode == 1 and says in r.stderr and r.stderr.count('\n') == 1 and not os.path.exists(folder + '/bad'), r.stderr)


def memory(folder):
    """Ten chapters take no more of it than two."""
    if os.environ.get('ASAN_OPTIONS'):
        print('ok - audiobook memory does not grow with the book # SKIP what was freed is kept for a while by the sanitizer')
        return
    peaks = []
    for n in 2, 10:
        path = write(f'{folder}/m{n}.txt', ''.join(f'CHAPTER {i + 1}\n\nThis is chapter number {i}. It has two sentences, and one more clause.\n\n' for i in range(n)))
        p = subprocess.Popen([INK, 'tts', '-m', JOE, '--book', path, '--out', f'{folder}/m{n}', '--format', 'ogg'], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(p.pid, 0)
        peaks.append(usage.ru_maxrss / 1024)
    check('memory does not grow with the book', peaks[1] < peaks[0] + 8, peaks)


def main():
    with tempfile.TemporaryDirectory(prefix='ink-book-') as folder:
        path = plain(folder)
        resumed(folder, path)
        marked(folder, path)
        quoted(folder, path)
        markdown(folder)
        epub(folder)
        memory(folder)
        for name, flags, says in (('no folder', ['--book', path], 'wants a folder'), ('a text besides', ['--book', path, '--out', folder + '/x', 'hi'], 'nothing else'),
                                  ('a book that is not there', ['--book', folder + '/none.txt', '--out', folder + '/x'], 'none.txt'),
                                  ('a format that is none', ['--book', path, '--out', folder + '/x', '--format', 'exe'], r'\.wav')):
            r = subprocess.run([INK, 'tts', '-m', JOE, *flags], capture_output=True, text=True, timeout=60)
            check(name, r.returncode in (1, 2) and re.search(says, r.stderr) and r.stderr.count('\n') == 1, r.stderr)


if os.path.exists(JOE):
    main()
else:
    print('ok - audiobook # SKIP the voice is not here: inkstone pull joe')
