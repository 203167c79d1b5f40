/* Chat templates by name, for models that have none of their own (LLaMA-Factory's `template`). The forms are those that the families were
   published with; what a model was taught with is left beside it, so it is asked with the same. */
#include "train/train.h"

#include <ink/file.h>
#include <stdio.h>
#include <string.h>

#define END "{{ eos_token if eos_token is defined else '' }}"
#define OTHERWISE(text) "{% if messages and messages[0]['role'] != 'system' %}" text "{% endif %}"

#define HEADINGS /* of Alpaca (Taori et al. 2023) */ \
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }}\n\n{% elif m['role'] == 'user' %}### Instruction:\n{{ m['content'] }}\n\n" \
    "{% else %}### Response:\n{{ m['content'] }}" END "\n\n{% endif %}{% endfor %}{% if add_generation_prompt %}### Response:\n{% endif %}"

static const struct {
    const char *name;
    const char *closes; /* the token that ends an answer; NULL: the model's end of text */
    const char *source;
} templates[] = {
    { "default", NULL, HEADINGS },
    { "alpaca", NULL,
      OTHERWISE("Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n")
      HEADINGS },
    { "chatml", "<|im_end|>",
      "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}" },
    { "llama3", "<|eot_id|>",
      "{{ bos_token if bos_token is defined else '' }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{{ m['content'] }}<|eot_id|>{% endfor %}"
      "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}" },
    { "vicuna", NULL,
      OTHERWISE("A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. ")
      "{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }} {% elif m['role'] == 'user' %}USER: {{ m['content'] }} {% else %}ASSISTANT: {{ m['content'] }}" END
      "{% endif %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}" },
};
enum { TEMPLATES = sizeof templates / sizeof *templates };

ink_status ink_template_named(const ink_tokenizer *t, const char *name, const char **source, ink_err *err)
{
    char known[128] = "";
    *source = NULL;
    if (ink_tokenizer_template(t))
        return INK_OK;
    for (size_t i = 0; i < TEMPLATES; i++) {
        const char *closes = templates[i].closes;
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", templates[i].name);
        if (strcmp(name ? name : templates[0].name, templates[i].name))
            continue;
        if (closes && ink_tokenizer_find(t, closes, strlen(closes)) < 0)
            return ink_fail(err, INK_E_UNSUPPORTED, "template %s ends an answer with %s, which is no token of this model; alpaca and vicuna end it with the model's end of text", name, closes);
        *source = templates[i].source;
        return INK_OK;
    }
    return ink_fail(err, INK_E_ARGUMENT, "the model has no chat template of its own, and none called %.40s is known here; known are %s", name, known);
}

ink_status ink_template_leave(const char *source, const char *folder, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/chat_template.jinja", folder));
    return ink_file_write(path.text, source, strlen(source), err);
}
