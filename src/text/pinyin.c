/* Readings: a word's from the phrase dictionary, else of each character the usual one; characters of several readings are judged
   by a linear model over their neighbours (share/lexicons/zh_train.py says how it learned). */
#include "text/pinyin.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

static uint16_t reading_usual(uint32_t point)
{
    if (point == 0x3007)
        return ink_pinyin_find("ling2", 5);
    return point >= INK_HAN_FIRST && point <= INK_HAN_LAST ? ink_han_readings[point - INK_HAN_FIRST] : 0;
}

uint16_t ink_pinyin_find(const char *name, size_t n)
{
    if (n < 2 || name[n - 1] < '1' || name[n - 1] > '5')
        return 0;
    size_t low = 0, high = ink_han.names;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const char *here = ink_pinyin_names[middle];
        int c = strncmp(name, here, n - 1);
        c = c ? c : -(here[n - 1] != 0);
        if (!c)
            return (uint16_t)(5 * middle + (size_t)(name[n - 1] - '0'));
        if (c > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* "ni3 hao3" for two characters. Whether all could be taken. */
static bool reading_own(const char *said, ink_han_char *chars, size_t count)
{
    size_t i = 0;
    for (; *said && i < count; i++) {
        const size_t n = strcspn(said, " ");
        chars[i].reading = ink_pinyin_find(said, n);
        chars[i].sure = true;
        said += n + strspn(said + n, " ");
    }
    return i == count && !*said;
}

static void reading_word(const char *text, ink_han_char *chars, size_t count, const ink_own_lexicon *own)
{
    const size_t n = chars[count].at - chars[0].at;
    const char *said = ink_own_lexicon_find(own, text + chars[0].at, n);
    const unsigned char *slot = ink_han_word(text + chars[0].at, n);
    const uint32_t at = slot ? slot[1] | (uint32_t)slot[2] << 8 | (uint32_t)slot[3] << 16 : 0;
    if (said && reading_own(said, chars, count))
        return;
    for (size_t i = 0; i < count; i++) {
        chars[i].reading = at > 1 ? ink_han_said[at - 2 + i] : reading_usual(chars[i].point);
        chars[i].sure = at > 0;
    }
}

/* Where the character's labels begin and end. */
static size_t reading_labels(uint32_t point, size_t *end)
{
    size_t low = 0, high = ink_han.options;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ink_han_options[2 * middle] < point)
            low = middle + 1;
        else
            high = middle;
    }
    const bool there = low < ink_han.options && ink_han_options[2 * low] == point;
    *end = there ? ink_han_options[2 * low + 3] : 0;
    return there ? ink_han_options[2 * low + 1] : 0;
}

enum { READING_FEATURES = 9 };

/* What each feature looks at: places relative to the character; the last looks at its word. */
static const signed char reading_looks[READING_FEATURES][2] = { { 0, 0 }, { -1, 0 }, { 1, 0 }, { -2, -1 }, { 1, 2 }, { -1, 1 }, { -2, 0 }, { 2, 0 }, { 0, 0 } };

typedef struct reading_place {
    const char *text;
    const ink_han_char *chars;
    size_t count, at, begin, end; /* the word is [begin, end) */
} reading_place;

static uint64_t reading_look(const reading_place *p, int by, uint64_t h)
{
    const ptrdiff_t i = (ptrdiff_t)p->at + by;
    if (i < 0 || i >= (ptrdiff_t)p->count)
        return ink_han_hash("#", 1, h);
    return ink_han_hash(p->text + p->chars[i].at, p->chars[i + 1].at - p->chars[i].at, h);
}

static int32_t reading_weight(const reading_place *p, int feature, char label)
{
    uint64_t h = ink_han_hash(p->text + p->chars[p->at].at, p->chars[p->at + 1].at - p->chars[p->at].at, INK_HAN_HASH);
    h = ink_han_hash((const char[]){ label, (char)('0' + feature) }, 2, h);
    for (int k = 0; k < 2; k++)
        if (reading_looks[feature][k])
            h = reading_look(p, reading_looks[feature][k], h);
    if (feature == READING_FEATURES - 1 && p->end - p->begin > 1)
        h = ink_han_hash(p->text + p->chars[p->begin].at, p->chars[p->end].at - p->chars[p->begin].at, h);
    const unsigned char *slot = ink_han_slot(ink_han_weights, ink_han.weights, 5, h);
    return slot ? (signed char)slot[0] : 0;
}

/* Of the readings that a character may have, the one with the greatest weight. */
static uint16_t reading_judge(const reading_place *p)
{
    const ink_han_char *c = &p->chars[p->at];
    size_t end;
    const size_t first = reading_labels(c->point, &end);
    uint16_t best = c->reading;
    bool listed = false;
    for (size_t l = first; l < end; l++)
        listed = listed || ink_han_labels[l] == c->reading;
    int32_t most = listed ? INT32_MIN : ink_han.trust[c->sure];
    for (size_t l = first; l < end; l++) {
        int32_t sum = ink_han_labels[l] == c->reading ? ink_han.trust[c->sure] : 0;
        for (int f = 0; f < READING_FEATURES; f++)
            sum += reading_weight(p, f, (char)('0' + (l - first)));
        if (sum > most) {
            most = sum;
            best = ink_han_labels[l];
        }
    }
    return best;
}

static size_t word_end(const ink_han_char *chars, size_t count, size_t at)
{
    do
        at++;
    while (at < count && !chars[at].begins);
    return at;
}

void ink_han_read(const char *text, ink_han_char *chars, size_t count, const ink_own_lexicon *own)
{
    for (size_t i = 0, end; i < count; i = end) {
        end = word_end(chars, count, i);
        reading_word(text, chars + i, end - i, own);
    }
    for (size_t i = 0, end; i < count; i = end) {
        end = word_end(chars, count, i);
        const bool mine = ink_own_lexicon_find(own, text + chars[i].at, chars[end].at - chars[i].at);
        for (size_t k = i; k < end && !mine; k++)
            chars[k].reading = reading_judge(&(reading_place){ text, chars, count, k, i, end });
    }
    for (size_t i = 0; i < count; i++)
        chars[i].tone = chars[i].reading ? (uint8_t)((chars[i].reading - 1) % 5 + 1) : 0;
}
