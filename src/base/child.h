/* Another program, run to its end with its output kept. */
#ifndef INK_BASE_CHILD_H
#define INK_BASE_CHILD_H

#include "base/buf.h"

typedef struct ink_child {
    char *const *argv;           /* found along PATH */
    ink_buf *out;                /* what it writes to stdout and stderr, the end of it when there is much; may be NULL */
    bool (*step)(void *user);    /* asked about five times a second; false ends the program; may be NULL */
    void *user;
} ink_child;

/* *code: its exit status, or -1 when a signal ended it. INK_E_NOT_FOUND when there is no such program. */
ink_status ink_child_run(const ink_child *child, int *code, ink_err *err);

#endif
