/* ink/memory.h: how much memory there is. Control groups count: in a container, its limit is the machine. */
#ifndef INK_MEMORY_H
#define INK_MEMORY_H

#include <ink/err.h>
#include <stdint.h>

typedef struct ink_memory {
    uint64_t total, available; /* bytes; available: without swapping, page cache given back. 0: not known */
} ink_memory;
INK_API ink_memory ink_memory_read(void); /* thread-safe */

#endif
