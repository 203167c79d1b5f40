/* Words that are spelled alike and said otherwise by what they are: the word before tells, as far as one word can. */
#include "text/g2p.h"

#include <stdlib.h>
#include <string.h>

enum { AFTER_ANY, AFTER_TO = 1, AFTER_THE = 2, AFTER_HAS = 4 };

typedef struct heteronym {
    const char *word, *usual;
    unsigned after; /* behind such words it is said otherwise: */
    const char *other;
} heteronym;

/* In order, for the search. */
static const heteronym heteronyms[] = {
    { "abuse", "ɐbjˈuːs", AFTER_TO, "ɐbjˈuːz" }, { "bow", "bˈaʊ", AFTER_ANY, NULL }, { "bows", "bˈaʊz", AFTER_ANY, NULL },
    { "close", "klˈoʊs", AFTER_TO, "klˈoʊz" }, { "combine", "kəmbˈaɪn", AFTER_THE, "kˈɑːmbaɪn" }, { "conduct", "kəndˈʌkt", AFTER_THE, "kˈɑːndʌkt" },
    { "conflict", "kˈɑːnflɪkt", AFTER_TO, "kənflˈɪkt" }, { "content", "kˈɑːntɛnt", AFTER_HAS, "kəntˈɛnt" }, { "contest", "kˈɑːntɛst", AFTER_TO, "kəntˈɛst" },
    { "contract", "kˈɑːntɹækt", AFTER_TO, "kəntɹˈækt" }, { "convert", "kənvˈɜːt", AFTER_THE, "kˈɑːnvɜːt" }, { "convict", "kˈɑːnvɪkt", AFTER_TO, "kənvˈɪkt" },
    { "decrease", "dᵻkɹˈiːs", AFTER_THE, "dˈiːkɹiːs" }, { "desert", "dˈɛzɚt", AFTER_TO, "dᵻzˈɜːt" }, { "digest", "daɪdʒˈɛst", AFTER_THE, "dˈaɪdʒɛst" },
    { "does", "dˈʌz", AFTER_ANY, NULL }, { "estimate", "ˈɛstɪmət", AFTER_TO, "ˈɛstɪmˌeɪt" }, { "excuse", "ɛkskjˈuːs", AFTER_TO, "ɛkskjˈuːz" },
    { "export", "ˈɛkspoːɹt", AFTER_TO, "ɛkspˈoːɹt" }, { "extract", "ɛkstɹˈækt", AFTER_THE, "ˈɛkstɹækt" }, { "import", "ˈɪmpoːɹt", AFTER_TO, "ɪmpˈoːɹt" },
    { "increase", "ɪŋkɹˈiːs", AFTER_THE, "ˈɪŋkɹiːs" }, { "insult", "ˈɪnsʌlt", AFTER_TO, "ɪnsˈʌlt" }, { "lead", "lˈiːd", AFTER_ANY, NULL },
    { "live", "lˈɪv", AFTER_THE, "lˈaɪv" }, { "lives", "lˈɪvz", AFTER_THE, "lˈaɪvz" }, { "minute", "mˈɪnɪt", AFTER_ANY, NULL },
    { "object", "ˈɑːbdʒɛkt", AFTER_TO, "əbdʒˈɛkt" }, { "perfect", "pˈɜːfɛkt", AFTER_TO, "pɚfˈɛkt" }, { "permit", "pɚmˈɪt", AFTER_THE, "pˈɜːmɪt" },
    { "present", "pɹˈɛzənt", AFTER_TO, "pɹᵻzˈɛnt" }, { "produce", "pɹədˈuːs", AFTER_THE, "pɹˈoʊduːs" }, { "progress", "pɹˈɑːɡɹɛs", AFTER_TO, "pɹəɡɹˈɛs" },
    { "project", "pɹˈɑːdʒɛkt", AFTER_TO, "pɹədʒˈɛkt" }, { "protest", "pɹˈoʊtɛst", AFTER_TO, "pɹətˈɛst" }, { "read", "ɹˈiːd", AFTER_HAS, "ɹˈɛd" },
    { "rebel", "ɹˈɛbəl", AFTER_TO, "ɹᵻbˈɛl" }, { "record", "ɹˈɛkɚd", AFTER_TO, "ɹᵻkˈoːɹd" }, { "refuse", "ɹᵻfjˈuːz", AFTER_THE, "ɹˈɛfjuːs" },
    { "separate", "sˈɛpɹət", AFTER_TO, "sˈɛpɚɹˌeɪt" }, { "subject", "sˈʌbdʒɛkt", AFTER_TO, "səbdʒˈɛkt" }, { "suspect", "sʌspˈɛkt", AFTER_THE, "sˈʌspɛkt" },
    { "tear", "tˈɪɹ", AFTER_TO, "tˈɛɹ" }, { "tears", "tˈɪɹz", AFTER_ANY, NULL }, { "transfer", "tɹænsfˈɜː", AFTER_THE, "tɹˈænsfɜː" },
    { "use", "jˈuːz", AFTER_THE, "jˈuːs" }, { "wind", "wˈɪnd", AFTER_TO, "wˈaɪnd" }, { "wound", "wˈuːnd", AFTER_ANY, NULL },
};

