/* Weights: what is read of good files, and the sentence that each broken one gets. Files are written in words: 4:3 is a
   u32, 8:1 a u64, s:name a GGUF string, z:32 zeros, p:32 zeros up to a multiple of 32, anything else raw bytes. */
#include "test.h"
#include "base/file.h"
#include "base/path.h"

#include <ink/weights.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[4][128];
    static size_t next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

/* Without the fsync of ink_file_write: hundreds of files. */
static void put(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void add_word(ink_buf *b, const char *word, size_t n)
{
    const char *value = n > 2 && word[1] == ':' ? word + 2 : NULL;
    uint64_t v = value ? strtoull(value, NULL, 0) : 0;
    if (value && strchr("1248", *word))
        ink_buf_add(b, &v, (size_t)(*word - '0')); /* little-endian, as the machine is */
    else if (value && *word == 's') {
        uint64_t size = n - 2;
        ink_buf_add(b, &size, 8);
        ink_buf_add(b, value, n - 2);
    } else if (value && *word == 'z')
        for (; v; v--)
            ink_buf_char(b, 0);
    else if (value && *word == 'p')
        while (b->len % v)
            ink_buf_char(b, 0);
    else
        ink_buf_add(b, word, n);
}

static void write_words(const char *path, const char *words)
{
    ink_buf b;
    ink_buf_init(&b, 0);
    for (const char *w = words; *w; w += strspn(w, " ")) {
        size_t n = strcspn(w, " ");
        add_word(&b, w, n);
        w += n;
    }
    put(path, b.data ? b.data : "", b.len);
    ink_buf_clear(&b);
}

/* claimed: the length that the file gives its header; 0: the true one. */
static void write_safetensors(const char *path, const char *json, uint64_t claimed, size_t data)
{
    ink_buf b;
    uint64_t n = claimed ? claimed : strlen(json);
    ink_buf_init(&b, 0);
    ink_buf_add(&b, &n, 8);
    ink_buf_text(&b, json);
    for (size_t i = 0; i < data; i++)
        ink_buf_char(&b, (char)i);
    put(path, b.data, b.len);
    ink_buf_clear(&b);
}

/* ---- broken files, each with its own sentence ---- */

static void expect(const char *path, ink_status status, const char *sentence)
{
    ink_err err = { 0 };
    ink_weights *w = NULL;
    ink_status got = ink_weights_open(path, &w, &err);
    if (got != status || !strstr(err.text, sentence) || !strstr(err.text, folder) || strchr(err.text, '\n')) {
        ink_weights_close(got ? NULL : w);
        fail_msg("wanted status %d and \"%s\", got %d and \"%s\"", (int)status, sentence, (int)got, got ? err.text : "");
    }
}

#define G(tensors, pairs) "GGUF 4:3 8:" #tensors " 8:" #pairs " "
#define A "s:a 4:1 8:4 4:0 8:0 " /* a tensor of four F32 at the start of the data */
#define DATA "p:32 z:32 "

static const struct {
    const char *words;
    ink_status status;
    const char *sentence;
} broken_gguf[] = {
    { "", INK_E_FORMAT, "is empty" },
    { "GGU", INK_E_FORMAT, "is neither GGUF" },
    { "GGUF", INK_E_FORMAT, "the version at byte 4 wants 4 bytes" },
    { "GGUF 4:0 8:0 8:0", INK_E_UNSUPPORTED, "is GGUF version 0" },
    { "GGUF 4:1 4:0 4:0", INK_E_UNSUPPORTED, "is GGUF version 1, which" },
    { "GGUF 4:4 8:0 8:0", INK_E_UNSUPPORTED, "is GGUF version 4" },
    { "GGUF 4:0x03000000 8:0 8:0", INK_E_UNSUPPORTED, "big-endian" },
    { "GGUF 4:3 8:1", INK_E_FORMAT, "the number of metadata pairs at byte 16" },
    { "GGUF 4:3", INK_E_FORMAT, "the number of tensors at byte 8" },
    { G(1000000, 0) DATA, INK_E_FORMAT, "claims 1000000 tensors, more than" },
    { G(-1, 0) DATA, INK_E_FORMAT, "claims 18446744073709551615 tensors" },
    { G(0, 1000000) DATA, INK_E_FORMAT, "claims 1000000 metadata pairs, more than" },
    { G(0, 1) "8:99 z:32", INK_E_FORMAT, "a metadata key at byte 32 wants 99 bytes" },
    { G(0, 1) "8:-1 z:32", INK_E_FORMAT, "a metadata key at byte 32 wants 18446744073709551615 bytes" },
    { G(0, 1) "8:0 4:4 4:1 z:32", INK_E_FORMAT, "the metadata key at byte 24 is empty" },
    { G(0, 1) "8:3 a\x1b[ 4:4 4:1 z:32", INK_E_FORMAT, "holds control characters" },
    { G(0, 1) "s:key 4:13 z:32", INK_E_FORMAT, "the value of key has the type 13" },
    { G(0, 1) "s:key 4:8 8:100 z:32", INK_E_FORMAT, "key at byte 47 wants 100 bytes" },
    { G(0, 1) "s:key 4:8 8:0x7fffffffffffffff z:32", INK_E_FORMAT, "key at byte 47 wants 9223372036854775807 bytes" },
    { G(0, 1) "s:a-long-key 4:10 4:0", INK_E_FORMAT, "a-long-key at byte 46 wants 8 bytes" },
    { G(0, 1) "s:key 4:10 8:0x8000000000000000 z:9", INK_E_LIMIT, "key is 9223372036854775808; integers up to" },
    { G(0, 1) "s:key 4:7 1:2 z:9", INK_E_FORMAT, "key is neither true nor false but 2" },
    { G(0, 1) "s:key 4:9 4:9 8:1 4:4 8:0 z:32", INK_E_FORMAT, "arrays do not nest" },
    { G(0, 1) "s:key 4:9 4:77 8:1 z:32", INK_E_FORMAT, "holds elements of type 77" },
    { G(0, 1) "s:key 4:9 4:4 8:9 z:32", INK_E_FORMAT, "claims 9 elements, more than the rest" },
    { G(0, 1) "s:key 4:9 4:4 8:0x4000000000000001 z:32", INK_E_FORMAT, "claims 4611686018427387905 elements" },
    { G(0, 1) "s:key 4:9 4:8 8:0x2000000000000001 z:32", INK_E_FORMAT, "claims 2305843009213693953 elements" },
    { G(0, 1) "s:key 4:9 4:8 8:2 s:abc 8:100 z:32", INK_E_FORMAT, "text 1 of the array key runs past the end" },
    { G(0, 1) "s:key 4:9 4:8 8:2 8:-8 z:32", INK_E_FORMAT, "text 0 of the array key runs past the end" },
    { G(0, 1) "s:key 4:9 4:7 8:2 1:1 1:9 z:32", INK_E_FORMAT, "element 1 of key is neither true nor false but 9" },
    { G(0, 2) "s:key 4:4 4:1 s:key 4:4 4:1 z:32", INK_E_FORMAT, "the key key is there twice" },
    { G(0, 1) "s:general.alignment 4:4 4:24 z:32", INK_E_FORMAT, "the alignment 24 is no power of two" },
    { G(0, 1) "s:general.alignment 4:4 4:0 z:32", INK_E_FORMAT, "the alignment 0 is no power of two" },
    { G(0, 1) "s:general.alignment 4:4 4:0x80000000 z:32", INK_E_FORMAT, "the alignment 2147483648 is no power of two" },
    { G(0, 1) "s:general.alignment 4:8 s:32 z:32", INK_E_FORMAT, "general.alignment is not a whole number" },
    { G(0, 1) "s:general.alignment 4:5 4:-32 z:32", INK_E_FORMAT, "general.alignment is not a whole number" },
    { G(1, 0) "8:0 4:1 8:4 4:0 8:0 z:64", INK_E_FORMAT, "the name of a tensor before byte 32 is empty" },
    { G(1, 0) "8:0x7fffffff z:64", INK_E_FORMAT, "the name of a tensor at byte 32 wants 2147483647 bytes" },
    { G(1, 0) "8:2 a\n 4:1 8:4 4:0 8:0 z:64", INK_E_FORMAT, "the name of a tensor before byte 34" },
    { G(1, 0) "s:a 4:0 4:0 8:0 z:64", INK_E_FORMAT, "the tensor a has 0 dimensions" },
    { G(1, 0) "s:a 4:5 8:1 8:1 8:1 8:1 8:1 4:0 8:0 z:64", INK_E_FORMAT, "the tensor a has 5 dimensions" },
    { G(1, 0) "s:a 4:2 8:4 8:0 4:0 8:0 z:64", INK_E_FORMAT, "dimension 1 of the tensor a is 0" },
    { G(1, 0) "s:a 4:1 8:-4 4:0 8:0 z:64", INK_E_FORMAT, "dimension 0 of the tensor a is -4" },
    { G(1, 0) "s:a 4:3 8:0x100000000 8:0x100000000 8:2 4:0 8:0 z:64", INK_E_FORMAT, "claims more elements than 64 bits can count" },
    { G(1, 0) "s:a 4:1 8:0x4000000000000000 4:0 8:0 z:64", INK_E_FORMAT, "claims more elements than 64 bits can count" },
    { G(1, 0) "s:a 4:1 8:4 4:16 8:0 z:64", INK_E_UNSUPPORTED, "is of type IQ2_XXS, which inkstone does not read" },
    { G(1, 0) "s:a 4:1 8:4 4:139 8:0 z:64", INK_E_UNSUPPORTED, "is of type number 139" },
    { G(1, 0) "s:a 4:1 8:4 4:1001 8:0 z:64", INK_E_UNSUPPORTED, "is of type number 1001" },
    { G(1, 0) "s:a 4:1 8:4 4:-1 8:0 z:64", INK_E_UNSUPPORTED, "is of type number 4294967295" },
    { G(1, 0) "s:a 4:2 8:48 8:2 4:2 8:0 z:96", INK_E_FORMAT, "of type Q4_0 has rows of 48 elements, which is no multiple of 32" },
    { G(1, 0) "s:a 4:2 8:128 8:2 4:12 8:0 z:500", INK_E_FORMAT, "of type Q4_K has rows of 128 elements, which is no multiple of 256" },
    { G(1, 0) "s:a 4:1 8:16 4:0 8:0 " DATA, INK_E_FORMAT, "the tensor a wants 64 bytes from byte 0 of the data on, but the data have 32" },
    { G(1, 0) "s:a 4:1 8:4 4:0 8:64 " DATA, INK_E_FORMAT, "from byte 64 of the data on" },
    { G(1, 0) "s:a 4:1 8:4 4:0 8:0xffffffffffffffe0 " DATA, INK_E_FORMAT, "from byte 18446744073709551584 of the data on" },
    { G(1, 0) "s:a 4:1 8:4 4:0 8:4 " DATA, INK_E_FORMAT, "begin at byte 4, which is no multiple of the alignment 32" },
    { G(1, 0) A, INK_E_FORMAT, "but the data have 0" },
    { G(2, 0) A "s:a-name-that-is-rather-long 4:1 8:4 4:0 z:4", INK_E_FORMAT, "a-name-that-is-rather-long at byte 107 wants 8 bytes" },
    { G(2, 0) A "s:b 4:1 8:4 4:0 8:0 " DATA, INK_E_FORMAT, "the tensor b shares bytes with another" },
    { G(2, 0) "s:a 4:1 8:12 4:0 8:0 s:b 4:1 8:4 4:0 8:32 p:32 z:64", INK_E_FORMAT, "the tensor b shares bytes with another" },
    { G(2, 0) A "s:a 4:1 8:4 4:0 8:32 p:32 z:64", INK_E_FORMAT, "the tensor a is listed twice" },
    { G(0, 2) "s:split.count 4:2 2:3 s:split.no 4:2 2:1 z:9", INK_E_ARGUMENT, "is part 2 of 3; open the first part" },
    { G(0, 2) "s:split.count 4:2 2:2 s:split.no 4:2 2:0 z:9", INK_E_FORMAT, "its name has to end in -00001-of-00002.gguf" },
    { G(0, 1) "s:split.count 4:4 4:0x70000000 z:9", INK_E_LIMIT, "at most 1000 are read" },
    { "tjgg z:64", INK_E_UNSUPPORTED, "from before GGUF" },
    { "PK\3\4 z:64", INK_E_FORMAT, "no list of members" },
    { "version 1:0x20 https://git-lfs.github.com/spec/v1", INK_E_UNSUPPORTED, "Git LFS pointer" },
    { "<!DOCTYPE 1:0x20 html>", INK_E_UNSUPPORTED, "a web page" },
};

static void test_broken_gguf(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken_gguf / sizeof *broken_gguf; i++) {
        write_words(in_folder("broken"), broken_gguf[i].words);
        expect(in_folder("broken"), broken_gguf[i].status, broken_gguf[i].sentence);
    }
}

