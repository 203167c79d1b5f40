/* Inside of an ink_sayer. */
#ifndef INK_GENERATE_SAY_H
#define INK_GENERATE_SAY_H

#include "generate/speaker.h"

#include <ink/say.h>

struct ink_sayer {
    ink_speaker *s;
    ink_say_options o;
    ink_on_sound *on;
    void *user;
    ink_said *out;
    double owed;     /* seconds of silence before the next sentence */
    double slower;
    size_t given;    /* bytes of text that came before the present one */
};

void ink_sayer_warn(ink_sayer *y, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
