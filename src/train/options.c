/* The settings of a run, as one table, and the two ways in which they are written down: YAML and key=value. */
#include "base/file.h"
#include "base/path.h"
#include "base/yaml.h"
#include "train/train.h"

#include <stdio.h>
#include <string.h>

static const char *const options_stages[] = { "pretrain", "sft", "mlm", "seq2seq", "span", "classify", "tag", "embed", NULL };
static const char *const options_dtypes[] = { "f32", "bf16", NULL };
static const char *const options_when[] = { "no", "steps", "epoch", NULL }; /* from INK_WHEN_NEVER on */
static const char *const options_bits[] = { "none", "4", "8", NULL };
const char *const ink_recompute_names[] = { "off", "cheap", "wide", "layers", "auto", NULL }; /* as ink_recompute counts them */
#define AT(field) offsetof(ink_train_options, field)

static const ink_param options_learns[] = {
    { .name = "stage", .type = INK_PARAM_CHOICE, .at = AT(stage), .choices = options_stages, .help = "what is learned from a text: all of it, the answers, words that are masked, the tags of words, or vectors that are near for texts that mean the same (encoders), the label of a text; of models that read and write (t5) what is written, or spans that are gone" },
    { .name = "model", .type = INK_PARAM_MODEL, .at = AT(model), .help = "folder or file to start from; a config.json alone: from nothing" },
    { .name = "tokenizer", .type = INK_PARAM_TEXT, .at = AT(tokenizer), .help = "of a model from nothing: a folder with a tokenizer.json, or char" },
    { .name = "method", .type = INK_PARAM_TEXT, .at = AT(method), .text = "full", .help = "which weights change: full, top, freeze, gradual, or those of an adapter: lora, qlora, dora, ia3, prompt, ptuning-lstm, ptuning-mlp, prefix, ptuning-v2" },
    { .name = "adapter", .type = INK_PARAM_PATH, .at = AT(adapter), .help = "PEFT folder to start from" },
    { .name = "freeze_trainable_layers", .type = INK_PARAM_INT, .at = AT(layers), .min = -4096, .max = 4096, .def = 2, .help = "top and freeze: layers that change; below 0: the first ones" },
    { .name = "layer_lr_decay", .type = INK_PARAM_REAL, .at = AT(layer_decay), .min = 1e-3, .max = 1e3, .def = 1, .help = "the rate of a layer, divided by that of the layer below" },
    { .name = "dropout", .type = INK_PARAM_REAL, .at = AT(dropout), .min = 0, .max = 0.95, .def = 0, .help = "the part of values that is lost behind the embedding and on residual branches, or between recurrent layers" },
    { .name = "ema_decay", .type = INK_PARAM_REAL, .at = AT(average), .min = 0, .max = 0.9999999, .def = 0, .help = "an average of the weights over the steps is measured and left; what of it stays at each step" },
    { .name = "seed", .type = INK_PARAM_INT, .at = AT(seed), .min = 0, .max = 9e15, .def = 42, .help = "of all that is drawn" },
    { 0 },
};