#define F32(shape, from, to) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #from "," #to "]}"

static const struct {
    const char *json;
    uint64_t claimed;
    size_t data;
    ink_status status;
    const char *sentence;
} broken_safetensors[] = {
    { "{}", 100, 8, INK_E_FORMAT, "its header claims 100 bytes, but 10 follow" },
    { "{}", 1ull << 40, 8, INK_E_LIMIT, "its header claims 1099511627776 bytes; at most" },
    { "{}", 1ull << 63, 8, INK_E_LIMIT, "its header claims 9223372036854775808 bytes" },
    { "{\"a\":1}", 6, 0, INK_E_FORMAT, "is not valid JSON" },
    { "{\"a\":[[[[[[[[", 0, 0, INK_E_FORMAT, "is not valid JSON" },
    { "{\"a\":" F32("[2]", 0, 8) ",\"a\":" F32("[2]", 8, 16) "}", 0, 16, INK_E_FORMAT, "duplicate" },
    { "{\"a\":3}", 0, 0, INK_E_FORMAT, "the entry of the tensor a is not an object" },
    { "{\"a\":{}}", 0, 0, INK_E_FORMAT, "the dtype of the tensor a is no name of a type" },
    { "{\"a\":{\"dtype\":7,\"shape\":[],\"data_offsets\":[0,0]}}", 0, 0, INK_E_FORMAT, "the dtype of the tensor a" },
    { "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[],\"data_offsets\":[0,1]}}", 0, 1, INK_E_UNSUPPORTED, "is of type F8_E4M3" },
    { "{\"a\":{\"dtype\":\"Q4_0\",\"shape\":[32],\"data_offsets\":[0,18]}}", 0, 18, INK_E_UNSUPPORTED, "is of type Q4_0" },
    { "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 0, 8, INK_E_FORMAT, "the tensor a has no shape" },
    { "{\"a\":" F32("{}", 0, 8) "}", 0, 8, INK_E_FORMAT, "the tensor a has no shape" },
    { "{\"a\":" F32("[1,1,1,1,1,1,2]", 0, 8) "}", 0, 8, INK_E_LIMIT, "has 7 dimensions; up to 6" },
    { "{\"a\":" F32("[-2]", 0, 8) "}", 0, 8, INK_E_FORMAT, "dimension 0 of the tensor a is no whole number" },
    { "{\"a\":" F32("[2.0]", 0, 8) "}", 0, 8, INK_E_FORMAT, "dimension 0 of the tensor a" },
    { "{\"a\":" F32("[1,\"2\"]", 0, 8) "}", 0, 8, INK_E_FORMAT, "dimension 1 of the tensor a" },
    { "{\"a\":" F32("[99999999999999999999]", 0, 8) "}", 0, 8, INK_E_FORMAT, "too big integer" },
    { "{\"a\":" F32("[4294967296,4294967296,2]", 0, 8) "}", 0, 8, INK_E_FORMAT, "more elements than 64 bits can count" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 0, 8, INK_E_FORMAT, "data_offsets of the tensor a are not" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,16]}}", 0, 8, INK_E_FORMAT, "data_offsets of the tensor a are not" },
    { "{\"a\":" F32("[2]", 8, 0) "}", 0, 8, INK_E_FORMAT, "data_offsets of the tensor a are not" },
    { "{\"a\":" F32("[2]", -8, 0) "}", 0, 8, INK_E_FORMAT, "data_offsets of the tensor a are not" },
    { "{\"a\":" F32("[2]", 0, 7) "}", 0, 8, INK_E_FORMAT, "has 7 bytes by its data_offsets and 8 by its shape" },
    { "{\"a\":" F32("[2]", 0, 8) "}", 0, 7, INK_E_FORMAT, "but the data have 7" },
    { "{\"a\":" F32("[2]", 9223372036854775800, 9223372036854775807) "}", 0, 8, INK_E_FORMAT, "from byte 9223372036854775800 of the data on" },
    { "{\"a\":" F32("[2]", 0, 8) "}", 0, 12, INK_E_FORMAT, "4 bytes at the end belong to no tensor" },
    { "{\"a\":" F32("[2]", 4, 12) "}", 0, 12, INK_E_FORMAT, "4 bytes before the tensor a belong to no tensor" },
    { "{\"a\":" F32("[2]", 0, 8) ",\"b\":" F32("[2]", 4, 12) "}", 0, 12, INK_E_FORMAT, "the tensor b shares bytes with another" },
    { "{\"a\":" F32("[2]", 0, 8) ",\"b\":" F32("[2]", 12, 20) "}", 0, 20, INK_E_FORMAT, "4 bytes before the tensor b" },
    { "{\"\":" F32("[2]", 0, 8) "}", 0, 8, INK_E_FORMAT, "the name of a tensor is empty" },
    { "{\"a\\u001b[2J\":" F32("[2]", 0, 8) "}", 0, 8, INK_E_FORMAT, "holds control characters" },
    { "{\"__metadata__\":[]}", 0, 0, INK_E_FORMAT, "__metadata__ is not an object" },
    { "{\"__metadata__\":{\"a\":1}}", 0, 0, INK_E_FORMAT, "__metadata__ maps something other than a name to a text" },
};

