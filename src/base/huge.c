/* Large stretches of memory in 2 MiB pages. */
#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "base/count.h"
#include "base/huge.h"

#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

ink_status ink_huge_new(size_t bytes, const char *what, ink_huge *out, ink_err *err)
{
    *out = (ink_huge){ 0 };
    size_t rounded, mapped;
    if (__builtin_add_overflow(bytes, HUGE_PAGE - 1, &rounded) || __builtin_add_overflow(rounded / HUGE_PAGE * HUGE_PAGE, (size_t)HUGE_PAGE, &mapped))
        return ink_fail(err, INK_E_LIMIT, "%zu bytes for %s are more than can be addressed", bytes, what);
    void *m = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED)
        return ink_fail(err, INK_E_MEMORY, "the machine refuses %zu MB for %s", bytes >> 20, what);
    uintptr_t at = ink_round_up((uintptr_t)m, HUGE_PAGE);
    madvise((void *)at, mapped - HUGE_PAGE, MADV_HUGEPAGE); /* a wish: small pages work too */
    *out = (ink_huge){ .data = (uint8_t *)at, .bytes = bytes, .mapped = m, .mapped_bytes = mapped };
    return INK_OK;
}

void ink_huge_free(ink_huge *h)
{
    if (h->mapped)
        munmap(h->mapped, h->mapped_bytes);
    *h = (ink_huge){ 0 };
}