static const ink_param options_adapters[] = {
    { .name = "lora_rank", .type = INK_PARAM_INT, .at = AT(rank), .min = 1, .max = 4096, .def = 8, .help = "rank of a new adapter" },
    { .name = "lora_alpha", .type = INK_PARAM_REAL, .at = AT(alpha), .min = 1e-6, .max = 1e6, .def = 0, .shown = "twice the rank", .help = "its strength, times the rank" },
    { .name = "lora_target", .type = INK_PARAM_TEXT, .at = AT(lora_target), .text = "all", .help = "names of the layers that it acts on, or all" },
    { .name = "lora_dropout", .type = INK_PARAM_REAL, .at = AT(lora_dropout), .min = 0, .max = 0.95, .def = 0, .help = "the same, of what goes into LoRA" },
    { .name = "use_rslora", .type = INK_PARAM_BOOL, .at = AT(rslora), .help = "divide by the root of the rank" },
    { .name = "use_dora", .type = INK_PARAM_BOOL, .at = AT(dora), .help = "method lora is dora" },
    { .name = "pissa_init", .type = INK_PARAM_BOOL, .at = AT(pissa), .help = "a new LoRA begins as the strongest directions of each weight (PiSSA); it is saved with twice the rank, for any LoRA reader" },
    { .name = "loraplus_lr_ratio", .type = INK_PARAM_REAL, .at = AT(lora_plus), .min = 1e-3, .max = 1e3, .def = 1, .help = "the rate of LoRA's B, divided by that of A" },
    { .name = "quantization_bit", .type = INK_PARAM_CHOICE, .at = AT(bits), .choices = options_bits, .help = "method lora: the base is put into Q4_K_M or Q8_0 beside the run and stays so (method qlora); one that is quantised already stays as it is" },
    { .name = "num_virtual_tokens", .type = INK_PARAM_INT, .at = AT(virtual_tokens), .min = 1, .max = 4096, .def = 20, .help = "of a new prompt or prefix" },
    { .name = "prefix_projection", .type = INK_PARAM_BOOL, .at = AT(projection), .help = "prefix and ptuning-v2: keys and values are made by a small network, which learns" },
    { .name = "encoder_hidden_size", .type = INK_PARAM_INT, .at = AT(encoder_width), .min = 1, .max = 65536, .def = 0, .shown = "the model's width", .help = "of the network that makes a new prompt or prefix" },
    { .name = "encoder_num_layers", .type = INK_PARAM_INT, .at = AT(encoder_layers), .min = 1, .max = 64, .def = 2, .help = "ptuning-lstm: layers that read the pseudo tokens both ways" },
    { .name = "prompt_anchors", .type = INK_PARAM_TEXT, .at = AT(anchors), .help = "ptuning-lstm and -mlp: words that stand in the middle of a new prompt, and stay" },
    { 0 },
};

static const ink_param options_data[] = {
    { .name = "dataset", .type = INK_PARAM_PATH, .at = AT(dataset), .help = "what to learn from" },
    { .name = "dataset_dir", .type = INK_PARAM_PATH, .at = AT(dataset_dir), .value = "FOLDER", .shown = "data", .help = "where a dataset or eval_dataset that is no file is looked for: as a file, or as names of its dataset_info.json" },
    { .name = "dataset_format", .type = INK_PARAM_TEXT, .at = AT(dataset_format), .shown = "by content", .help = "how it is written: txt, jsonl, ids, messages, sharegpt, alpaca, dataset_info, labelled, tags, anchors" },
    { .name = "max_samples", .type = INK_PARAM_INT, .at = AT(max_samples), .min = 1, .max = 1e12, .def = 0, .shown = "all", .help = "rows of each data set that are read: the first ones; of running text: samples" },
    { .name = "shuffle", .type = INK_PARAM_BOOL, .at = AT(shuffle), .def = 1, .help = "another order in every epoch" },
    { .name = "cutoff_len", .type = INK_PARAM_INT, .at = AT(cutoff), .min = 2, .max = 1e7, .def = 0, .shown = "the smaller of the model's context and 1024", .help = "most tokens of a sample" },
    { .name = "packing", .type = INK_PARAM_BOOL, .at = AT(packing), .help = "fill each sample of a batch with as many as cutoff_len has room for; none sees another" },
    { .name = "template", .type = INK_PARAM_TEXT, .at = AT(template_name), .shown = "the model's own, or Alpaca's headings", .help = "sft, of a model without a chat template: alpaca, chatml, llama3 or vicuna, which is left with what is learned; a model that has one keeps it" },
    { .name = "train_on_prompt", .type = INK_PARAM_BOOL, .at = AT(train_on_prompt), .help = "sft: learn the questions too" },
    { .name = "mlm_probability", .type = INK_PARAM_REAL, .at = AT(masked), .min = 1e-3, .max = 1, .def = 0.15, .help = "mlm and span: part of the tokens that is asked for" },
    { .name = "mean_noise_span_length", .type = INK_PARAM_REAL, .at = AT(span), .min = 1, .max = 1000, .def = 3, .help = "span: tokens of a span that is gone, on average" },
    { .name = "temperature", .type = INK_PARAM_REAL, .at = AT(temperature), .min = 1e-4, .max = 100, .def = 0.05, .help = "embed: what cosines are divided by" },
    { 0 },
};

