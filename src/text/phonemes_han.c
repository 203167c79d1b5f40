#include "text/phonemes.h"
void ink_utter_han(ink_utterance *u, const char *run, size_t n, ink_place *place, size_t from)
{
    (void)place; (void)from;
    ink_utter_warn(u, "\"%.*s\" cannot be spoken yet", (int)n, run);
}
