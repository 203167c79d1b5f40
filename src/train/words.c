/* The words of other trainers (LLaMA-Factory, transformers, nanoGPT, PEFT): what each comes to here, those that change nothing, and
   why others cannot be had. */
#define _GNU_SOURCE
#include "train/train.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const ink_train_synonym ink_train_synonyms[] = {
    { "model_name_or_path", NULL, "model", NULL },
    { "finetuning_type", NULL, "method", NULL },
    { "adapter_name_or_path", NULL, "adapter", NULL },
    { "min_lr", NULL, "min_learning_rate", NULL },
    { "batch_size", NULL, "per_device_train_batch_size", NULL },
    { "max_iters", NULL, "max_steps", NULL },
    { "block_size", NULL, "cutoff_len", NULL },
    { "beta1", NULL, "adam_beta1", NULL },
    { "beta2", NULL, "adam_beta2", NULL },
    { "pre_seq_len", NULL, "num_virtual_tokens", NULL },
    { "lora_r", NULL, "lora_rank", NULL },
    { "target_modules", NULL, "lora_target", NULL },
    { "grad_clip", NULL, "max_grad_norm", NULL },
    { "optimizer", NULL, "optim", NULL },
    { "num_epochs", NULL, "num_train_epochs", NULL },
    { "neat_packing", NULL, "packing", NULL },
    { "early_stopping_patience", NULL, "early_stopping_steps", NULL },
    { "evaluation_strategy", NULL, "eval_strategy", NULL },
    { "stage", "pt", "stage", "pretrain" },
    { "optim", "adamw_torch", "optim", "adamw" },
    { "optim", "adamw_torch_fused", "optim", "adamw" },
    { "optim", "adamw_hf", "optim", "adamw" },
    { "lr_scheduler_type", "constant_with_warmup", "lr_scheduler_type", "constant" },
    { "eval_strategy", "false", "eval_strategy", "no" },
    { "save_strategy", "false", "save_strategy", "no" },
    { "bf16", "true", "dtype", "bf16" },
    { "bf16", "false", "dtype", "f32" },
    { "fp16", "false", NULL, NULL },
    { "pure_bf16", "false", NULL, NULL },
    { "do_train", "true", NULL, NULL },
    { "do_eval", "true", NULL, NULL },
    { "do_eval", "false", NULL, NULL },
    { "do_predict", "false", NULL, NULL },
    { "predict_with_generate", "false", NULL, NULL },
    { "plot_loss", "true", NULL, NULL },
    { "trust_remote_code", "true", NULL, NULL },
    { "trust_remote_code", "false", NULL, NULL },
    { "report_to", "none", NULL, NULL },
    { "report_to", "tensorboard", NULL, NULL },
    { "mask_history", "false", NULL, NULL },
    { "streaming", "false", NULL, NULL },
    { "mix_strategy", "concat", NULL, NULL },
    { "resize_vocab", "false", NULL, NULL },
    { "freeze_trainable_modules", "all", NULL, NULL },
    { "pissa_convert", "true", NULL, NULL },
    { "metric_for_best_model", "eval_loss", NULL, NULL },
    { "metric_for_best_model", "loss", NULL, NULL },
    { "greater_is_better", "false", NULL, NULL },
    { "save_safetensors", "true", NULL, NULL },
    { "push_to_hub", "false", NULL, NULL },
    { 0 },
};

/* Of words that are so anyway, why they cannot be otherwise. */
static const struct {
    const char *key, *why;
} words_why[] = {
    { "report_to", "a run reports to nobody; log.jsonl, log.csv and TensorBoard's events lie in output_dir" },
    { "fp16", "products are in bf16 (bf16: true) or f32" },
    { "pure_bf16", "weights that learn are f32; bf16: true multiplies in bf16" },
    { "do_train", "inkstone perplexity measures, inkstone generate writes" },
    { "do_predict", "inkstone generate writes" },
    { "predict_with_generate", "sample_prompts show what the model writes" },
    { "plot_loss", "loss.svg and loss.png are drawn at every checkpoint" },
    { "mask_history", "every answer of a conversation is learned" },
    { "streaming", "files are mapped, and what is learned lies in memory" },
    { "mix_strategy", "data sets are read one after the other and shuffled together" },
    { "resize_vocab", "the vocabulary is the model's" },
    { "freeze_trainable_modules", "layers change whole" },
    { "pissa_convert", "what is saved of PiSSA is a LoRA for any reader" },
    { "metric_for_best_model", "the best model is the one with the lowest eval_loss" },
    { "greater_is_better", "the best model is the one with the lowest eval_loss" },
    { "save_safetensors", "weights are saved as safetensors" },
    { "push_to_hub", "nothing leaves the machine" },
};