static void test_broken_safetensors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken_safetensors / sizeof *broken_safetensors; i++) {
        write_safetensors(in_folder("broken"), broken_safetensors[i].json, broken_safetensors[i].claimed, broken_safetensors[i].data);
        expect(in_folder("broken"), broken_safetensors[i].status, broken_safetensors[i].sentence);
    }
}

/* A header of many values, or very deep, is refused before it has taken the machine's memory or the stack. */
static void test_greedy_safetensors(void **state)
{
    (void)state;
    size_t n = 4 << 20;
    char *json = malloc(n + 1);
    assert_non_null(json);
    memset(json, ',', n);
    memcpy(json, "{\"a\":[", 6);
    json[n] = 0;
    write_safetensors(in_folder("broken"), json, 0, 0);
    expect(in_folder("broken"), INK_E_LIMIT, "has more than 1048576 values");
    memset(json + 5, '[', n - 5);
    write_safetensors(in_folder("broken"), json, 0, 0);
    expect(in_folder("broken"), INK_E_FORMAT, "maximum parsing depth reached");
    free(json);
}

#define INDEX(map) "{\"metadata\":{},\"weight_map\":" map "}"

static const struct {
    const char *json;
    ink_status status;
    const char *sentence;
} broken_indexes[] = {
    { "{\"metadata\":{}}", INK_E_FORMAT, "is JSON without a weight_map" },
    { INDEX("[]"), INK_E_FORMAT, "is JSON without a weight_map" },
    { INDEX("{}"), INK_E_FORMAT, "is JSON without a weight_map" },
    { INDEX("{\"a\":5}"), INK_E_FORMAT, "sends the tensor a to something other than the plain name" },
    { INDEX("{\"a\":\"../x.safetensors\"}"), INK_E_FORMAT, "sends the tensor a to something other than the plain name" },
    { INDEX("{\"a\":\"/etc/passwd\"}"), INK_E_FORMAT, "sends the tensor a to something other than the plain name" },
    { INDEX("{\"a\":\"sub/one.safetensors\"}"), INK_E_FORMAT, "sends the tensor a to something other than the plain name" },
    { INDEX("{\"a\":\"one.safetensors\\u0000.txt\"}"), INK_E_FORMAT, "sends the tensor a to something other than the plain name" },
    { INDEX("{\"a\":\"gone.safetensors\"}"), INK_E_NOT_FOUND, "gone.safetensors: cannot be opened" },
    { INDEX("{\"c\":\"one.safetensors\"}"), INK_E_FORMAT, "the tensor c is not in one.safetensors" },
    { INDEX("{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\",\"x\":\"two.safetensors\"}"), INK_E_FORMAT, "the tensor b is not in one.safetensors" },
    { INDEX("{\"a\":\"one.safetensors\",\"b\":\"copy.safetensors\"}"), INK_E_FORMAT, "the tensor a is listed twice" },
    { "{\"a\"::::::::", INK_E_FORMAT, "is not valid JSON" },
};

