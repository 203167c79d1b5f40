/* Where the layers look for it. */
#ifndef INK_BASE_BASE64_H
#define INK_BASE_BASE64_H

#include <ink/base64.h>

#endif
