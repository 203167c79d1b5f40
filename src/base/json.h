/* Where the layers look for it. */
#ifndef INK_BASE_JSON_H
#define INK_BASE_JSON_H

#include <ink/json.h>

#endif
