/* tokenize MODEL FILE ...: MB/s of ink_tokenize on one thread, best of nine runs, and the ids that came out, to compare.
   The peer's side is tokenize.py, which runs this program. */
#include <ink/tokenizer.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Processor time of this thread: other programs on the machine do not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    *n = text ? fread(text, 1, (size_t)size, f) : 0;
    fclose(f);
    return text;
}

/* {"file":…,"bytes":…,"seconds":…,"ids":…,"sum":…}: sum is of id times place, modulo 2^64. */
static ink_status measure(const ink_tokenizer *t, const char *path, ink_err *err)
{
    size_t n;
    char *text = read_file(path, &n);
    ink_ids ids = { 0 };
    double best = 1e9;
    unsigned long long sum = 0;
    if (!text)
        return ink_fail(err, INK_E_IO, "%s could not be read", path);
    for (int run = 0; run < 9; run++) {
        ids.count = 0;
        double start = now();
        INK_TRY(ink_tokenize(t, text, n, 0, &ids, err));
        double took = now() - start;
        best = took < best ? took : best;
    }
    for (size_t i = 0; i < ids.count; i++)
        sum += (unsigned long long)ids.at[i] * (i + 1);
    printf("{\"file\":\"%s\",\"bytes\":%zu,\"seconds\":%.6f,\"ids\":%zu,\"sum\":%llu}\n", path, n, best, ids.count, sum);
    ink_ids_clear(&ids);
    free(text);
    return INK_OK;
}

static ink_status run(int argc, char **argv, ink_err *err)
{
    ink_weights *w;
    ink_tokenizer *t;
    INK_TRY(ink_weights_open(argv[1], &w, err));
    double start = now();
    INK_TRY(ink_tokenizer_open(w, &t, err));
    printf("{\"opened\":%.6f}\n", now() - start);
    for (int i = 2; i < argc; i++)
        INK_TRY(measure(t, argv[i], err));
    ink_tokenizer_close(t);
    ink_weights_close(w);
    return INK_OK;
}

int main(int argc, char **argv)
{
    ink_err err;
    if (argc < 3 || run(argc, argv, &err)) {
        fprintf(stderr, "%s\n", argc < 3 ? "tokenize MODEL FILE ..." : err.text);
        return 1;
    }
    return 0;
}
