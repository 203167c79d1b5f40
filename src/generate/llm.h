/* Inside an ink_llm: what steps and sequences share. */
#ifndef INK_GENERATE_LLM_H
#define INK_GENERATE_LLM_H

#include "graph/plan.h"
#include "models/adapter.h"

#include <ink/llm.h>

enum { LLM_SLOT_IDS, LLM_SLOT_POSITIONS, LLM_SLOT_KV, LLM_SLOT_HIDDEN, LLM_SLOT_INDEX, LLM_SLOT_CROSS, LLM_SLOT_BEFORE = LLM_SLOT_IDS };

struct ink_llm {
    ink_model *model;
    ink_arena *arena;         /* graphs, plans, weight records */
    ink_kernels kernels;
    ink_pool *pool;
    ink_nn_weights weights;
    ink_adapters adapters;
    size_t before;            /* rows that an adapter puts before every sequence: tokens of a prompt, or keys and values of a prefix */
    bool prefix;
    ink_graph before_graph;
    ink_plan before_plan;     /* of a prefix: its keys and values into the blocks */
    bool reads;               /* an encoder reads first what a sequence answers to: */
    ink_graph source_graph;
    ink_plan source;          /* its tokens to keys and values in blocks of their own */
    ink_segment *crosses;     /* [rows] of a step: the same rows, and what they see of what was read */
    int32_t *source_ids, *source_positions; /* [context] */
    uint32_t *source_of;
    ink_graph body_graph, head_graph;
    ink_plan body, head;      /* tokens to hidden rows; some of these to logits */
    ink_node *hidden, *logits;
    bool showing;             /* states are wanted */
    ink_node *states;         /* what the head multiplies; NULL: nobody wants it, or the model has none */
    const float *state;       /* of the row whose logits are told, during that call */
    ink_kv_shape kv_shape;
    ink_kv *kv;
    size_t context, rows, outputs; /* bounds: of a sequence, of a step, of a slice of the head */
    int32_t *ids, *positions;      /* [rows] of a step, as are the following */
    uint32_t *segment_of, *index;
    size_t *index_feed, *index_at; /* whose logits a wanted row is */
    ink_segment *segments;
    ink_meter *meters;             /* [thread] */
    bool metering;
};

struct ink_seq {
    ink_llm *llm;
    ink_kv_table table;
    ink_kv_table source;      /* what was read: keys and values that every token sees */
};

#endif
