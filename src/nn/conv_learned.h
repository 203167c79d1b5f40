/* Convolutions whose weights change (conv_learned.c): what nn/conv.c builds while a model learns. */
#ifndef INK_NN_CONV_LEARNED_H
#define INK_NN_CONV_LEARNED_H

#include "nn/nn.h"

/* As their namesakes in nn.h, of weights as the file lays them out; rows are whole sequences, so spans are not looked at. */
ink_node *ink_nn_learned_conv1d(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c);
ink_node *ink_nn_learned_conv_last(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c);
ink_node *ink_nn_learned_depthwise(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c);
ink_node *ink_nn_learned_conv_up(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c);

#endif
