/* ink/products.h: what a meter of matrix products counted. */
#ifndef INK_PRODUCTS_H
#define INK_PRODUCTS_H

typedef struct ink_products {
    double seconds;    /* thread-seconds spent in matrix products, divided by the threads */
    double operations; /* multiplications and additions in them */
} ink_products;

#endif
