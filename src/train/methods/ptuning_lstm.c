/* P-tuning (Liu et al. 2021, section 3.2) whose pseudo tokens an LSTM reads both ways. */
#include "train/adapter.h"

static ink_status ptuning_lstm_draw(ink_adapter_new *a, ink_err *err) { return ink_ptuning_draw(a, true, err); }
static void ptuning_lstm_describe(const ink_adapter_new *a, ink_json *config) { ink_ptuning_describe(a, config, "LSTM", a->o->encoder_layers); }

static const ink_method_adapter ptuning_lstm_adapter = { .peft = "P_TUNING", .before = true, .encodes = true, .draw = ptuning_lstm_draw, .describe = ptuning_lstm_describe };
const ink_method ink_method_ptuning_lstm = { .name = "ptuning-lstm", .adapter = &ptuning_lstm_adapter };
