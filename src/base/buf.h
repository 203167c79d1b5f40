/* Where the layers look for it. */
#ifndef INK_BASE_BUF_H
#define INK_BASE_BUF_H

#include <ink/buf.h>

#endif
