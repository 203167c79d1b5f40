#include "formats/format.h"
static bool st_probe(const uint8_t *head, size_t n) { (void)head, (void)n; return false; }
static ink_status st_open(const char *path, ink_weights **out, ink_err *err) { (void)out; return ink_fail(err, INK_E_UNSUPPORTED, "%s: soon", path); }
const ink_format ink_format_safetensors = { .name = "safetensors", .probe = st_probe, .open = st_open };
