/* A model's numbers, from GGUF metadata or from config.json, by one table that names both. */
#ifndef INK_MODELS_CONFIG_H
#define INK_MODELS_CONFIG_H

#include "base/json.h"
#include "nn/nn.h"

#include <ink/model.h>
#include <math.h>

typedef struct ink_settings { /* where numbers are read from */
    const ink_weights *weights;
    const ink_json *json;     /* config.json; NULL: GGUF metadata */
    const char *architecture; /* prefix of GGUF keys */
} ink_settings;

typedef enum ink_setting_kind { INK_SETTING_COUNT, INK_SETTING_REAL, INK_SETTING_BOOL } ink_setting_kind; /* size_t, double, bool */

/* `file` and `hugging` name the same number in a GGUF (after "ARCH.", but for those of its tokenizer) and in config.json; | parts names to try in turn, a
   dot goes into an object. A required number that is absent, or one out of [least, most], is a sentence. */
typedef struct ink_setting {
    size_t at;                /* offset of the field */
    ink_setting_kind kind;
    const char *file, *hugging; /* NULL ends the table (both) */
    double least, most;
    double otherwise;         /* when absent; INK_REQUIRED: that is an error */
} ink_setting;
ink_status ink_settings_read(const ink_settings *s, const ink_setting *table, void *into, ink_err *err);
/* Text, or NULL when absent. */
const char *ink_settings_text(const ink_settings *s, const char *file, const char *hugging, char *room, size_t size);
/* Choices of config.json that inkstone makes in one way only: anything but these words ("true" and "false" too) is refused. */
typedef struct ink_choice {
    const char *hugging, *words[4]; /* hugging NULL ends the table; absent is fine */
} ink_choice;
ink_status ink_settings_choices(const ink_settings *s, const ink_choice *table, ink_err *err);
const ink_json *ink_settings_json(const ink_settings *s, const char *path); /* NULL when absent, or for a GGUF */
bool ink_config_says(const ink_weights *gguf, const char *key, const char *text); /* whether the metadata have this text */

typedef struct ink_config {
    size_t first_position, types; /* encoders: the number of a sequence's first position; kinds of tokens */
    size_t padding;               /* encoders: the token that fills up, as files say it */
    size_t layers, width, heads, kv_heads, head_dim, ffn, vocab, context;
    double eps;
    ink_rope_options rope;
    size_t window, global_every;  /* sliding layers: all but every so-manieth (0: all, when there is a window) */
    double local_base;            /* rotary base of sliding layers; 0: the same */
    double attention_softcap, final_softcap, query_scale; /* 0: none, none; queries are divided by the root of the last */
    size_t experts, experts_used, expert_ffn; /* 0: one feed-forward for all */
    bool normalised;              /* the weights of the experts that are used sum to one */
    bool parallel;                /* attention and feed-forward read the same */
    bool sinking;                 /* scores sink with distance (ALiBi), as Falcon says it */
    bool norms_before;            /* a norm before each half of a block, not after, as OPT says it */
    size_t table;                 /* values of a row of the table of tokens; 0: the width */
    bool one_key;                 /* all heads share one key and value, as Falcon says it */
    double rotary_part;           /* of a head that turns, as GPT-NeoX says it */
    int variant;                  /* of the architecture's own */
    size_t source_layers;         /* of what is read; 0: nothing is */
    size_t start;                 /* the token that what is written begins with */
    size_t buckets, far;          /* of distances (ink_nn_distances) */
    bool endless;                 /* positions have no last one: a longer context than `context` may be asked for */
    bool tied;                    /* the head is the table of tokens, where an architecture has to know */
} ink_config;

#define INK_REQUIRED ((double)NAN) /* no number stands for an absent one */
enum { INK_CONFIG_MOST = 1 << 24 }; /* no count of a configuration is larger */

/* Every head has keys of its own, and they share the width without a rest. */
ink_status ink_config_whole_heads(const ink_settings *s, ink_config *c, ink_err *err);
/* Heads of queries share those of keys without a rest: as many where nobody says how many, and of the width that is theirs where nobody says it. */
ink_status ink_config_share(const ink_settings *s, ink_config *c, ink_err *err);
/* Tokens of a sequence where nobody asks for more. Of LongRoPE those for which the divisors of the original context are meant. */
size_t ink_config_usual(const ink_config *c);
/* Rotary scaling, which all families write alike. */
ink_status ink_config_rope(const ink_settings *s, ink_config *c, ink_err *err);
/* What multiplies cos and sin where nobody says so (YaRN). */
double ink_config_magnitude(double factor, double by);
double ink_config_long_magnitude(const ink_rope_options *o, double context); /* LongRoPE */

/* A model as files call it: GGUF's general.architecture, config.json's model_type and, of `architectures`, the class. */
typedef struct ink_kind {
    const char *file, *hugging, *class; /* the last row: NULL */
    const char *tensor;                 /* of several with one name in a GGUF, the one that has this tensor; NULL: those without one, the first of them */
    const char *tokenizer;              /* likewise, the one whose tokenizer is of this kind (tokenizer.ggml.model) */
} ink_kind;

