/* The symbols of a voice, read from its configuration, and ids made of words. Names of ways of writing: Casanova, Kim et al.'s
   text cleaners as VITS, VITS-fast-fine-tuning and MoeGoe call them. */
#include "text/phonemes_symbols.h"
#include "base/json.h"
#include "text/phonemes.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

enum { SYMBOLS_MOST = 65536, SYMBOL_LONGEST = 16, SYMBOL_IDS = 4 };

typedef struct symbol {
    char text[SYMBOL_LONGEST + 1];
    int32_t ids[SYMBOL_IDS];
    size_t count;
} symbol;

struct ink_symbols {
    symbol *at; /* in order of text */
    size_t count, room, size, longest;
    char lang[16], espeak[40];
    ink_style style;
    bool sandhi, blanks; /* blanks: an id that parts all others */
    bool groups;         /* but only after a tone or a mark: piper's pinyin */
    int32_t blank, begin, end; /* begin, end: -1 where there is none */
};

typedef struct cleaner { /* what a text cleaner's name means */
    const char *name, *lang;
    ink_style style;
    bool sandhi;
} cleaner;

static const cleaner cleaners[] = {
    { "chinese_cleaners", "zh", INK_STYLE_BOPOMOFO, false }, { "cjke_cleaners2", "zh", INK_STYLE_BOPOMOFO_IPA, false },
    { "cjke_cleaners", "zh", INK_STYLE_BOPOMOFO_IPA, false }, { "cjks_cleaners", "zh", INK_STYLE_BOPOMOFO_IPA, false },
    { "zh_ja_mixture_cleaners", "zh", INK_STYLE_BOPOMOFO_IPA, false }, { "english_cleaners2", "en", INK_STYLE_IPA, true },
    { "english_cleaners", "en", INK_STYLE_TEXT, true }, { "japanese_cleaners", "ja", INK_STYLE_IPA, true },
    { "basic_cleaners", "", INK_STYLE_TEXT, true }, { NULL, NULL, INK_STYLE_IPA, true },
};

static ink_status symbols_add(ink_symbols *s, const char *text, size_t n, const int32_t *ids, size_t count, ink_err *err)
{
    if (!n || n > SYMBOL_LONGEST || !count || count > SYMBOL_IDS)
        return INK_OK; /* nothing that text can hold */
    if (s->count == SYMBOLS_MOST)
        return ink_fail(err, INK_E_LIMIT, "a voice of more than %d symbols", SYMBOLS_MOST);
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 256;
        symbol *more = realloc(s->at, room * sizeof *more);
        if (!more)
            return ink_fail(err, INK_E_MEMORY, "no memory for %zu symbols", room);
        s->at = more;
        s->room = room;
    }
    symbol *new = &s->at[s->count++];
    *new = (symbol){ .count = count };
    memcpy(new->text, text, n);
    memcpy(new->ids, ids, count * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        if ((size_t)ids[i] >= s->size)
            s->size = (size_t)ids[i] + 1;
    s->longest = n > s->longest ? n : s->longest;
    return INK_OK;
}

static int symbols_compare(const void *a, const void *b)
{
    const symbol *x = a, *y = b;
    const int c = strcmp(x->text, y->text);
    return c ? c : (x->ids[0] > y->ids[0]) - (x->ids[0] < y->ids[0]);
}

/* Into the order that symbols_find wants. Settings without symbols have left no list to sort; symbols_read refuses them. */
static void symbols_sort(ink_symbols *s)
{
    if (s->count)
        qsort(s->at, s->count, sizeof *s->at, symbols_compare);
}

/* The same; of those that are there twice the last counts, as in a Python dict. */
static void symbols_order(ink_symbols *s)
{
    symbols_sort(s);
    for (size_t i = 0, kept = 0, n = s->count; i < n; i++) {
        kept -= kept && !strcmp(s->at[kept - 1].text, s->at[i].text);
        s->at[kept++] = s->at[i];
        s->count = kept;
    }
}