static const ink_param options_steps[] = {
    { .name = "per_device_train_batch_size", .type = INK_PARAM_INT, .at = AT(batch), .min = 1, .max = 1e6, .def = 8, .help = "samples computed at a time" },
    { .name = "gradient_accumulation_steps", .type = INK_PARAM_INT, .at = AT(accumulate), .min = 1, .max = 1e6, .def = 1, .help = "batches of a step" },
    { .name = "max_steps", .type = INK_PARAM_INT, .at = AT(max_steps), .min = 1, .max = 1e12, .def = 0, .shown = "by epochs", .help = "steps of the run" },
    { .name = "num_train_epochs", .type = INK_PARAM_REAL, .at = AT(epochs), .min = 1e-6, .max = 1e6, .def = 3, .help = "times that all samples are seen" },
    { .name = "optim", .type = INK_PARAM_CHOICE, .at = AT(optimiser), .choices = ink_optimiser_names, .help = "how a gradient becomes a step" },
    { .name = "learning_rate", .type = INK_PARAM_REAL, .at = AT(rate), .min = 0, .max = 1e3, .def = 5e-5, .help = "the highest rate" },
    { .name = "min_learning_rate", .type = INK_PARAM_REAL, .at = AT(min_rate), .min = 0, .max = 1e3, .def = 0, .help = "what the schedule ends with" },
    { .name = "lr_scheduler_type", .type = INK_PARAM_CHOICE, .at = AT(schedule), .choices = ink_schedule_names, .help = "how the rate goes down" },
    { .name = "warmup_steps", .type = INK_PARAM_INT, .at = AT(warmup_steps), .min = 0, .max = 1e12, .def = 0, .help = "steps in which it goes up" },
    { .name = "warmup_ratio", .type = INK_PARAM_REAL, .at = AT(warmup_ratio), .min = 0, .max = 1, .def = 0, .help = "the same, as a part of all steps" },
    { .name = "lr_decay_ratio", .type = INK_PARAM_REAL, .at = AT(decay_ratio), .min = 1e-6, .max = 1, .def = 0.2, .help = "wsd: the part of the steps after the warm-up in which the rate goes down" },
    { .name = "lr_plateau_factor", .type = INK_PARAM_REAL, .at = AT(plateau_factor), .min = 1e-6, .max = 1, .def = 0.1, .help = "plateau: what the rate is multiplied by when the eval loss stays" },
    { .name = "lr_plateau_patience", .type = INK_PARAM_INT, .at = AT(plateau_patience), .min = 0, .max = 1e9, .def = 10, .help = "plateau: measurements without a lower one that are put up with" },
    { .name = "adam_beta1", .type = INK_PARAM_REAL, .at = AT(beta1), .min = 0, .max = 0.999999, .def = 0.9, .help = "memory of the mean" },
    { .name = "adam_beta2", .type = INK_PARAM_REAL, .at = AT(beta2), .min = 0, .max = 0.9999999, .def = 0.999, .help = "memory of the square" },
    { .name = "adam_epsilon", .type = INK_PARAM_REAL, .at = AT(eps), .min = 0, .max = 1, .def = 1e-8, .help = "added to the root of the square" },
    { .name = "momentum", .type = INK_PARAM_REAL, .at = AT(momentum), .min = 0, .max = 1, .def = 0, .help = "of sgd; of muon, where 0 stands for 0.95" },
    { .name = "weight_decay", .type = INK_PARAM_REAL, .at = AT(decay), .min = 0, .max = 1e3, .def = 0, .help = "of matrices" },
    { .name = "max_grad_norm", .type = INK_PARAM_REAL, .at = AT(max_norm), .min = 0, .max = 1e9, .def = 1, .help = "longer gradients are shortened; 0: none" },
    { 0 },
};