typedef struct heteronym_cue {
    const char *word;
    unsigned after;
} heteronym_cue;

static const heteronym_cue heteronym_cues[] = {
    { "a", AFTER_THE }, { "an", AFTER_THE }, { "and", AFTER_ANY }, { "any", AFTER_THE }, { "are", AFTER_HAS }, { "be", AFTER_HAS }, { "been", AFTER_HAS },
    { "can", AFTER_TO }, { "cannot", AFTER_TO }, { "could", AFTER_TO }, { "did", AFTER_TO }, { "didn't", AFTER_TO }, { "do", AFTER_TO }, { "don't", AFTER_TO },
    { "had", AFTER_HAS }, { "has", AFTER_HAS }, { "have", AFTER_HAS }, { "he", AFTER_HAS }, { "her", AFTER_THE }, { "his", AFTER_THE }, { "i", AFTER_TO },
    { "in", AFTER_THE }, { "is", AFTER_HAS }, { "its", AFTER_THE }, { "let", AFTER_TO }, { "may", AFTER_TO }, { "might", AFTER_TO }, { "must", AFTER_TO },
    { "my", AFTER_THE }, { "no", AFTER_THE }, { "not", AFTER_TO }, { "of", AFTER_THE }, { "our", AFTER_THE }, { "she", AFTER_HAS }, { "should", AFTER_TO },
    { "some", AFTER_THE }, { "that", AFTER_THE }, { "the", AFTER_THE }, { "their", AFTER_THE }, { "these", AFTER_THE }, { "they", AFTER_TO }, { "this", AFTER_THE },
    { "to", AFTER_TO }, { "was", AFTER_HAS }, { "we", AFTER_TO }, { "were", AFTER_HAS }, { "will", AFTER_TO }, { "would", AFTER_TO }, { "you", AFTER_TO },
    { "your", AFTER_THE },
};

typedef struct heteronym_key {
    const char *word;
    size_t n;
} heteronym_key;

/* Both tables' entries begin with their word. */
static int heteronym_compare(const void *key, const void *entry)
{
    const heteronym_key *k = key;
    const char *word;
    memcpy(&word, entry, sizeof word);
    const int c = strncmp(k->word, word, k->n);
    return c ? c : -(word[k->n] != 0);
}

#define HETERONYM_FIND(table, word, n) bsearch(&(heteronym_key){ word, n }, table, sizeof table / sizeof *table, sizeof *table, heteronym_compare)

const char *ink_g2p_heteronym(const char *word, size_t n, const char *before, size_t m)
{
    const heteronym *h = HETERONYM_FIND(heteronyms, word, n);
    const heteronym_cue *cue = h && m ? HETERONYM_FIND(heteronym_cues, before, m) : NULL;
    return !h ? NULL : cue && cue->after & h->after ? h->other : h->usual;
}
