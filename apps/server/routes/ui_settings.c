/* GET /ui/settings: every setting of sampling as the table has it, for controls on a page. */
#include "server/call.h"

#include <ink/sampler.h>

static ink_status ui_settings_run(srv_call *c, ink_err *err)
{
    static const char *const types[] = { [INK_PARAM_BOOL] = "bool", [INK_PARAM_INT] = "int", [INK_PARAM_REAL] = "real", [INK_PARAM_TEXT] = "text", [INK_PARAM_CHOICE] = "choice",
                                         [INK_PARAM_TEXTS] = "texts", [INK_PARAM_INTS] = "ints" };
    ink_jot j = srv_jot(&c->out);
    (void)err;
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "settings");
    for (ink_param_walk w = ink_param_first(ink_sampling_params); w.param; ink_param_next(&w)) {
        char text[512];
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "name", w.param->name);
        ink_jot_text(&j, "type", types[w.param->type]);
        if (w.param->min < w.param->max) {
            ink_jot_number(&j, "min", w.param->min);
            ink_jot_number(&j, "max", w.param->max);
        }
        ink_param_default(w.param, text, sizeof text);
        ink_jot_text(&j, "default", text);
        ink_jot_text(&j, "help", w.param->help);
        ink_jot_end(&j);
    }
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_ui_settings;
const srv_route srv_route_ui_settings = { .method = "GET", .paths = (const char *const[]){ "/ui/settings", NULL }, .about = "Every setting of sampling, from its table.", .run = ui_settings_run };
