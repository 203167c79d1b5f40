/* Any bytes as the pickle of a checkpoint: a zip file is put around them, with one storage. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

enum { HEAD = 30, ENTRY = 46, END = 22, NAME = 10, STORAGE = 64 };

static void put(uint8_t *at, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A member's head at `at`, and its entry in the list. */
static void put_member(uint8_t *file, size_t at, uint8_t *entry, const char name[NAME], size_t size)
{
    memcpy(file + at, "PK\3\4", 4);
    put(file + at + 26, 2, NAME);
    memcpy(file + at + HEAD, name, NAME);
    memcpy(entry, "PK\1\2", 4);
    put(entry + 20, 4, size);
    put(entry + 24, 4, size);
    put(entry + 28, 2, NAME);
    put(entry + 42, 4, at);
    memcpy(entry + ENTRY, name, NAME);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t second = HEAD + NAME + size, list = second + HEAD + NAME + STORAGE, end = list + 2 * (ENTRY + NAME);
    if (size > 1 << 16)
        return 0;
    uint8_t *file = calloc(1, end + END);
    fuzz_need(file != NULL);
    put_member(file, 0, file + list, "a/data.pkl", size);
    memcpy(file + HEAD + NAME, data, size);
    put_member(file, second, file + list + ENTRY + NAME, "a/data/000", STORAGE);
    memcpy(file + end, "PK\5\6", 4);
    put(file + end + 10, 2, 2);
    put(file + end + 16, 4, list);
    fuzz_weights(file, end + END);
    free(file);
    return 0;
}