static void write_shards(void)
{
    write_safetensors(in_folder("one.safetensors"), "{\"__metadata__\":{\"format\":\"pt\"},\"a\":" F32("[2]", 0, 8) "}", 0, 8);
    write_safetensors(in_folder("copy.safetensors"), "{\"a\":" F32("[2]", 0, 8) "}", 0, 8);
    write_safetensors(in_folder("two.safetensors"), "{\"b\":" F32("[3,1]", 0, 12) ",\"x\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[12,20]}}", 0, 20);
}

static void test_broken_indexes(void **state)
{
    (void)state;
    write_shards();
    for (size_t i = 0; i < sizeof broken_indexes / sizeof *broken_indexes; i++) {
        const char *json = broken_indexes[i].json;
        put(in_folder("model.safetensors.index.json"), json, strlen(json));
        expect(in_folder("model.safetensors.index.json"), broken_indexes[i].status, broken_indexes[i].sentence);
    }
    unlink(in_folder("model.safetensors.index.json"));
}

static void write_part(const char *name, unsigned no, unsigned count, unsigned total, const char *tensor)
{
    char words[400];
    snprintf(words, sizeof words,
             G(1, 4) "s:general.architecture 4:8 s:test s:split.no 4:2 2:%u s:split.count 4:2 2:%u s:split.tensors.count 4:5 4:%u s:%s 4:1 8:4 4:0 8:0 " DATA, no,
             count, total, tensor);
    write_words(in_folder(name), words);
}

