/* How the keys and values of one head lie in a block of 64 tokens. Keys: four groups of 16 tokens; in a group, for each
   dimension the 16 tokens' values side by side: a panel like that of a weight. Values: for each token its dimensions,
   rounded up to 16. q8: bytes in the same places, then scales (f32): of keys [group][dims / 32][16], of values
   [token][dims / 32]. */
#ifndef INK_KERNELS_KV_LAYOUT_H
#define INK_KERNELS_KV_LAYOUT_H

#include "base/count.h"
#include "kernels/kernels.h"

enum { INK_KV_GROUP = 16, INK_KV_GROUPS = INK_KV_BLOCK / INK_KV_GROUP, INK_KV_SCALED = 32 /* dims that share a q8 scale */ };

static inline size_t ink_kv_dims(size_t head_dim) { return ink_round_up(head_dim, 16); }                    /* of a value row */
static inline size_t ink_kv_scales(size_t head_dim) { return ink_pieces(head_dim, INK_KV_SCALED); } /* of a token */
static inline size_t ink_kv_element(ink_kv_type type) { return type == INK_KV_F32 ? 4 : type == INK_KV_F16 ? 2 : 1; }

static inline size_t ink_kv_bytes(ink_kv_type type, size_t dims, size_t scales)
{
    size_t bytes = INK_KV_BLOCK * dims * ink_kv_element(type) + (type == INK_KV_Q8 ? INK_KV_BLOCK * scales * sizeof(float) : 0);
    return ink_round_up(bytes, 64);
}
static inline size_t ink_kv_key_bytes(ink_kv_type type, size_t head_dim) { return ink_kv_bytes(type, head_dim, ink_kv_scales(head_dim)); }
static inline size_t ink_kv_value_bytes(ink_kv_type type, size_t head_dim) { return ink_kv_bytes(type, ink_kv_dims(head_dim), ink_kv_scales(head_dim)); }

#endif
