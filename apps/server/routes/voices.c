/* GET /voices: the voices that were pulled, with what their makers say of them. */
#include "server/models.h"

#include <ink/voice.h>
#include <string.h>

static void voices_one(ink_jot *j, const srv_known *m)
{
    ink_voice *v;
    ink_jot_object(j, NULL);
    ink_jot_text(j, "id", m->name);
    ink_jot_text(j, "name", m->name);
    if (!ink_voice_open(m->path, &v, NULL)) {
        const ink_voice_info *i = ink_voice_describe(v);
        ink_json *settings = NULL;
        ink_jot_integer(j, "sample_rate", (int64_t)i->rate);
        ink_jot_integer(j, "speakers", (int64_t)(i->speakers ? i->speakers : 1));
        ink_jot_number(j, "length_scale", i->length_scale);
        ink_jot_number(j, "noise_scale", i->noise_scale);
        ink_jot_number(j, "noise_w", i->noise_w);
        if (i->settings && !ink_json_parse(i->settings, i->settings_size, m->name, &settings, NULL)) {
            const char *language = ink_json_string(ink_json_get(ink_json_get(settings, "language"), "code"), NULL);
            if (language)
                ink_jot_text(j, "language", language);
            if (ink_json_size(ink_json_get(settings, "speaker_id_map")))
                srv_jot_json(j, "speaker_id_map", ink_json_get(settings, "speaker_id_map"));
        }
        ink_json_free(settings);
        ink_voice_close(v);
    }
    ink_jot_end(j);
}

static ink_status voices_run(srv_call *c, ink_err *err)
{
    srv_known *list;
    size_t count;
    INK_TRY(srv_models_known(c->server, c->arena, &list, &count, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "voices");
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == SRV_VOICE)
            voices_one(&j, &list[i]);
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_voices;
const srv_route srv_route_voices = {
    .method = "GET", .paths = (const char *const[]){ "/voices", "/v1/audio/voices", NULL }, .about = "The voices that were pulled.", .run = voices_run,
};
