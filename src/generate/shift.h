/* A text that is longer than the context: its first tokens stay (attention sinks, Xiao et al. 2024, section 3.2), and of the others the oldest go,
   half of the room at a time. What stays is computed anew at the places that it has now, so an answer is what the model says of the tokens that
   stayed and of nothing else; which these are depends on the number of tokens alone. */
#ifndef INK_GENERATE_SHIFT_H
#define INK_GENERATE_SHIFT_H

#include "generate/answer.h"

/* Whether the options can be meant; sinks leave room for two tokens at least. */
ink_status ink_shift_check(const ink_generate_options *o, size_t context, ink_err *err);
/* Of so many tokens, how many after the first `sinks` are gone, so that the rest fits. */
size_t ink_shift_gone(size_t count, size_t context, size_t sinks);
/* Before a sequence that has computed all of all[0, count) but the last, as far as it stayed, goes on with that one: room, where there is none. */
ink_status ink_shift_room(ink_llm *llm, ink_seq *seq, const int32_t *all, size_t count, size_t sinks, ink_err *err);
/* What stays of ids[0, *count), malloc'd; *count: how many that are. */
ink_status ink_shift_keep(const int32_t *ids, size_t *count, size_t context, size_t sinks, int32_t **kept, ink_err *err);

#endif
