"""An hour of a book read aloud, and ended with kill -9 again and again in the middle of chapters: the same bytes as in one go, every letter of
the text in the subtitles once and in order, and memory that does not grow with the time. audiobook.py [MINUTES [KILLS]] (60 and 6 unless said)
No peer: nobody else's is resumed. Needs the voice joe, and ../shared/data/text/war-and-peace.txt."""
import glob, json, os, random, re, signal, subprocess, sys, tempfile, time

from peer import INK, ROOT, ink_json, table

SHARED = os.environ.get('INK_SHARED') or os.path.join(os.path.dirname(ROOT), 'shared')
LETTERS_A_MINUTE = 1080


def text(minutes):
    """Whole chapters of the book, at least so long."""
    with open(SHARED + '/data/text/war-and-peace.txt', encoding='utf-8-sig') as f:
        book = f.read()
    chapters = [m.start() for m in re.finditer(r'^CHAPTER [IVXL]+$', book, re.M)]
    first = next(a for a, b in zip(chapters, chapters[1:]) if b - a > 2000)  # past the contents
    last = next((c for c in chapters if c - first > minutes * LETTERS_A_MINUTE), len(book))
    return book[first:last]


def start(book, out):
    return subprocess.Popen([INK, 'tts', '-m', 'joe', '--book', book, '--out', out, '--seed', '1', '-q', '--json'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def resident(pid):
    try:
        with open(f'/proc/{pid}/status') as f:
            return int(re.search(r'VmRSS:\s+(\d+)', f.read())[1]) / 1024
    except (OSError, TypeError):
        return None


def watched(process):
    """MB of memory, a number a second, until it ends; and what it said."""
    seen = []
    while process.poll() is None:
        seen.append(resident(process.pid))
        time.sleep(1)
    return [m for m in seen if m], json.loads(process.stdout.read())


def chapters(folder):
    return len(glob.glob(folder + '/*.srt'))


def killed(book, out, kills):
    """Ends a run in the middle of a chapter: some time after one was done, and before the next is."""
    done = []
    for _ in range(kills):
        p, had = start(book, out), chapters(out)
        while chapters(out) < had + 1 and p.poll() is None:
            time.sleep(0.02)
        time.sleep(random.uniform(0.3, 1.5))
        p.send_signal(signal.SIGKILL)
        p.wait()
        p.stdout.close()
        done.append((chapters(out), len(glob.glob(out + '/*.tmp*'))))
    return done


def files(folder):
    out = {}
    for path in glob.glob(folder + '/*'):
        with open(path, 'rb') as f:
            out[os.path.basename(path)] = f.read()
    return out


def letters(s):
    return re.sub(r'[\W_]+', '', s).lower()


def main():
    minutes, kills = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((1, 60), (2, 6)))
    random.seed(4)
    with tempfile.TemporaryDirectory(prefix='ink-hour-') as folder:
        book = folder + '/book.txt'
        with open(book, 'w', encoding='utf-8') as f:
            f.write(text(minutes))
        ends = killed(book, folder + '/killed', kills)
        memory, last = watched(start(book, folder + '/killed'))
        alone, whole = watched(start(book, folder + '/whole'))
        a, b = files(folder + '/killed'), files(folder + '/whole')
        said = ''.join(''.join(block.split('\n', 2)[2] for block in b[n].decode().strip().split('\n\n')) for n in sorted(b) if n.endswith('.srt'))
        with open(book, encoding='utf-8') as f:
            wanted = letters(f.read())
        sentences = sum(b[n].count(b'-->') for n in b if n.endswith('.srt'))
    print(f'{whole["chapters"]} chapters, {whole["seconds"] / 60:.1f} minutes of sound, {sentences} sentences, computed in {whole["computing_seconds"]:.0f} s')
    print('killed with so many chapters done, and so many files half written: ' + ', '.join(f'{n} ({t})' for n, t in ends) + f'; the last run made the other {last["made"]}')
    print(f'the same bytes as in one go: {a == b}; every letter of the book in the subtitles, once and in order: {letters(said) == wanted}')
    at = [min(len(alone) - 1, i * (len(alone) - 1) // 5) for i in range(6)]
    table(['seconds'] + [str(i) for i in at], [['resident MB'] + [f'{alone[i]:.0f}' for i in at]])
    rest = alone[len(alone) // 6:]
    print(f'after the first sixth: {min(rest):.0f} to {max(rest):.0f} MB')
    sys.exit(0 if a == b and letters(said) == wanted else 1)


main()
