/* Between the two files that read safetensors: safetensors.c (one file) and safetensors_shards.c (many, by an index). */
#ifndef INK_FORMATS_SAFETENSORS_H
#define INK_FORMATS_SAFETENSORS_H

#include "base/json.h"
#include "formats/format.h"

/* Adds the tensors of one file; keep_meta: its __metadata__ too. */
ink_status st_read_file(ink_weights *w, const char *path, bool keep_meta, ink_err *err);
/* Adds the tensors of all the files that an index (…safetensors.index.json) names, and seals. */
ink_status st_read_shards(ink_weights *w, ink_err *err);
/* JSON of a size and shape that cannot take the machine's memory. */
ink_status st_parse(const char *text, size_t n, const char *path, ink_json **out, ink_err *err);

#endif
