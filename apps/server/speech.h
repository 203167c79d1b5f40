/* Speech for one call: a voice by name, a text, sound. Voices stay loaded; each speaks for one caller at a time, and shares the cores
   with everybody else piece by piece. */
#ifndef SERVER_SPEECH_H
#define SERVER_SPEECH_H

#include "server/loads.h"

#include <ink/voice.h>

extern const srv_loads_kind srv_voices;
srv_loads *srv_voices_of(srv_server *s);

typedef struct srv_speech {
    const char *voice;     /* a name of the store; NULL: the one of --voice, or any that was pulled */
    const char *speaker;   /* NULL: the first */
    const char *text;
    size_t size;
    double speed;          /* 1: as the voice was made */
    double length_scale, noise_scale, noise_w; /* < 0: the voice's */
    double sentence_silence;
    int64_t seed;
} srv_speech;

/* Speaks, piece by piece, on this thread; on() false stops it. begin is told the rate before the first sample (NULL: nobody). INK_E_STOPPED when the client goes away. */
ink_status srv_speak(srv_call *c, const srv_speech *s, void (*begin)(void *user, size_t rate), ink_on_sound *on, void *user, ink_err *err);

/* Samples as 16 bits, little-endian: 2 n bytes; what is beyond -1 to 1 is cut off. */
void srv_samples(const float *samples, size_t n, unsigned char *out);

/* The whole as a file's bytes in c->out, with its type. format: wav, mp3, flac, opus, ogg or pcm. */
ink_status srv_speak_file(srv_call *c, const srv_speech *s, const char *format, ink_err *err);

#endif