static void test_split_gguf(void **state)
{
    (void)state;
    ink_err err;
    ink_weights *w;
    write_part("m-00001-of-00002.gguf", 0, 2, 2, "a");
    expect(in_folder("m-00001-of-00002.gguf"), INK_E_NOT_FOUND, "m-00002-of-00002.gguf: cannot be opened");
    write_part("m-00002-of-00002.gguf", 0, 2, 2, "b");
    expect(in_folder("m-00001-of-00002.gguf"), INK_E_FORMAT, "says that it is part 1 of 2; it should be part 2 of 2");
    write_part("m-00002-of-00002.gguf", 1, 3, 2, "b");
    expect(in_folder("m-00001-of-00002.gguf"), INK_E_FORMAT, "says that it is part 2 of 3");
    write_part("m-00002-of-00002.gguf", 1, 2, 2, "a");
    expect(in_folder("m-00001-of-00002.gguf"), INK_E_FORMAT, "m-00002-of-00002.gguf: the tensor a is listed twice");
    write_part("m-00002-of-00002.gguf", 1, 2, 2, "b");
    write_part("m-00001-of-00002.gguf", 0, 2, 3, "a");
    expect(in_folder("m-00001-of-00002.gguf"), INK_E_FORMAT, "should have 3 tensors, but its parts have 2");
    write_part("m-00001-of-00002.gguf", 0, 2, 2, "a");
    assert_ok(ink_weights_open(in_folder("m-00001-of-00002.gguf"), &w, &err));
    assert_int_equal(ink_weights_count(w), 2);
    assert_int_equal(ink_weights_find(w, "b")->file, 1);
    assert_int_equal(ink_weights_meta_count(w), 4);
    ink_weights_close(w);
    expect(in_folder("m-00002-of-00002.gguf"), INK_E_ARGUMENT, "is part 2 of 2; open the first part (NAME-00001-of-00002.gguf)");
    unlink(in_folder("m-00001-of-00002.gguf"));
    unlink(in_folder("m-00002-of-00002.gguf"));
}

