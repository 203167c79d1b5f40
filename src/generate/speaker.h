/* Inside an ink_speaker: three plans that hand on their rows: text to durations, frames to the decoder's input, and these to sound. */
#ifndef INK_GENERATE_SPEAKER_H
#define INK_GENERATE_SPEAKER_H

#include "graph/plan.h"
#include "models/voice.h"

enum { SPEAKER_SLOT_IDS, SPEAKER_SLOT_NOISE, SPEAKER_SLOT_VOICE, SPEAKER_SLOT_ROWS, SPEAKER_SLOT_INDEX, SPEAKER_SLOT_SPAN };
enum { SPEAKER_IDS = 4096, SPEAKER_FRAMES = 100000 }; /* the most of an utterance */

struct ink_speaker {
    const ink_voice *voice;
    vits_config config;        /* the voice's, and how it is computed here */
    bool bf16;                 /* the decoder multiplies in it */
    ink_arena *arena;
    ink_kernels kernels;
    ink_pool *pool;
    ink_nn_weights weights;
    ink_graph text_graph, flow_graph, decoder_graph;
    ink_plan text, flow, decoder;
    vits_text told;            /* outputs of text */
    ink_node *z, *sound;       /* of flow, of decoder */
    size_t flow_rows, decoder_rows; /* the most frames of a run, reach included */
};

#endif
