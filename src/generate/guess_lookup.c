#include "generate/guess.h"

size_t ink_lookup_find(const int32_t *all, size_t count, size_t *length)
{
    size_t best = 0;
    *length = 0;
    for (size_t end = count - 1; end > 0 && *length < INK_LOOKUP_LONGEST; end--) { /* all[0, end) ends like the whole */
        size_t n = 0;
        while (n < end && n < INK_LOOKUP_LONGEST && all[end - 1 - n] == all[count - 1 - n])
            n++;
        if (n > *length) {
            *length = n;
            best = end;
        }
    }
    return best;
}
