/* Lines about a run for people who look at what it prints: one every logging_steps, and one about what was asked for in vain. */
#include "train/train.h"

#include <stdio.h>
#include <string.h>

void ink_tell_step(ink_tell *t, const ink_train_options *o, const ink_train_hooks *hooks, const ink_train_report *r)
{
    char text[256];
    t->loss += r->loss;
    t->steps++;
    if (!o->logging_steps || !hooks->say || (r->step % (size_t)o->logging_steps && r->step != r->steps))
        return;
    snprintf(text, sizeof text, "step %zu of %zu, epoch %.2f: loss %.4f (mean of %zu), gradient %.3g, rate %.3g, %.0f tokens a second", r->step, r->steps, r->epoch, t->loss / (double)t->steps,
             t->steps, r->grad_norm, r->rate, r->tokens_per_second);
    *t = (ink_tell){ 0 };
    hooks->say(hooks->user, text);
}

/* Settings of inkstone's own that others make void. */
static void tell_void(const ink_train_options *o, char *text, size_t size)
{
    const struct { bool is; const char *what; } list[] = {
        { o->eval_when == INK_WHEN_NEVER && o->eval_steps, "eval_steps (eval_strategy is no)" },
        { o->template_name && o->stage != INK_STAGE_SFT, "template (conversations are rendered in stage sft)" },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].is)
            snprintf(text + strlen(text), size - strlen(text), "%s%s", *text ? ", " : "", list[i].what);
}

void ink_tell_idle(const ink_train_options *o, const ink_train_hooks *hooks)
{
    char list[1024] = "", text[1100];
    for (size_t i = 0; i < o->idle.count && strlen(list) < sizeof list / 2; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", o->idle.at[i]);
    tell_void(o, list, sizeof list);
    snprintf(text, sizeof text, "no effect here: %s", list);
    if (*list && hooks->say)
        hooks->say(hooks->user, text);
}
