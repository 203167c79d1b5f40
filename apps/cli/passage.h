/* A model from one file into another: `convert` and `quantize`. */
#ifndef CLI_PASSAGE_H
#define CLI_PASSAGE_H

#include "cli.h"

#include <ink/convert.h>

/* from: what -m takes elsewhere. */
ink_status cli_passage(const char *from, const char *to, ink_convert_options *how, bool json, ink_err *err);

#endif
