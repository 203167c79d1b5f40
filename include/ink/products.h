/* ink/products.h: what a meter of matrix products counted. */
#ifndef INK_PRODUCTS_H
#define INK_PRODUCTS_H

typedef struct ink_products {
    double seconds;    /* thread-seconds spent in matrix products, divided by the threads */
    double operations; /* multiplications and additions in them */
} ink_products;

/* G op/s; 0 where nothing was measured. */
static inline double ink_products_rate(const ink_products *p) { return p->seconds > 0 ? p->operations / p->seconds / 1e9 : 0; }

#endif
