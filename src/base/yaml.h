/* YAML through libyaml, behind names of our own: the library appears in yaml.c alone. Only what settings need: one mapping of
   names to texts; a list of texts is handed out as one text, its parts joined by commas, or one by one for the keys that want it so. */
#ifndef INK_BASE_YAML_H
#define INK_BASE_YAML_H

#include "base/buf.h"

typedef ink_status ink_yaml_pair(void *user, const char *key, const char *value, size_t line, ink_err *err);
typedef bool ink_yaml_each(void *user, const char *key); /* whether a list under this key is handed out one by one */
ink_status ink_yaml_read(const char *path, ink_yaml_pair *pair, ink_yaml_each *each, void *user, ink_err *err); /* each NULL: none is */

#endif