/* ---- good files ---- */

static void test_gguf_values(void **state)
{
    (void)state;
    ink_err err;
    ink_weights *w;
    write_words(in_folder("good"), G(2, 16) "s:u8 4:0 1:200 s:i8 4:1 1:0xff s:u16 4:2 2:65535 s:i16 4:3 2:0x8000 s:u32 4:4 4:0xffffffff s:i32 4:5 4:0xfffffffe "
                                            "s:f32 4:6 4:0x3fc00000 s:yes 4:7 1:1 s:text 4:8 s:hello s:u64 4:10 8:0x7fffffffffffffff s:i64 4:11 8:-5 "
                                            "s:f64 4:12 8:0xc000000000000000 s:texts 4:9 4:8 8:3 s:one 8:0 s:three s:numbers 4:9 4:3 8:2 2:0xfffd 2:7 "
                                            "s:nothing 4:9 4:8 8:0 s:general.alignment 4:4 4:64 "
                                            "s:second 4:3 8:4 8:3 8:2 4:1 8:64 s:first 4:1 8:5 4:24 8:0 p:64 abcde p:64 z:48 ");
    assert_ok(ink_weights_open(in_folder("good"), &w, &err));
    assert_string_equal(ink_weights_format(w), "gguf");
    assert_null(ink_weights_folder(w));
    static const struct {
        const char *key;
        int64_t v;
    } whole[] = { { "u8", 200 }, { "i8", -1 }, { "u16", 65535 }, { "i16", -32768 }, { "u32", 4294967295 }, { "i32", -2 }, { "u64", INT64_MAX }, { "i64", -5 } };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        assert_int_equal(ink_weights_meta(w, whole[i].key)->type, INK_META_INTEGER);
        assert_true(ink_weights_meta(w, whole[i].key)->integer == whole[i].v);
    }
    assert_true(ink_weights_meta(w, "f32")->real == 1.5 && ink_weights_meta(w, "f64")->real == -2.0 && ink_weights_meta(w, "yes")->boolean);
    ink_text text = ink_weights_meta(w, "text")->text;
    assert_true(text.size == 5 && !memcmp(text.data, "hello", 5));
    const ink_meta *texts = ink_weights_meta(w, "texts"), *numbers = ink_weights_meta(w, "numbers");
    assert_int_equal(texts->count, 3);
    assert_int_equal(ink_meta_text_at(texts, 1).size, 0);
    assert_memory_equal(ink_meta_text_at(texts, 2).data, "three", 5);
    assert_true(ink_meta_number_at(numbers, 0) == -3 && ink_meta_number_at(numbers, 1) == 7);
    assert_int_equal(ink_weights_meta(w, "nothing")->count, 0);
    assert_null(ink_weights_meta(w, "absent"));
    assert_null(ink_weights_meta(w, ""));
    const ink_tensor *t = ink_weights_at(w, 0);
    assert_string_equal(t->name, "second");
    assert_true(t->ndim == 3 && t->dims[0] == 2 && t->dims[1] == 3 && t->dims[2] == 4 && t->count == 24 && t->bytes == 48);
    assert_memory_equal(ink_weights_find(w, "first")->data, "abcde", 5);
    ink_weights_release(w, t);
    assert_int_equal(t->data[0], 0);
    assert_null(ink_weights_find(w, "third"));
    ink_weights_close(w);
    ink_weights_close(NULL);
}

