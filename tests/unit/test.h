/* cmocka with the headers that it wants before it. */
#ifndef INK_TEST_H
#define INK_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ink/err.h>

/* The call must succeed; otherwise its sentence is shown. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        if ((call) != INK_OK)                                                                      \
            fail_msg("%s: %s", #call, err.text);                                                   \
    } while (0)

/* The folder of shared reference data, or NULL: tests that need it then skip(). */
static inline const char *test_shared(void)
{
    const char *path = getenv("INK_SHARED");
    return path && *path ? path : NULL;
}
#endif
