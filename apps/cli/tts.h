/* Between the files of inkstone tts: tts.c (settings, one sound) and tts_lines.c (lines as they come, a sound for each). */
#ifndef CLI_TTS_H
#define CLI_TTS_H

#include "cli.h"

#include <ink/say.h>
#include <ink/sound.h>
#include <ink/voice.h>

enum { TTS_PIECE = 4096 };

typedef struct tts_options {
    const char *model, *text, *file, *out, *folder, *srt, *srt_words, *speaker, *noise_from, *lexicon, *book, *quotes, *format, *watermark;
    ink_param_ints ids;
    double noise_scale, length_scale, noise_w, sentence_silence, paragraph_silence, heading_silence, speed, volume;
    int phonemizer, notice, type;
    int64_t seed, threads;
    bool json, raw, json_input, quiet;
} tts_options;

typedef struct tts_work {
    const tts_options *o;
    char *path;
    ink_voice *voice;
    ink_speaker *speaker;
    int32_t speaker_id;
    ink_symbols *symbols;
    ink_phonemizer *phonemizer;
    ink_sound *sound;         /* that is being made, and who says it */
    ink_sayer *sayer;
    ink_said said;
    ink_speech speech;        /* of ids */
    char *noise[2];           /* e1, e2 */
    size_t noise_bytes[2], samples;
    double began, load_seconds, first_audio_seconds;
    ink_err *err;
    ink_status written;       /* the first failure to write */
} tts_work;

ink_status tts_begin(tts_work *w, const char *path, ink_err *err);
ink_status tts_say(tts_work *w, const char *text, size_t n, ink_err *err);
ink_status tts_end(tts_work *w, const char *path, ink_status status, ink_err *err); /* status: what came of it so far */

bool tts_notice_is(const tts_options *o, const char *kind);
const char *tts_notice_words(const tts_work *w); /* in the language of the voice */
ink_utterance tts_utterance(const tts_work *w, const ink_voice *voice);
ink_status tts_open_text(const tts_work *w, const ink_voice *voice, const char *path, ink_symbols **symbols, ink_phonemizer **phonemizer, ink_err *err);

ink_status tts_book(tts_work *w, ink_err *err);
ink_status tts_lines(tts_work *w, ink_err *err); /* all lines into the sound that is begun */
ink_status tts_each(tts_work *w, ink_err *err);  /* each into its own */

#endif