static void check_shards(const char *path)
{
    ink_err err;
    ink_weights *w;
    assert_ok(ink_weights_open(path, &w, &err));
    assert_string_equal(ink_weights_format(w), "safetensors");
    assert_string_equal(ink_weights_folder(w), folder);
    assert_int_equal(ink_weights_count(w), 3);
    assert_int_equal(ink_weights_find(w, "x")->ndim, 0);
    assert_int_equal(ink_weights_find(w, "x")->count, 1);
    assert_int_equal(ink_weights_find(w, "b")->data[0], 0);
    assert_int_equal(ink_weights_find(w, "x")->data[0], 12);
    assert_memory_equal(ink_weights_meta(w, "format")->text.data, "pt", 2);
    ink_weights_close(w);
}

static void test_safetensors_shards(void **state)
{
    (void)state;
    const char *index = INDEX("{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\",\"x\":\"two.safetensors\"}");
    write_shards();
    put(in_folder("model.safetensors.index.json"), index, strlen(index));
    check_shards(in_folder("model.safetensors.index.json"));
    check_shards(folder);
    unlink(in_folder("model.safetensors.index.json"));
    expect(folder, INK_E_ARGUMENT, "holds several models");
}

static void test_safetensors_alone(void **state)
{
    (void)state;
    ink_err err;
    ink_weights *w;
    write_safetensors(in_folder("good"), "{\"e\":" F32("[0,5]", 0, 0) ",\"b\":" F32("[1]", 4, 8) ",\"a\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[0,4]}}   ", 0, 8);
    assert_ok(ink_weights_open(in_folder("good"), &w, &err));
    assert_int_equal(ink_weights_find(w, "e")->count, 0);
    assert_int_equal(ink_weights_find(w, "a")->type, INK_BF16);
    assert_int_equal(ink_weights_find(w, "b")->data[0], 4);
    assert_string_equal(ink_weights_at(w, 1)->name, "b");
    ink_weights_close(w);
}

