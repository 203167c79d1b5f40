/* Inside an ink_voice: what the part that computes needs of it. */
#ifndef INK_MODELS_VOICE_H
#define INK_MODELS_VOICE_H

#include "models/vits.h"

#include <ink/voice.h>

#define INK_VOICE_SETTINGS "vits.settings" /* the key of a GGUF that holds them */

struct ink_voice {
    ink_weights *weights;
    vits_config config;
    ink_voice_info info;
    ink_buf text;   /* the settings, as they are */
    ink_json *json; /* and read; NULL: none */
};

#endif
