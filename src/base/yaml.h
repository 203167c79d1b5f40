/* YAML through libyaml, behind names of our own: the library appears in yaml.c alone. Only what settings need: one mapping of
   names to texts; a list of texts is handed out as one text, its parts joined by commas. */
#ifndef INK_BASE_YAML_H
#define INK_BASE_YAML_H

#include "base/buf.h"

typedef ink_status ink_yaml_pair(void *user, const char *key, const char *value, size_t line, ink_err *err);
ink_status ink_yaml_read(const char *path, ink_yaml_pair *pair, void *user, ink_err *err);

#endif