static void test_folders(void **state)
{
    (void)state;
    char inner[96];
    ink_err err;
    ink_weights *w;
    snprintf(inner, sizeof inner, "%s/inner", folder);
    assert_int_equal(mkdir(inner, 0755), 0);
    expect(inner, INK_E_NOT_FOUND, "the folder holds no model");
    write_words(in_folder("inner/x-00001-of-00001.bin"), G(1, 0) A DATA);
    write_words(in_folder("inner/notes.txt"), "hello");
    assert_ok(ink_weights_open(inner, &w, &err));
    assert_string_equal(ink_weights_format(w), "gguf");
    ink_weights_close(w);
    expect(in_folder("nothing"), INK_E_NOT_FOUND, "nothing: cannot be opened");
    assert_int_equal(ink_weights_open("/dev/null", &w, &err), INK_E_IO);
}

/* Whatever is cut off a good file, and whatever byte of its header is changed, opening ends. */
static void test_every_cut_and_every_byte(void **state)
{
    (void)state;
    ink_err err;
    ink_buf good;
    ink_weights *w;
    write_words(in_folder("good"), G(2, 3) "s:key 4:9 4:8 8:2 s:one s:two s:n 4:4 4:7 s:m 4:9 4:6 8:2 8:0 " A "s:b 4:2 8:32 8:1 4:2 8:32 " DATA "z:18");
    assert_ok(ink_file_read(in_folder("good"), 0, &good, &err));
    for (size_t n = 0; n < good.len; n++) {
        put(in_folder("cut"), good.data, n);
        assert_true(ink_weights_open(in_folder("cut"), &w, &err) != INK_OK);
    }
    for (size_t i = 0; i < good.len - 64; i++)
        for (size_t v = 0; v < 3; v++) {
            char was = good.data[i];
            good.data[i] = (char)(v == 0 ? 0xff : v == 1 ? 0 : was ^ 0x80);
            put(in_folder("cut"), good.data, good.len);
            if (ink_weights_open(in_folder("cut"), &w, &err) == INK_OK)
                ink_weights_close(w);
            good.data[i] = was;
        }
    ink_buf_clear(&good);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ink-weights-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int delete_folder(void **state)
{
    (void)state;
    return ink_path_delete(folder, NULL) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_gguf),        cmocka_unit_test(test_broken_safetensors),
        cmocka_unit_test(test_greedy_safetensors), cmocka_unit_test(test_broken_indexes),
        cmocka_unit_test(test_split_gguf),         cmocka_unit_test(test_gguf_values),
        cmocka_unit_test(test_safetensors_shards), cmocka_unit_test(test_safetensors_alone),
        cmocka_unit_test(test_folders),            cmocka_unit_test(test_every_cut_and_every_byte),
    };
    return cmocka_run_group_tests_name("weights", tests, make_folder, delete_folder);
}
