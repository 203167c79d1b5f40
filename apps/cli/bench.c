/* inkstone bench: how fast this machine runs a model, and how near that is to what it could do. */
#include "cli.h"

#include <ink/machine.h>
#include <stdlib.h>

typedef struct bench_options {
    const char *model;
    int64_t prompt, n, repeat, threads;
    int kind, kv;
    bool json;
} bench_options;

static const char *const bench_kinds[] = { "text", "machine", NULL };

static const ink_param bench_params[] = {
    { .name = "kind", .type = INK_PARAM_CHOICE, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(bench_options, kind), .choices = bench_kinds,
      .def = -1, .value = "KIND", .help = "what is measured: reading a prompt and writing an answer, or the machine without a model" },
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .at = offsetof(bench_options, model), .help = "text: catalogue name, file or folder, or hf:user/repo[:quant]" },
    { .name = "prompt", .flag = 'p', .type = INK_PARAM_INT, .at = offsetof(bench_options, prompt), .min = 1, .max = 1e6, .def = 512, .help = "tokens of the prompt" },
    { .name = "n", .flag = 'n', .type = INK_PARAM_INT, .at = offsetof(bench_options, n), .min = 1, .max = 1e6, .def = 128, .help = "tokens decoded, from an empty context" },
    { .name = "repeat", .flag = 'r', .type = INK_PARAM_INT, .at = offsetof(bench_options, repeat), .min = 1, .max = 1000, .def = 3,
      .help = "how often each is timed, after one round to warm up; speeds are means" },
    CLI_THREADS(bench_options),
    CLI_KV(bench_options),
    CLI_JSON(bench_options),
    { 0 },
};

typedef struct bench_work {
    const bench_options *o;
    cli_model model;
    ink_seq *seq;
    int32_t *ids;
    size_t vocab;
    ink_err *err;
} bench_work;

typedef struct bench_speed { /* seconds of one round */
    double mean, best;
} bench_speed;

typedef struct bench_result {
    double prefill, prefill_best, decode, decode_best; /* tokens a second */
    double bytes_per_token, bandwidth, share;
    double matmul_gops, matmul_time, peak_gops;
} bench_result;

static void bench_ids(bench_work *w, size_t n)
{
    uint32_t state = 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        w->ids[i] = (int32_t)((state >> 8) % w->vocab);
    }
}

static void bench_ignore(void *user, size_t feed, size_t index, const float *logits)
{
    (void)user, (void)feed, (void)index, (void)logits;
}

static ink_status bench_feed(bench_work *w, size_t from, size_t n)
{
    const ink_feed feed = { .seq = w->seq, .ids = w->ids + from, .count = n, .want = INK_WANT_LAST };
    if (cli_stop_asked())
        return ink_fail(w->err, INK_E_STOPPED, "stopped");
    return ink_llm_step(w->model.llm, &feed, 1, bench_ignore, NULL, w->err);
}

static ink_status bench_prefill(bench_work *w)
{
    return bench_feed(w, 0, (size_t)w->o->prompt);
}

static ink_status bench_decode(bench_work *w)
{
    for (size_t i = 0; i < (size_t)w->o->n; i++)
        INK_TRY(bench_feed(w, i, 1));
    return INK_OK;
}

/* Rounds from an empty context; the caller has run one before. */
static ink_status bench_time(bench_work *w, ink_status (*round)(bench_work *w), bench_speed *out)
{
    double total = 0, best = 0;
    for (int64_t i = 0; i < w->o->repeat; i++) {
        ink_seq_keep(w->seq, 0);
        double begin = cli_now();
        INK_TRY(round(w));
        double seconds = cli_now() - begin;
        total += seconds;
        best = i && best < seconds ? best : seconds;
    }
    *out = (bench_speed){ .mean = total / (double)w->o->repeat, .best = best };
    return INK_OK;
}

static ink_status bench_measure(bench_work *w, bench_result *r)
{
    const bench_options *o = w->o;
    bench_speed prefill, decode;
    ink_llm *llm = w->model.llm;
    INK_TRY(bench_prefill(w));
    ink_llm_meter_set(llm, true);
    INK_TRY(bench_time(w, bench_prefill, &prefill));
    const ink_products m = ink_llm_meter_read(llm);
    ink_llm_meter_set(llm, false);
    ink_seq_keep(w->seq, 0);
    INK_TRY(bench_feed(w, 0, 1));
    INK_TRY(bench_time(w, bench_decode, &decode));
    for (size_t i = 0; i < (size_t)o->n; i++)
        r->bytes_per_token += ink_llm_bytes_per_token(llm, i) / (double)o->n;
    r->prefill = (double)o->prompt / prefill.mean;
    r->prefill_best = (double)o->prompt / prefill.best;
    r->decode = (double)o->n / decode.mean;
    r->decode_best = (double)o->n / decode.best;
    r->matmul_gops = ink_products_rate(&m);
    r->matmul_time = m.seconds / (prefill.mean * (double)o->repeat);
    return INK_OK;
}

/* What the machine could do, with the same threads. */
static ink_status bench_machine(bench_work *w, bench_result *r)
{
    size_t threads = ink_llm_threads(w->model.llm);
    ink_machine_speed speed;
    INK_TRY(ink_machine_rates(threads, &speed, w->err));
    int form = ink_llm_matmul_form(w->model.llm);
    r->peak_gops = form == 'i' ? speed.int8_gops : form == 'b' ? speed.bf16_gops : speed.f32_gops;
    INK_TRY(ink_machine_bandwidth(threads, ink_weights_bytes(ink_model_weights(w->model.model)), &r->bandwidth, w->err));
    r->share = r->bandwidth > 0 ? r->bytes_per_token * r->decode / 1e9 / r->bandwidth : 0;
    return INK_OK;
}

