/* The steps of a normaliser that is a list of them (ink_normal_step). */
#ifndef INK_TEXT_NORMAL_STEPS_H
#define INK_TEXT_NORMAL_STEPS_H

#include "text/chars.h"
#include "text/charsmap.h"
#include "text/tokenizer.h"

/* Appends what the text becomes; out->failed when memory is refused. */
void ink_normal_step_apply(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out);

/* White space as Unicode has it (White_Space). */
static inline bool ink_is_white(ink_char c) { return c.class & INK_SPACE; }

#endif
