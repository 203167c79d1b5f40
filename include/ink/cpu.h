/* ink/cpu.h: what this processor offers, what this build knows, and what is used. */
#ifndef INK_CPU_H
#define INK_CPU_H

#include <ink/err.h>
#include <stdbool.h>

enum { INK_CPU_SETS = 4 };

typedef struct ink_cpu_set { /* instruction sets, weakest first */
    const char *name;        /* as INK_CPU spells it */
    bool built;              /* this build has kernels for it */
    bool has;                /* the processor and the system offer it */
    bool used;               /* built, offered, and not masked by INK_CPU */
} ink_cpu_set;

/* INK_E_UNSUPPORTED when INK_CPU names a set that the machine lacks, INK_E_ARGUMENT when it names none that exists. */
INK_API ink_status ink_cpu_sets(ink_cpu_set out[INK_CPU_SETS], ink_err *err);

#endif