static void bench_json(const bench_work *w, const bench_result *r)
{
    const struct {
        const char *name;
        double value;
    } fields[] = {
        { "prefill_tps", r->prefill }, { "decode_tps", r->decode }, { "bytes_per_token", r->bytes_per_token }, { "bandwidth_gbps", r->bandwidth },
        { "share", r->share }, { "matmul_gops", r->matmul_gops }, { "matmul_time", r->matmul_time }, { "peak_gops", r->peak_gops },
        { "prefill_best_tps", r->prefill_best }, { "decode_best_tps", r->decode_best },
    };
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        ink_jot_number(&j, fields[i].name, fields[i].value);
    ink_jot_integer(&j, "threads", (int64_t)ink_llm_threads(w->model.llm));
    ink_jot_number(&j, "load_ms", 1e3 * w->model.load_seconds);
    cli_jot_finish(&j);
}

static void bench_text(const bench_work *w, const bench_result *r)
{
    char bytes[32];
    cli_size(r->bytes_per_token, bytes, sizeof bytes);
    printf("%-10s%8.1f tokens/s  prompt of %lld; products at %.0f of %.0f G op/s (%.0f %%), %.0f %% of the time\n", "prefill", r->prefill, (long long)w->o->prompt,
           r->matmul_gops, r->peak_gops, r->peak_gops > 0 ? 100 * r->matmul_gops / r->peak_gops : 0, 100 * r->matmul_time);
    printf("%-10s%8.1f tokens/s  %lld from an empty context; %s a token, %.0f %% of %.1f GB/s\n", "decode", r->decode, (long long)w->o->n, bytes, 100 * r->share,
           r->bandwidth);
    printf("%zu threads, loaded in %.2f s; best rounds %.1f and %.1f tokens/s\n", ink_llm_threads(w->model.llm), w->model.load_seconds, r->prefill_best, r->decode_best);
}

static ink_status bench_work_run(bench_work *w)
{
    const bench_options *o = w->o;
    bench_result r = { 0 };
    size_t longest = (size_t)(o->prompt > o->n ? o->prompt : o->n);
    const ink_llm_options llm = { .threads = (size_t)o->threads, .context = longest, .kv = (ink_llm_kv)o->kv };
    if (!o->model)
        return ink_fail(w->err, INK_E_ARGUMENT, "bench text needs a model: -m with a catalogue name, a file or a folder");
    INK_TRY(cli_model_open(&w->model, o->model, w->err));
    INK_TRY(cli_model_pack(&w->model, &llm, w->err));
    w->vocab = ink_model_describe(w->model.model)->vocab;
    w->ids = calloc(longest, sizeof *w->ids);
    if (!w->ids)
        return ink_fail(w->err, INK_E_MEMORY, "no memory for a prompt of %zu tokens", longest);
    bench_ids(w, longest);
    INK_TRY(ink_seq_new(w->model.llm, &w->seq, w->err));
    INK_TRY(bench_measure(w, &r));
    INK_TRY(bench_machine(w, &r));
    (o->json ? bench_json : bench_text)(w, &r);
    return INK_OK;
}

/* Rates of arithmetic in registers, and of reading what no cache holds. */
static ink_status bench_machine_run(bench_work *w)
{
    enum { READ_BYTES = 1 << 30 };
    const size_t threads = (size_t)w->o->threads;
    ink_machine_speed speed;
    double gbps;
    INK_TRY(ink_machine_rates(threads, &speed, w->err));
    INK_TRY(ink_machine_bandwidth(threads, READ_BYTES, &gbps, w->err));
    if (!w->o->json) {
        printf("in registers: int8 %.0f, bf16 %.0f, f32 %.0f G op/s; reading %.1f GB/s\n", speed.int8_gops, speed.bf16_gops, speed.f32_gops, gbps);
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_number(&j, "int8_gops", speed.int8_gops);
    ink_jot_number(&j, "bf16_gops", speed.bf16_gops);
    ink_jot_number(&j, "f32_gops", speed.f32_gops);
    ink_jot_number(&j, "bandwidth_gbps", gbps);
    cli_jot_finish(&j);
    return INK_OK;
}

static ink_status bench_run(const void *options, ink_err *err)
{
    static ink_status (*const runs[])(bench_work *w) = { bench_work_run, bench_machine_run }; /* by bench_kinds */
    bench_work w = { .o = options, .err = err };
    cli_stop_catch();
    ink_status status = runs[w.o->kind](&w);
    ink_seq_free(w.seq);
    free(w.ids);
    cli_model_close(&w.model);
    return status;
}

const cli_command cli_bench = {
    .params = bench_params,
    .size = sizeof(bench_options),
    .about = "Prefill is reading a prompt of pseudo-random tokens; decode is writing token by token from an empty context. Beside each stands what limits it: "
             "the processor's arithmetic for the one, for the other the memory's bandwidth, both measured on the spot with the same threads.",
    .examples = { { "bench text -m smollm2 -p 512 -n 128", "tokens a second" }, { "bench machine", "the most that this machine can do" } },
    .computes = true,
    .run = bench_run,
};
