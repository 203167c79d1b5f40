/* What makes a prompt or a prefix while it learns: pseudo tokens through a small network. P-tuning (Liu et al. 2021, section 3.2) has an MLP, or an
   LSTM that reads them both ways and an MLP, and may set words of the vocabulary among them as anchors; prefixes (Li and Liang 2021, section 4.3)
   have an MLP whose results are keys and values. Models only ever meet the rows that it makes, a table like any other prompt's; so PEFT saves these
   alone. The network lies beside them, under the names that PEFT's has. */
#ifndef INK_TRAIN_PROMPT_ENCODER_H
#define INK_TRAIN_PROMPT_ENCODER_H

#include "graph/plan.h"
#include "nn/adapter.h"
#include "tensor/kv.h"

#define INK_PROMPT_ENCODER_FILE "prompt_encoder" /* .safetensors, in the adapter's folder */

typedef struct ink_prompt_encoder {
    ink_nn_weights weights;          /* what learns */
    const ink_nn_adapter *adapter;   /* whose table it makes */
    size_t tokens, anchors, width;   /* rows that it makes, rows that stay between them, and their width */
    ink_graph graph;
    ink_plan plan;
    ink_run run;
    ink_node *made;                  /* [tokens, width] */
    ink_constant turn, place, reaches; /* rows the other way round; rows to where they stand; the table's gradient */
    ink_segment all;
    ink_ragged sequence;             /* the pseudo tokens, as one */
} ink_prompt_encoder;

/* Of the adapter in this folder, which is open; a folder without a network is refused. The graph is made when the adapter's table was asked for. */
ink_status ink_prompt_encoder_open(const ink_nn_adapter *adapter, const char *folder, ink_arena *arena, ink_prompt_encoder **out, ink_err *err);
ink_status ink_prompt_encoder_make(ink_prompt_encoder *e, const ink_kernels *k, ink_pool *pool, ink_err *err);
ink_status ink_prompt_encoder_load(ink_prompt_encoder *e, ink_err *err); /* after the table */
void ink_prompt_encoder_close(ink_prompt_encoder *e);                    /* NULL: nothing */

/* The table as the network makes it now. What has reached the table's gradient goes on to the network's, and is zero then. */
void ink_prompt_encoder_run(ink_prompt_encoder *e);

#endif