static const symbol *symbols_find(const ink_symbols *s, const char *text, size_t n)
{
    for (size_t low = 0, high = s->count; low < high;) {
        const size_t middle = (low + high) / 2;
        const char *here = s->at[middle].text;
        int c = strncmp(text, here, n);
        c = c ? c : -(here[n] != 0);
        if (!c)
            return &s->at[middle];
        if (c > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int32_t symbols_id(const ink_symbols *s, const char *text)
{
    const symbol *found = symbols_find(s, text, strlen(text));
    return found ? found->ids[0] : -1;
}

static ink_status symbols_bad(const char *source, const char *key, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s: the symbol \"%.40s\" has an id that is no number from 0 to 1000000", source, key);
}

/* {symbol: id} or {symbol: [ids]}. */
static ink_status symbols_map(ink_symbols *s, const ink_json *map, const char *source, ink_err *err)
{
    const char *key;
    const ink_json *v;
    for (void *it = NULL; (it = ink_json_next(map, it, &key, &v));) {
        int32_t ids[SYMBOL_IDS] = { 0 };
        const size_t n = ink_json_kind(v) == INK_JSON_ARRAY ? ink_json_size(v) : 1;
        for (size_t i = 0; i < n && i < SYMBOL_IDS; i++) {
            const int64_t id = ink_json_integer(ink_json_kind(v) == INK_JSON_ARRAY ? ink_json_at(v, i) : v, -1);
            if (id < 0 || id > 1000000)
                return symbols_bad(source, key, err);
            ids[i] = (int32_t)id;
        }
        INK_TRY(symbols_add(s, key, strlen(key), ids, n, err));
    }
    return INK_OK;
}

/* A text of which each character is a symbol, numbered from *id on. */
static ink_status symbols_text(ink_symbols *s, const ink_json *v, int32_t *id, ink_err *err)
{
    size_t n = 0;
    const char *text = ink_json_text(v, &n);
    for (const char *at = text, *end = text + n; text && at < end; (*id)++) {
        const char *from = at;
        ink_utf8_next(&at, end);
        INK_TRY(symbols_add(s, from, (size_t)(at - from), id, 1, err));
    }
    return INK_OK;
}

/* ["_", "a", …], or one text. */
static ink_status symbols_list(ink_symbols *s, const ink_json *list, ink_err *err)
{
    size_t n = 0;
    int32_t id = 0;
    INK_TRY(symbols_text(s, list, &id, err));
    for (size_t i = 0; i < ink_json_size(list); i++, id++) {
        const char *one = ink_json_text(ink_json_at(list, i), &n);
        INK_TRY(one ? symbols_add(s, one, n, &id, 1, err) : INK_OK);
    }
    return INK_OK;
}

static void symbols_set(char *to, size_t size, const char *from, size_t n)
{
    n = n < size - 1 ? n : size - 1;
    memcpy(to, from, n);
    to[n] = 0;
}

/* piper: "cmn" is Chinese for it too. */
static void symbols_language(ink_symbols *s, const char *name)
{
    static const ink_say_pair languages[] = { { "cmn", "zh" }, { "zh", "zh" }, { "en", "en" }, { "eng", "en" }, { "ja", "ja" }, { "jpn", "ja" }, { NULL, NULL } };
    const size_t n = strcspn(name, "-_");
    const char *own = ink_say_find(languages, name, n, true);
    symbols_set(s->lang, sizeof s->lang, own ? own : name, own ? strlen(own) : n);
}

static ink_status symbols_piper(ink_symbols *s, const ink_json *root, const char *source, ink_err *err)
{
    const char *type = ink_json_string(ink_json_get(root, "phoneme_type"), "espeak");
    const char *voice = ink_json_string(ink_json_get(ink_json_get(root, "espeak"), "voice"), "");
    const char *code = ink_json_string(ink_json_get(ink_json_get(root, "language"), "code"), voice);
    INK_TRY(symbols_map(s, ink_json_get(root, "phoneme_id_map"), source, err));
    symbols_set(s->espeak, sizeof s->espeak, voice, strlen(voice));
    symbols_language(s, code);
    s->groups = !strcmp(type, "pinyin");
    s->style = s->groups ? INK_STYLE_PINYIN : !strcmp(type, "text") ? INK_STYLE_TEXT : INK_STYLE_IPA;
    s->sandhi = true;
    symbols_sort(s);
    s->begin = symbols_id(s, "^");
    s->end = symbols_id(s, "$");
    s->blank = symbols_id(s, "_");
    s->blanks = s->blank >= 0;
    return INK_OK;
}

static void symbols_cleaner(ink_symbols *s, const char *name)
{
    const cleaner *c = cleaners;
    while (c->name && strcmp(c->name, name))
        c++;
    if (!c->name)
        c = &cleaners[7 + 1]; /* unknown: the letters themselves */
    s->style = c->style;
    s->sandhi = c->sandhi;
    symbols_set(s->lang, sizeof s->lang, c->lang, strlen(c->lang));
}

/* The symbols of the original implementation, which stand in its code and not in its settings (Kim et al.'s text/symbols.py). */
static const char symbols_original[] = "_;:,.!?¡¿—…\"«»“” ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃ"
                                       "ˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'\xcc\xa9'ᵻ";

static ink_status symbols_vits(ink_symbols *s, const ink_json *root, ink_err *err)
{
    const ink_json *data = ink_json_get(root, "data"), *list = ink_json_get(root, "symbols");
    ink_json *own = list ? NULL : ink_json_new_text(symbols_original, sizeof symbols_original - 1);
    ink_status status = symbols_list(s, list ? list : own, err);
    ink_json_free(own);
    INK_TRY(status);
    symbols_cleaner(s, ink_json_string(ink_json_at(ink_json_get(data, "text_cleaners"), 0), ""));
    symbols_order(s);
    s->blanks = ink_json_bool(ink_json_get(data, "add_blank"), 1);
    return INK_OK;
}

/* A vocabulary alone, or Hugging Face's with the settings of its tokenizer: phonemes of espeak's, or letters. */
static ink_status symbols_vocab(ink_symbols *s, const ink_json *root, const char *source, ink_err *err)
{
    const ink_json *vocab = ink_json_get(root, "vocab"), *how = ink_json_get(root, "tokenizer");
    INK_TRY(symbols_map(s, vocab ? vocab : root, source, err));
    symbols_language(s, ink_json_string(ink_json_get(how, "language"), ""));
    s->style = ink_json_bool(ink_json_get(how, "phonemize"), 0) ? INK_STYLE_IPA : INK_STYLE_TEXT;
    s->sandhi = true;
    s->blanks = ink_json_bool(ink_json_get(how, "add_blank"), 1);
    symbols_sort(s);
    return INK_OK;
}

/* coqui: a pad, marks, letters, letters of phonemes, a blank. */
static ink_status symbols_coqui(ink_symbols *s, const ink_json *root, ink_err *err)
{
    static const char *const groups[] = { "pad", "punctuations", "characters", "phonemes" };
    const ink_json *characters = ink_json_get(root, "characters");
    const char *lang = ink_json_string(ink_json_get(root, "phoneme_language"), "");
    int32_t id = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        INK_TRY(symbols_text(s, ink_json_get(characters, groups[i]), &id, err));
    symbols_language(s, lang);
    symbols_set(s->espeak, sizeof s->espeak, lang, strlen(lang));
    s->style = ink_json_bool(ink_json_get(root, "use_phonemes"), 0) ? INK_STYLE_IPA : INK_STYLE_TEXT;
    s->sandhi = true;
    s->blank = id;
    s->blanks = ink_json_bool(ink_json_get(root, "add_blank"), 1);
    symbols_order(s);
    return INK_OK;
}

static ink_status symbols_read(ink_symbols *s, const ink_json *root, const char *source, ink_err *err)
{
    const ink_json *map = ink_json_get(root, "phoneme_id_map"), *list = ink_json_get(root, "symbols");
    const bool vits = list || ink_json_size(ink_json_get(ink_json_get(root, "data"), "text_cleaners"));
    const bool coqui = ink_json_kind(ink_json_get(root, "characters")) == INK_JSON_OBJECT;
    ink_status status = map ? symbols_piper(s, root, source, err) : vits ? symbols_vits(s, root, err) : coqui ? symbols_coqui(s, root, err) : symbols_vocab(s, root, source, err);
    if (!status && !s->count)
        return ink_fail(err, INK_E_FORMAT, "%s names no symbols: neither phoneme_id_map nor symbols nor a vocabulary is there", source);
    return status;
}

ink_status ink_symbols_make(const char *json, size_t n, const char *source, ink_symbols **out, ink_err *err)
{
    ink_json *root;
    INK_TRY(ink_json_parse(json, n, source, &root, err));
    ink_symbols *s = calloc(1, sizeof *s);
    if (!s) {
        ink_json_free(root);
        return ink_fail(err, INK_E_MEMORY, "no memory for the symbols of %s", source);
    }
    s->begin = s->end = -1;
    ink_status status = symbols_read(s, root, source, err);
    ink_json_free(root);
    if (status)
        ink_symbols_free(s);
    else
        *out = s;
    return status;
}

void ink_symbols_free(ink_symbols *s)
{
    if (!s)
        return;
    free(s->at);
    free(s);
}

const char *ink_symbols_lang(const ink_symbols *s)
{
    return s->lang;
}

const char *ink_symbols_style(const ink_symbols *s)
{
    return ink_style_names[s->style];
}

const char *ink_symbols_espeak(const ink_symbols *s)
{
    return s->espeak;
}

size_t ink_symbols_size(const ink_symbols *s)
{
    return s->size;
}

bool ink_symbols_sandhi(const ink_symbols *s)
{
    return s->sandhi;
}

/* ---- ids ---- */

typedef struct ids_run {
    const ink_symbols *s;
    ink_ids *ids, *words;
    ink_uttering warn;
    bool any; /* a symbol has been put */
    ink_err *err;
} ids_run;

static ink_status ids_put(ids_run *r, int32_t id, int32_t word)
{
    INK_TRY(ink_ids_add(r->ids, id, r->err));
    return r->words ? ink_ids_add(r->words, word, r->err) : INK_OK;
}

static bool ids_ends_group(const symbol *found)
{
    const unsigned char c = (unsigned char)found->text[0];
    return !found->text[1] && c < 0x80 && strchr("12345,.;:?! ", c);
}

static ink_status ids_symbol(ids_run *r, const symbol *found, int32_t word)
{
    for (size_t i = 0; i < found->count; i++)
        INK_TRY(ids_put(r, found->ids[i], word));
    r->any = true;
    return r->s->blanks && (!r->s->groups || ids_ends_group(found)) ? ids_put(r, r->s->blank, word) : INK_OK;
}

/* What comes near a symbol that a voice lacks. */
static const ink_say_pair ids_near[] = {
    { "ɜ", "ə" }, { "ɐ", "ə" }, { "ɚ", "ə" }, { "ᵻ", "ɪ" }, { "ʌ", "ə" }, { "ɡ", "g" }, { "g", "ɡ" }, { "ɾ", "t" }, { "ʔ", "t" }, { "v", "ü" }, { "ɑ", "a" },
    { "ɔ", "o" }, { "ɫ", "l" }, { "ɹ", "r" }, { "ɻ", "ɹ" }, { "…", "." }, { ";", "," }, { ":", "," }, { NULL, NULL },
};

static const symbol *ids_instead(ids_run *r, const char *text, size_t n)
{
    const char *near = ink_say_find(ids_near, text, n, false);
    const symbol *found = near ? symbols_find(r->s, near, strlen(near)) : NULL;
    if (found)
        ink_utter_warn(&r->warn, "the voice lacks the symbol \"%.*s\"; \"%s\" takes its place", (int)n, text, near);
    return found;
}

/* The longest symbol that the text begins with; NULL, and a warning, where there is none. *at moves on. */
static const symbol *ids_next(ids_run *r, const char **at, const char *end)
{
    size_t n = (size_t)(end - *at) < r->s->longest ? (size_t)(end - *at) : r->s->longest;
    for (; n; n--) {
        const symbol *found = symbols_find(r->s, *at, n);
        if (found) {
            *at += n;
            return found;
        }
    }
    const char *from = *at;
    const uint32_t c = ink_utf8_next(at, end);
    const symbol *instead = ids_instead(r, from, (size_t)(*at - from));
    if (instead)
        return instead;
    ink_utter_warn(&r->warn, "the voice lacks the symbol \"%.*s\" (U+%04X); it is left out", (int)(*at - from), from, (unsigned)c);
    return NULL;
}

static ink_status ids_text(ids_run *r, const char *text, size_t n, int32_t word)
{
    for (const char *at = text, *end = text + n; at < end;) {
        const symbol *found = ids_next(r, &at, end);
        if (found)
            INK_TRY(ids_symbol(r, found, word));
    }
    return INK_OK;
}

static ink_status ids_word(ids_run *r, const ink_word *w, int32_t word)
{
    ink_buf apart;
    ink_buf_init(&apart, 0);
    const symbol *space = w->blank && !r->s->groups ? symbols_find(r->s, " ", 1) : NULL;
    INK_TRY(space ? ids_symbol(r, space, word ? word - 1 : word) : INK_OK);
    if (r->s->style == INK_STYLE_IPA && !ink_unicode_normal(w->phonemes, strlen(w->phonemes), false, false, &apart))
        ink_buf_reset(&apart);
    ink_status status = apart.len ? ids_text(r, apart.data, apart.len, word) : ids_text(r, w->phonemes, strlen(w->phonemes), word);
    ink_buf_clear(&apart);
    return status;
}

ink_status ink_symbols_ids(const ink_symbols *s, ink_phonemes *p, ink_ids *ids, ink_ids *words, ink_err *err)
{
    ids_run r = { .s = s, .ids = ids, .words = words, .warn = { .out = p }, .err = err };
    if (s->begin >= 0)
        INK_TRY(ids_put(&r, s->begin, -1));
    if (s->blanks && !s->groups)
        INK_TRY(ids_put(&r, s->blank, -1));
    for (size_t i = 0; i < p->count; i++)
        INK_TRY(ids_word(&r, &p->words[i], (int32_t)i));
    if (s->end >= 0)
        INK_TRY(ids_put(&r, s->end, -1));
    return r.warn.failed ? ink_fail(err, INK_E_MEMORY, "no memory for the warnings of a text") : INK_OK;
}