static const ink_param options_measuring[] = {
    { .name = "eval_dataset", .type = INK_PARAM_PATH, .at = AT(eval_dataset), .help = "what to measure on" },
    { .name = "val_size", .type = INK_PARAM_REAL, .at = AT(val_size), .min = 0, .max = 1e12, .def = 0, .help = "rows that are set aside and measured instead of an eval_dataset: a part of them below 1, or so many; which ones the seed says" },
    { .name = "eval_pairs", .type = INK_PARAM_PATH, .at = AT(eval_pairs), .help = "minimal pairs to measure on as well: JSONL with sentence_good and sentence_bad, or a folder of it" },
    { .name = "eval_strategy", .type = INK_PARAM_CHOICE, .at = AT(eval_when), .choices = options_when, .def = INK_WHEN_NOT_SAID, .shown = "by eval_steps, and at the end", .help = "no: nothing is measured; steps: every eval_steps (without it every logging_steps, without that every 500); epoch: after each epoch; and at the end" },
    { .name = "eval_steps", .type = INK_PARAM_INT, .at = AT(eval_steps), .min = 1, .max = 1e12, .def = 0, .shown = "at the end", .help = "steps between two measurements" },
    { .name = "per_device_eval_batch_size", .type = INK_PARAM_INT, .at = AT(eval_batch), .min = 1, .max = 1e6, .def = 0, .shown = "per_device_train_batch_size", .help = "samples measured at a time" },
    { .name = "early_stopping_steps", .type = INK_PARAM_INT, .at = AT(patience), .min = 1, .max = 1e9, .def = 0, .shown = "never", .help = "measurements without a lower eval loss after which the run ends" },
    { .name = "load_best_model_at_end", .type = INK_PARAM_BOOL, .at = AT(load_best), .help = "the model that is left is the one with the lowest eval loss, not the last" },
    { .name = "sample_prompts", .type = INK_PARAM_TEXTS, .at = AT(sample_prompts), .help = "what the model goes on with at every measurement, or answers in stage sft: a text, or messages as a JSON array; a list, or repeated" },
    { .name = "sample_tokens", .type = INK_PARAM_INT, .at = AT(sample_tokens), .min = 1, .max = 1e6, .def = 64, .help = "most tokens of a sample" },
    { 0 },
};

static const ink_param options_left[] = {
    { .name = "output_dir", .type = INK_PARAM_PATH, .at = AT(output_dir), .help = "folder for what is made" },
    { .name = "overwrite_output_dir", .type = INK_PARAM_BOOL, .at = AT(overwrite), .help = "start afresh where checkpoints of another run lie" },
    { .name = "save_strategy", .type = INK_PARAM_CHOICE, .at = AT(save_when), .choices = options_when, .def = INK_WHEN_STEPS, .help = "when a checkpoint is left: never, every save_steps and at the end, or after each epoch; Ctrl-C leaves one in any case" },
    { .name = "save_steps", .type = INK_PARAM_INT, .at = AT(save_steps), .min = 1, .max = 1e12, .def = 500, .help = "steps between two checkpoints" },
    { .name = "save_total_limit", .type = INK_PARAM_INT, .at = AT(save_total_limit), .min = 1, .max = 1e6, .def = 2, .help = "checkpoints that are kept" },
    { .name = "save_only_model", .type = INK_PARAM_BOOL, .at = AT(only_model), .help = "checkpoints hold the model without the moments: less room, and no --resume from them; what Ctrl-C leaves is whole" },
    { .name = "resume_from_checkpoint", .type = INK_PARAM_PATH, .at = AT(resume_from), .value = "FOLDER", .help = "true: as --resume; or the folder of the checkpoint to go on from, another run's too" },
    { .name = "logging_steps", .type = INK_PARAM_INT, .at = AT(logging_steps), .min = 1, .max = 1e12, .def = 0, .shown = "never", .help = "steps after which a line tells their mean loss; log.jsonl has a row a step in any case" },
    { 0 },
};

static const ink_param options_machine[] = {
    { .name = "dtype", .type = INK_PARAM_CHOICE, .at = AT(dtype), .choices = options_dtypes, .help = "what products are computed in" },
    { .name = "recompute", .type = INK_PARAM_CHOICE, .at = AT(recompute), .choices = ink_recompute_names, .def = INK_RECOMPUTE_AUTO, .help = "what is computed again for the gradients instead of being kept, so that a batch takes less memory; results are the same: norms, activations and the like (cheap), products wider than what they are made of too (wide), or all within a layer; auto: cheap, or wide where bf16 makes products fast and that is less than a seventh of them, and more where it does not fit" },
    { .name = "threads", .type = INK_PARAM_INT, .at = AT(threads), .min = 1, .max = 1024, .def = 0, .shown = "physical cores", .help = "threads that compute; the result does not depend on it" },
    { 0 },
};

