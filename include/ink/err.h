/* ink/err.h: how calls fail. Every call that can fail returns an ink_status and writes one sentence into the
   caller's ink_err: what happened, where, and what to do. Input faults return; programmer faults assert.
   The library never prints, exits or aborts on input. An ink_err belongs to one thread. */
#ifndef INK_ERR_H
#define INK_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

#define INK_API __attribute__((visibility("default")))

typedef enum ink_status {
    INK_OK = 0,
    INK_E_IO,          /* a file, pipe or socket failed */
    INK_E_FORMAT,      /* input is damaged or not what it claims to be */
    INK_E_LIMIT,       /* input is well formed but beyond a stated limit */
    INK_E_MEMORY,      /* memory refused */
    INK_E_ARGUMENT,    /* a setting is out of range or contradicts another */
    INK_E_NOT_FOUND,   /* a name, file or key does not exist */
    INK_E_UNSUPPORTED, /* known, but not done by this build or this machine */
    INK_E_STOPPED,     /* the caller asked to stop; work done so far is kept */
    INK_E_BUSY,        /* no room for now: the same call may succeed later */
} ink_status;

typedef struct ink_err {
    ink_status status;
    char text[768]; /* one sentence, UTF-8, no newline at the end */
} ink_err;

/* Fills err (which may be NULL) and returns status, so that `return ink_fail(...)` reads well. */
INK_API ink_status ink_fail(ink_err *err, ink_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forwards a failure unchanged: the callee has already written the sentence. */
#define INK_TRY(call)                                                                              \
    do {                                                                                           \
        ink_status ink_try_status = (call);                                                        \
        if (ink_try_status != INK_OK)                                                              \
            return ink_try_status;                                                                 \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
