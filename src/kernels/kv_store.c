/* Writing a token's keys and values of one head to its place in a block. What is kept is finite, so that a weight of zero
   silences it whatever it is. */
#include "kernels/kernels.h"
#include "kernels/kv_layout.h"
#include "kernels/lanes.h"

/* Sixteen values within ±most; NaN becomes -most. */
static inline f32x16 kv_finite(f32x16 x, float most)
{
    return f_min(f_max(x, f_set1(-most)), f_set1(most));
}

static void kv_store_floats(size_t dims, size_t slot, const float *k, const float *v, uint8_t *keys, uint8_t *values)
{
    const float most = 3.402823466e38f;
    float *key = (float *)(void *)keys + slot / INK_KV_GROUP * dims * INK_KV_GROUP + slot % INK_KV_GROUP;
    float *value = (float *)(void *)values + slot * ink_kv_dims(dims);
    for (size_t i = 0; i < dims; i += LANES) {
        const size_t n = dims - i < LANES ? dims - i : LANES;
        float row[LANES];
        f_store(value + i, kv_finite(f_load_n(v + i, n), most));
        f_store(row, kv_finite(f_load_n(k + i, n), most));
        for (size_t j = 0; j < n; j++)
            key[(i + j) * INK_KV_GROUP] = row[j];
    }
}

static void kv_store_halves(size_t dims, size_t slot, const float *k, const float *v, uint8_t *keys, uint8_t *values)
{
    const float most = 65504.0f;
    uint16_t *key = (uint16_t *)(void *)keys + slot / INK_KV_GROUP * dims * INK_KV_GROUP + slot % INK_KV_GROUP;
    uint16_t *value = (uint16_t *)(void *)values + slot * ink_kv_dims(dims);
    for (size_t i = 0; i < dims; i += LANES) {
        const size_t n = dims - i < LANES ? dims - i : LANES;
        uint16_t row[LANES];
        f_store_f16(value + i, kv_finite(f_load_n(v + i, n), most));
        f_store_f16(row, kv_finite(f_load_n(k + i, n), most));
        for (size_t j = 0; j < n; j++)
            key[(i + j) * INK_KV_GROUP] = row[j];
    }
}

/* Up to 32 dimensions as int8; returns their scale. */
static float kv_quantise(const float *x, size_t n, int8_t q[INK_KV_SCALED])
{
    const float most = 3.4e38f; /* so far below the largest float that 127 times a rounded 127th is one */
    const size_t first = n < LANES ? n : LANES;
    f32x16 low = kv_finite(f_load_n(x, first), most), high = kv_finite(f_load_n(x + first, n - first), most);
    float top = f_hmax(f_max(f_abs(low), f_abs(high)));
    f32x16 by = f_set1(top > 0.0f ? 127.0f / top : 0.0f);
    i_store_i8(q, i_from_f(kv_finite(f_mul(low, by), 127.0f)));
    i_store_i8(q + LANES, i_from_f(kv_finite(f_mul(high, by), 127.0f)));
    return top / 127.0f;
}

static void kv_store_bytes(size_t dims, size_t slot, const float *k, const float *v, uint8_t *keys, uint8_t *values)
{
    const size_t padded = ink_kv_dims(dims), scales = ink_kv_scales(dims), group = slot / INK_KV_GROUP, lane = slot % INK_KV_GROUP;
    uint8_t *key = keys + group * dims * INK_KV_GROUP + lane, *value = values + slot * padded;
    float *key_scale = (float *)(void *)(keys + INK_KV_BLOCK * dims), *value_scale = (float *)(void *)(values + INK_KV_BLOCK * padded);
    for (size_t i = 0; i < scales; i++) {
        const size_t at = i * INK_KV_SCALED, n = dims - at < INK_KV_SCALED ? dims - at : INK_KV_SCALED;
        int8_t q[INK_KV_SCALED];
        key_scale[(group * scales + i) * INK_KV_GROUP + lane] = kv_quantise(k + at, n, q);
        for (size_t j = 0; j < n; j++)
            key[(at + j) * INK_KV_GROUP] = (uint8_t)q[j];
        value_scale[slot * scales + i] = kv_quantise(v + at, n, q);
        memcpy(value + at, q, padded - at < INK_KV_SCALED ? padded - at : INK_KV_SCALED);
    }
}

static void kv_store(ink_kv_type type, size_t dims, size_t slot, const float *k, const float *v, uint8_t *keys, uint8_t *values)
{
    if (type == INK_KV_F32)
        kv_store_floats(dims, slot, k, v, keys, values);
    else if (type == INK_KV_F16)
        kv_store_halves(dims, slot, k, v, keys, values);
    else
        kv_store_bytes(dims, slot, k, v, keys, values);
}

void INK_KERNEL(ink_kv_store)(ink_kernels *k);
void INK_KERNEL(ink_kv_store)(ink_kernels *k)
{
    k->kv_store = kv_store;
}