const ink_param ink_train_params[] = {
    { .name = "What learns", .type = INK_PARAM_TABLE, .table = options_learns },
    { .name = "Adapters", .type = INK_PARAM_TABLE, .table = options_adapters },
    { .name = "Data", .type = INK_PARAM_TABLE, .table = options_data },
    { .name = "Steps", .type = INK_PARAM_TABLE, .table = options_steps },
    { .name = "Measuring", .type = INK_PARAM_TABLE, .table = options_measuring },
    { .name = "What is left", .type = INK_PARAM_TABLE, .table = options_left },
    { .name = "The machine", .type = INK_PARAM_TABLE, .table = options_machine },
    { 0 },
};

static ink_status options_unknown(const char *key, ink_err *err)
{
    enum { MOST = 256 };
    const char *names[MOST + 1];
    size_t n = 0;
    for (ink_param_walk w = ink_param_first(ink_train_params); w.param && n < MOST; ink_param_next(&w))
        names[n++] = w.param->name;
    for (const ink_train_synonym *w = ink_train_synonyms; w->key && n < MOST; w++)
        names[n++] = w->key;
    names[n] = NULL;
    const char *near = ink_param_nearest(key, names);
    return near ? ink_fail(err, INK_E_ARGUMENT, "there is no setting %.60s; did you mean %s?", key, near)
                : ink_fail(err, INK_E_ARGUMENT, "there is no setting %.60s; inkstone train --keys lists them all", key);
}

static ink_status options_set(const char *key, const char *value, ink_arena *arena, ink_train_options *into, ink_err *err)
{
    ink_err inner = { 0 };
    bool done = false;
    INK_TRY(ink_train_word_mean(&key, &value, &done, err));
    if (done)
        return INK_OK;
    ink_status status = ink_param_set(ink_train_params, key, value, arena, into, &inner);
    if (status == INK_E_NOT_FOUND)
        status = ink_train_idle_set(key, value, arena, into, &inner);
    if (status == INK_E_NOT_FOUND)
        return options_unknown(key, err);
    return status == INK_OK ? INK_OK : ink_fail(err, status, "%s", inner.text);
}

typedef struct reading {
    const char *path;
    ink_arena *arena;
    ink_train_options *into;
} reading;

static bool options_is_path(const char *key)
{
    static const char *const keys[] = { "model", "model_name_or_path", "adapter", "adapter_name_or_path", "dataset", "dataset_dir", "eval_dataset", "eval_pairs", "tokenizer", "resume_from_checkpoint" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(key, keys[i]))
            return true;
    return false;
}

static ink_status options_pair(void *user, const char *key, const char *value, size_t line, ink_err *err)
{
    reading *r = user;
    ink_err inner = { 0 };
    ink_path beside;
    const char *slash = strrchr(r->path, '/');
    if (options_is_path(key) && !ink_file_kind(value) && *value != '/' && slash &&
        ink_path_format(&beside, NULL, "%.*s/%s", (int)(slash - r->path), r->path, value) == INK_OK && ink_file_kind(beside.text))
        value = beside.text;
    ink_status status = options_set(key, value, r->arena, r->into, &inner);
    return status == INK_OK ? INK_OK : ink_fail(err, status, "%s, line %zu: %.600s", r->path, line, inner.text);
}

/* A prompt may hold commas. */
static bool options_each(void *user, const char *key)
{
    (void)user;
    return !strcmp(key, "sample_prompts");
}

ink_status ink_train_config(const char *path, ink_arena *arena, ink_train_options *into, ink_err *err)
{
    return ink_yaml_read(path, options_pair, options_each, &(reading){ path, arena, into }, err);
}

ink_status ink_train_word(const char *word, ink_arena *arena, ink_train_options *into, ink_err *err)
{
    char key[128];
    const char *equals = strchr(word, '=');
    if (!equals || (size_t)(equals - word) >= sizeof key)
        return ink_fail(err, INK_E_ARGUMENT, "%.100s is no setting; settings are written key=value", word);
    snprintf(key, sizeof key, "%.*s", (int)(equals - word), word);
    return options_set(key, equals + 1, arena, into, err);
}