typedef struct words_unused { /* room for what is read and not used */
    bool on;
    int64_t count;
    const char *text;
} words_unused;
#define SWITCH(key, why) { .name = key, .type = INK_PARAM_BOOL, .at = offsetof(words_unused, on), .help = why }
#define NUMBER(key, why) { .name = key, .type = INK_PARAM_INT, .at = offsetof(words_unused, count), .min = -1, .max = 1e12, .help = why }
#define TEXT(key, why) { .name = key, .type = INK_PARAM_TEXT, .at = offsetof(words_unused, text), .help = why }

const ink_param ink_train_idle[] = {
    SWITCH("overwrite_cache", "data sets are read at every start; nothing is cached"),
    NUMBER("preprocessing_num_workers", "one thread reads the rows"),
    NUMBER("preprocessing_batch_size", "one thread reads the rows"),
    NUMBER("dataloader_num_workers", "samples lie in memory before the first step"),
    NUMBER("ddp_timeout", "a run is one process"),
    SWITCH("ddp_find_unused_parameters", "a run is one process"),
    TEXT("deepspeed", "a run is one process, which holds everything"),
    TEXT("fsdp", "a run is one process, which holds everything"),
    TEXT("flash_attn", "attention is computed without a matrix of all scores in any case"),
    SWITCH("use_unsloth", "kernels are inkstone's"),
    SWITCH("enable_liger_kernel", "kernels are inkstone's"),
    SWITCH("gradient_checkpointing", "recompute says what is computed twice, and results are the same"),
    SWITCH("disable_gradient_checkpointing", "recompute says what is computed twice, and results are the same"),
    SWITCH("use_reentrant_gc", "recompute says what is computed twice, and results are the same"),
    SWITCH("use_cache", "keys and values are kept where a model writes, not where it learns"),
    SWITCH("use_fast_tokenizer", "there is one kind of tokenizer"),
    SWITCH("low_cpu_mem_usage", "weights are mapped"),
    SWITCH("include_num_input_tokens_seen", "log.jsonl has tokens a second"),
    SWITCH("include_tokens_per_second", "log.jsonl has tokens a second"),
    NUMBER("pissa_iter", "the strongest directions are looked for in 24 rounds, with more vectors than are kept"),
    TEXT("quantization_method", "quantization_bit: 4 is Q4_K_M, 8 is Q8_0"),
    TEXT("quantization_type", "quantization_bit: 4 is Q4_K_M, 8 is Q8_0"),
    SWITCH("double_quantization", "quantization_bit: 4 is Q4_K_M, 8 is Q8_0"),
    { 0 },
};

static bool words_is_setting(const char *key)
{
    for (ink_param_walk w = ink_param_first(ink_train_params); w.param; ink_param_next(&w))
        if (!strcmp(w.param->name, key))
            return true;
    return false;
}

/* "report_to is none or tensorboard here, not wandb: a run reports to nobody; …" */
static ink_status words_refuse(const char *key, const char *value, ink_err *err)
{
    char may[128] = "";
    const char *why = NULL;
    for (const ink_train_synonym *w = ink_train_synonyms; w->key; w++)
        if (!strcmp(w->key, key) && w->value)
            snprintf(may + strlen(may), sizeof may - strlen(may), "%s%s", *may ? " or " : "", w->value);
    for (size_t i = 0; i < sizeof words_why / sizeof *words_why; i++)
        why = !strcmp(words_why[i].key, key) ? words_why[i].why : why;
    return ink_fail(err, INK_E_ARGUMENT, "%s is %s here, not \"%.40s\"%s%s", key, may, value, why ? ": " : "", why ? why : "");
}

ink_status ink_train_word_mean(const char **key, const char **value, bool *done, ink_err *err)
{
    static const char *const switches[] = { "true", "false" }; /* which Python's people write with a capital */
    bool known = false;
    for (size_t i = 0; i < 2; i++)
        *value = !strcasecmp(*value, switches[i]) ? switches[i] : *value;
    for (const ink_train_synonym *w = ink_train_synonyms; w->key; w++) {
        if (strcmp(w->key, *key))
            continue;
        known = true;
        if (w->value && strcmp(w->value, *value))
            continue;
        *done = !w->name;
        if (*done)
            return INK_OK;
        *key = w->name;
        *value = w->means ? w->means : *value;
    }
    return known && !words_is_setting(*key) ? words_refuse(*key, *value, err) : INK_OK;
}

ink_status ink_train_idle_set(const char *key, const char *value, ink_arena *arena, ink_train_options *into, ink_err *err)
{
    static const ink_param list[] = { { .name = "idle", .type = INK_PARAM_TEXTS, .at = offsetof(ink_train_options, idle) }, { 0 } };
    words_unused unused;
    INK_TRY(ink_param_set(ink_train_idle, key, value, arena, &unused, err));
    for (size_t i = 0; i < into->idle.count; i++)
        if (!strcmp(into->idle.at[i], key))
            return INK_OK;
    return ink_param_set(list, "idle", key, arena, into, err);
}
