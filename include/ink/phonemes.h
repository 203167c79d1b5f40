/* ink/phonemes.h: text made ready to be spoken. Numbers, dates, money and abbreviations become words (ink_spoken); words
   become phonemes (ink_phonemize); phonemes become the ids of a voice (ink_symbols). English, Chinese, and Japanese written
   in kana. Texts are UTF-8; what is not becomes U+FFFD and is named in a warning. Nothing is left out without a warning.
   Everything here is linear in the length of the text, which may be at most 64 MiB. */
#ifndef INK_PHONEMES_H
#define INK_PHONEMES_H

#include <ink/tokenizer.h>

/* ---- numbers and signs as words ---- */

typedef struct ink_spoken { /* owned by whoever declared it; start as { 0 } */
    char *text;             /* NUL-terminated */
    size_t size;
    struct ink_spoken_part { /* in order; together they cover the text */
        size_t at, size;     /* bytes of `text` */
        size_t from, length; /* bytes of the source that they stand for */
        bool same;           /* copied from there byte for byte */
    } *parts;
    size_t count;
} ink_spoken;
INK_API void ink_spoken_clear(ink_spoken *s); /* frees */

/* lang: "en", "zh" or "ja" (which has no numbers yet and comes back as it is). A line break stays one. */
INK_API ink_status ink_spoken_make(const char *lang, const char *text, size_t n, ink_spoken *out, ink_err *err);

/* ---- the symbols of a voice ---- */

typedef struct ink_symbols ink_symbols; /* immutable: any number of threads may use it */

/* From a voice's configuration: piper's JSON (phoneme_id_map), the config.json of VITS and its descendants (symbols,
   data.text_cleaners, data.add_blank), or a vocabulary {symbol: id}. `source` names it in sentences.
   The configuration also says which language, which way of writing phonemes and which sandhi the voice was taught. */
INK_API ink_status ink_symbols_make(const char *json, size_t n, const char *source, ink_symbols **out, ink_err *err);
INK_API void ink_symbols_free(ink_symbols *s);                /* NULL is fine */
INK_API const char *ink_symbols_lang(const ink_symbols *s);   /* "en", "zh" or "ja"; "" when it does not say; another's code for espeak */
INK_API const char *ink_symbols_style(const ink_symbols *s);  /* a name of ink_phoneme_options.style */
INK_API const char *ink_symbols_espeak(const ink_symbols *s); /* the espeak voice it was taught with, such as "en-us"; "" when none */
INK_API size_t ink_symbols_size(const ink_symbols *s);        /* the greatest id, plus one */

/* ---- phonemes ---- */

typedef struct ink_phonemizer ink_phonemizer; /* immutable once opened: any number of threads may use it; with espeak they take turns */

typedef struct ink_phoneme_options {
    const char *lang;           /* "en", "zh", "ja"; with espeak any of its voices; NULL: the symbols' language, else "en" */
    const char *phonemizer;     /* "own" (NULL), or "espeak": espeak-ng, loaded now, INK_E_NOT_FOUND where it is not installed */
    const char *style;          /* NULL: the symbols' own, else "ipa" ("pinyin" for Chinese).
                                   "ipa": as espeak's American English and piper's voices write it, stress marks before vowels;
                                   "pinyin": initial, final, tone (1 to 5) one after the other;
                                   "bopomofo": letters and tone marks ˉ ˊ ˇ ˋ ˙, as chinese_cleaners;
                                   "bopomofo-ipa": as cjke_cleaners2 and its kin, tones → ↑ ↓↑ ↓;
                                   "text": the letters themselves, lower case, for voices that read them */
    const char *lexicon;        /* a file of lines WORD<tab>PHONEMES that goes before all dictionaries; # begins a comment; NULL: none.
                                   Chinese words take pinyin with tone digits, one syllable after another, parted by blanks */
    const ink_symbols *symbols; /* the voice, or NULL; borrowed */
    int sandhi;                 /* 1: tone sandhi, -1: none, 0: as the voice was taught */
    bool raw;                   /* the text is spoken form already: numbers are not made into words */
} ink_phoneme_options;

INK_API ink_status ink_phonemizer_open(const ink_phoneme_options *options, ink_phonemizer **out, ink_err *err);
INK_API void ink_phonemizer_close(ink_phonemizer *p); /* NULL is fine */

typedef struct ink_word {
    size_t at, size;      /* bytes of the source text that it came from; several words of one number share them */
    const char *text;     /* as it was spoken ("twelve"); NUL-terminated, as is: */
    const char *phonemes; /* in the style asked for; of a mark: the mark itself, such as "," */
    bool mark;            /* punctuation, heard as a pause: , . ; : ? ! and, folded to those, that of other scripts */
    bool blank;           /* a blank stands before it */
} ink_word;

typedef struct ink_phonemes { /* owned by whoever declared it; start as { 0 } */
    ink_word *words;
    size_t count;
    const char **warnings; /* sentences, each once: words spelled out, characters that cannot be spoken, symbols that the voice lacks */
    size_t warning_count;
    size_t warnings_left; /* beyond the first 64, which are kept */
    struct ink_arena *memory;
} ink_phonemes;
INK_API void ink_phonemes_clear(ink_phonemes *p); /* frees */

/* Read in the text: [[phonemes]] taken as they stand; [ZH]…[ZH] [EN]…[EN] [JA]…[JA] for a stretch of another language (as of
   its own, where numbers and all else are read in it). A run of Chinese inside English, or the other way, is given to that
   language by itself. */
INK_API ink_status ink_phonemize(const ink_phonemizer *p, const char *text, size_t n, ink_phonemes *out, ink_err *err);

/* The words in one line: blanks and marks where they stand. malloc'd, NUL-terminated, the caller's to free. */
INK_API ink_status ink_phonemes_text(const ink_phonemes *p, char **out, ink_err *err);

/* Appends the ids of these words as the voice wants them, with its beginning, end and blanks between; `words` (may be NULL)
   receives for each id the word it belongs to, or -1 (a blank id belongs to the word before it). A symbol that the voice
   lacks is left out, and the phonemes' warnings name it. */
INK_API ink_status ink_symbols_ids(const ink_symbols *s, ink_phonemes *p, ink_ids *ids, ink_ids *words, ink_err *err);

#endif