/* An entry of config.json that says whether there is a tensor, for writing one. */
typedef struct ink_sign {
    const char *hugging, *tensor; /* the last row: NULL */
    bool absent;                  /* true where the tensor is not there */
    bool otherwise;               /* what is meant when the entry is missing */
    const char *words[2];         /* what the entry says instead of false and true; NULL: it says these */
} ink_sign;

/* An encoder's head for labels (models/classes.h): out(act(dense(the first row))). */
typedef struct ink_label_names {
    const char *dense, *out;
    ink_node *(*act)(ink_graph *g, ink_node *x);
    const char *modules[3];       /* what PEFT saves of it whole */
    bool twice;                   /* the two of a pair are parted by two closing tokens */
} ink_label_names;

typedef struct ink_architecture {
    const char *name;
    const char *const *also;      /* other names that files use; NULL-terminated */
    const ink_kind *kinds;        /* what convert writes; names of these are known too. NULL: not converted */
    const ink_sign *signs;        /* may be NULL */
    const ink_setting *const *settings; /* what configure reads, for convert to write; NULL-terminated */
    const ink_name_rule *rules;
    bool (*owns)(const ink_weights *gguf); /* of several with one name in a GGUF, whether this file is this one's; NULL: those that no other owns */
    const char *late;             /* the table of positions, where a GGUF lacks the rows before a sequence's first; NULL: it has them all */
    const char *output;           /* Hugging Face's name of a head of its own; NULL: lm_head.weight */
    const char *embedding;        /* Hugging Face's name of the table of tokens, whose rows are the vocabulary */
    double deviation;             /* of a new model's matrices; 0: 0.02 */
    const ink_label_names *labels; /* encoders; NULL of others */
    bool encoder;                 /* rows see all of their sequence; nothing is kept, no text is foreseen */
    bool keeps_state;             /* blocks keep a state for each position instead of keys and values: always floats */
    ink_status (*configure)(const ink_settings *s, ink_config *c, ink_err *err);
    /* Of models that read one sequence and write another: what is read, [rows of it, width]; then each layer of the body keeps what it will see
       (ink_nn_keep). NULL: the body goes on with its own sequence alone. */
    ink_node *(*source)(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions);
    ink_node *(*body)(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions); /* [rows, width] */
    bool (*has)(const ink_json *config, const char *name); /* whether a new model has this optional tensor; NULL: biases and a head of its own are not had */
    ink_node *(*head)(ink_net *n, const ink_config *c, ink_node *x);                        /* [outputs, vocab] */
} ink_architecture;

/* Settings on their way into a file (config_write.c): only what differs from what is meant when nothing is said. */
struct ink_gguf_pairs;
ink_status ink_config_to_gguf(const ink_architecture *a, const char *kind, const ink_config *c, struct ink_gguf_pairs *out, ink_err *err);
ink_status ink_config_to_json(const ink_architecture *a, const ink_config *c, ink_json *out, ink_err *err);
/* INK_E_UNSUPPORTED, naming it, when a setting came through the other file as another number. */
ink_status ink_config_same(const ink_architecture *a, const ink_config *was, const ink_config *is, const char *file, ink_err *err);

#define INK_MODEL(name) extern const ink_architecture ink_arch_##name;
#include "models/models.def"
#undef INK_MODEL

/* The source, where there is one, from inputs of these slots, kept for the body that is built next. n->batch is the body's. */
typedef struct ink_source_slots {
    size_t ids, positions, batch, cross;
} ink_source_slots;
void ink_architecture_source(const ink_architecture *a, ink_net *n, const ink_config *c, const ink_source_slots *slots);
/* The body of an architecture that describes itself for its weights alone: net and graph (begun) are filled; what the body ends with. */
ink_node *ink_architecture_asking(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, ink_graph *g, ink_net *n);
/* The weights of source, body and head, asked for in the order in which they are used. */
ink_status ink_architecture_ask(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, ink_err *err);
ink_status ink_architecture_ask_body(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, ink_err *err); /* the body's alone */
/* A model from nothing: a folder with config.json (vocab_size is set to `vocab` unless that is 0) and weights drawn with this seed. */
ink_status ink_model_create(const char *config, size_t vocab, uint64_t seed, const char *folder, ink_err *err);

/* What other files of the library need of a model. */
const ink_architecture *ink_model_architecture(const ink_model *m);
static inline const char *ink_architecture_output(const ink_architecture *a) { return a->output ? a->output : "lm_head.weight"; }
bool ink_architecture_goes_by(const ink_architecture *a, const char *name); /* in any kind of file */
const ink_architecture *ink_architecture_named(const char *name, const ink_weights *gguf); /* NULL when there is none; gguf: or NULL */
const ink_config *ink_model_config(const ink_model *m);
const char *ink_model_kind(const ink_model *m); /* what its file calls the architecture */

#endif
