/* n-gram models under the commands that all models have. */
#ifndef CLI_NGRAM_H
#define CLI_NGRAM_H

#include "cli.h"

bool cli_is_ngram(const char *model); /* whether this is an ARPA file */
/* Scores a file (or NULL), and goes on with a prompt by so many words; seed below 0: by chance. */
ink_status cli_ngram_ask(const char *model, const char *file, const char *prompt, int64_t words, int64_t seed, bool json, ink_err *err);

#endif
