/* Values that the way back needs are made again there instead of being kept from the way there: a rewrite of a graph that has both.
   What is made again comes from the same op and the same inputs, so every result keeps its bits (Chen et al. 2016, section 4). */
#ifndef INK_GRAPH_RECOMPUTE_H
#define INK_GRAPH_RECOMPUTE_H

#include "graph/graph.h"

typedef enum ink_recompute { /* each makes again what those before it do */
    INK_RECOMPUTE_OFF,
    INK_RECOMPUTE_CHEAP,     /* what ops of rows make from what is there anyway: norms, activations, gates, lost values */
    INK_RECOMPUTE_WIDE,      /* products wider than what they come from, on which ops work value by value: hidden rows of feed-forward layers, queries, keys and values in one */
    INK_RECOMPUTE_LAYERS,    /* everything between places that nothing passes by, as the rows between layers are */
    INK_RECOMPUTE_AUTO,      /* whoever plans chooses */
} ink_recompute;

/* Nodes [0, forward) are the way there, [back, count) the way back; those between make their own values. No plan has been made of it yet. */
ink_status ink_graph_recompute(ink_graph *g, size_t forward, size_t back, ink_recompute how);

#endif
