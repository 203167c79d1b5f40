/* A text to speak, in each language and way of writing, to the ids of a voice; the first byte chooses. Places must lie in the text. */
#include "fuzz.h"
#include <ink/phonemes.h>

static ink_symbols *symbols(void)
{
    static const char json[] = "{\"phoneme_id_map\":{\"_\":[0],\"^\":[1],\"$\":[2],\" \":[3],\"a\":[4],\"i\":[5],\"\\u02c8\":[6],\"sh\":[7]},\"espeak\":{\"voice\":\"en-us\"}}";
    static ink_symbols *made;
    if (!made)
        (void)ink_symbols_make(json, sizeof json - 1, "fuzz", &made, NULL);
    return made;
}

static const ink_phonemizer *phonemizer(unsigned which)
{
    static const ink_phoneme_options all[] = {
        { .lang = "en" }, { .lang = "zh" }, { .lang = "ja" }, { .lang = "zh", .style = "bopomofo" }, { .lang = "zh", .style = "bopomofo-ipa" },
        { .lang = "en", .style = "text" }, { .lang = "en", .raw = true }, { .lang = "en", .style = "pinyin" },
    };
    static ink_phonemizer *made[8];
    if (!made[which])
        (void)ink_phonemizer_open(&all[which], &made[which], NULL);
    return made[which];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_phonemes p = { 0 };
    ink_ids ids = { 0 };
    if (!size || ink_phonemize(phonemizer(data[0] % 8), (const char *)data + 1, size - 1, &p, NULL))
        return 0;
    for (size_t i = 0; i < p.count; i++)
        fuzz_need(p.words[i].at <= size - 1 && p.words[i].size <= size - 1 - p.words[i].at && p.words[i].phonemes);
    (void)ink_symbols_ids(symbols(), &p, &ids, NULL, NULL);
    ink_ids_clear(&ids);
    ink_phonemes_clear(&p);
    return 0;
}
