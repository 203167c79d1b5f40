"""Chinese readings: characters of several readings by five-fold cross-validation over the published sentences of g2pM, and by the
program itself; sandhi by textbook examples; the ways to write a syllable."""
import json, lzma, math, os, re, subprocess, sys

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
MARKED = SHARED + '/data/lexicon/polyphone-cpp'
sys.path.insert(0, ROOT + '/share/lexicons')
sys.dont_write_bytecode = True
import zh_train


def check(name, ok, why=''):
    print(f'ok - pinyin {name}' if ok else f'not ok - pinyin {name}: {why}')


def ink(text, *flags):
    return subprocess.run([INK, 'phonemize', '--lang', 'zh', *flags], input=text.encode(), capture_output=True, timeout=120)


def said(text, *flags):
    return ink(text, *flags).stdout.decode().rstrip('\n')


class Shipped(zh_train.Dictionary):
    """The dictionary as share/lexicons/zh.txt.xz holds it."""
    def __init__(self):
        rows = [line.split() for line in lzma.open(ROOT + '/share/lexicons/zh.txt.xz', 'rt', encoding='utf-8')]
        self.readings = {r[1]: r[2] for r in rows if r[0] == 'C'}
        self.freq = {r[1]: int(r[2]) for r in rows if r[0] == 'W'}
        self.phrases = {r[1]: self.plain(r[1]) if r[3] == '.' else r[3:] for r in rows if r[0] == 'W' and len(r) > 3}
        self.total = math.log(sum(self.freq.values()))


def by_program(rows):
    """What the program reads at each marked character."""
    lines = ink('\n'.join(text for text, _, _ in rows) + '\n', '--raw', '--sandhi', 'off', '--json').stdout.decode().split('\n')
    right = 0
    for (text, i, y), line in zip(rows, lines):
        at = len(text[:i].encode())
        word = next((w for w in json.loads(line)['words'] if w['at'] <= at < w['at'] + w['size']), None)
        syllables = re.findall('[a-z]+[1-5]', word['phonemes']) if word else []
        k = len(text.encode()[word['at']:at].decode()) if word else 0
        right += k < len(syllables) and syllables[k] == y
    return 100 * right / len(rows)


def polyphones():
    if not os.path.isdir(MARKED):
        return print('ok - pinyin polyphones # SKIP the sentences are not here')
    rows = list(zh_train.sentences(MARKED))
    figure = zh_train.validate(zh_train.look(Shipped(), rows))
    own = by_program(rows)
    print(f'# polyphones: {figure:.2f} % by five-fold cross-validation, {own:.2f} % by the program, which has learned from all of them')
    check('five-fold cross-validation is at least 92 %', figure >= 92, figure)
    check('the program reads as its table says', own >= figure, own)


SANDHI = {
    '你好': 'ni2hao3', '不去': 'bu2 qu4', '不对': 'bu2dui4', '不好': 'bu4hao3', '一个': 'yi2ge4', '一天': 'yi4tian1', '一年': 'yi4nian2', '一起': 'yi4qi3', '第一': 'di4yi1',
    '看一看': 'kan4yi5kan4', '展览馆': 'zhan2lan2guan3', '小老鼠': 'xiao3 lao2shu3', '十一': 'shi2yi1', '统一': 'tong3yi1', '银行行长': 'yin2hang2 hang2zhang3',
    '花儿': 'hua1er5', '一会儿': 'yi2hui4er5', '哪儿': 'na3er5', '儿童': 'er2tong2', '重新': 'chong2xin1', '重要': 'zhong4yao4', '女儿': 'nv3er2', '音乐': 'yin1yue4', '快乐': 'kuai4le4',
}
WRITTEN = {
    'bopomofo': {'中国人': 'ㄓㄨㄥˉㄍㄨㄛˊㄖㄣˊ', '女': 'ㄋㄩˇ', '知': 'ㄓˉ', '学院': 'ㄒㄩㄝˊㄩㄢˋ', '我们': 'ㄨㄛˇㄇㄣ˙', '用': 'ㄩㄥˋ', '儿': 'ㄦˊ'},
    'bopomofo-ipa': {'中国': 'ts`⁼ʊŋ→k⁼wo↑', '是': 's`ɹ`↓', '四': 'sɹ↓', '波': 'p⁼wo→', '全': 'tʃʰɥæn↑', '我们': 'wo↓↑mən'},
}


def written():
    wrong = {t: said(t).replace(' ', '') for t, w in SANDHI.items() if said(t).replace(' ', '') != w.replace(' ', '')}
    check('sandhi', not wrong, wrong)
    for style, cases in WRITTEN.items():
        wrong = {t: said(t, '--style', style) for t, w in cases.items() if said(t, '--style', style).replace(' ', '') != w}
        check(style, not wrong, wrong)
    check('numbers are words first', said('2个苹果') == 'liang3ge4 ping2guo3' or said('2个苹果') == 'liang3 ge4 ping2guo3', said('2个苹果'))
    check('a tag brings Chinese into English', said('[EN]hello[EN][ZH]2天[ZH]', '--style', 'ipa').startswith('həlˈoʊ') and 'tʰjɛn' in said('[EN]hello[EN][ZH]2天[ZH]', '--style', 'ipa'),
          said('[EN]hello[EN][ZH]2天[ZH]', '--style', 'ipa'))
    r = ink('我用USB')
    check('Latin letters are spelled in Chinese, and named', 'USB' in r.stderr.decode() and len(re.findall('[1-5]', r.stdout.decode())) > 4, (r.stdout.decode(), r.stderr.decode()))
    r = ink('𪚥')
    check('an ideograph without a reading is named', '𪚥' in r.stderr.decode(), r.stderr.decode())
    r = ink('的' * 300000)
    check('a megabyte of ideographs', r.returncode == 0 and r.stdout.count(b'de5') == 300000, len(r.stdout))


polyphones()
written()
