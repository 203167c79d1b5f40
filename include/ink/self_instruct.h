/* ink/self_instruct.h: an instruction set grown from seed tasks by a model that runs here (Wang et al. 2023, section 2, in the form of Taori
   et al. 2023): tasks drawn as examples, a new one written after them, and kept when it is long enough, complete, and unlike all others. */
#ifndef INK_SELF_INSTRUCT_H
#define INK_SELF_INSTRUCT_H

#include <ink/llm.h>

typedef struct ink_self_instruct_options {
    const char *seeds;       /* JSONL of {"instruction", "input", "output"}, or with "instances" as seed_tasks.jsonl has them */
    const char *out;         /* JSONL of the same, with "attempt"; what is there already is gone on with */
    size_t count;            /* rows that the file shall have */
    size_t examples;         /* tasks shown for each new one; 0: 3 */
    size_t most;             /* tokens of an answer; 0: 400 */
    double alike;            /* ROUGE-L from which an instruction is too much like another; 0: 0.7 */
    uint64_t seed;
    bool (*step)(void *user, size_t rows, size_t attempts); /* after each attempt; false stops with INK_E_STOPPED; may be NULL */
    void *user;
} ink_self_instruct_options;

typedef struct ink_self_instruct_report {
    size_t rows, attempts;
    size_t incomplete, alike; /* attempts that came to nothing, and why */
} ink_self_instruct_report;

/* Each row is in the file before the next is tried, so that a run that ended goes on as if it had not. After twenty attempts in vain, one
   after the other, it gives up: INK_E_LIMIT. */
INK_API ink_status ink_self_instruct(ink_llm *llm, const ink_self_instruct_options *o, ink_self_instruct_report *report, ink_err *err);
/* F of ROUGE-L (Lin 2004, section 3) over words without signs, any case. */
INK_API double ink_rouge_l(const char *a, const char *b);

#endif
