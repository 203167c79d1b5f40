/* Sound into files, through libsndfile where a format has more than samples. */
#include <ink/file.h>
#include <ink/sound.h>
#include <ink/watermark.h>

#include <math.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SOUND_FLOATS = -1, SOUND_SHORTS = -2 }; /* formats without a header */
enum { SOUND_PIECE = 4096 };

static const struct {
    const char *suffix;
    int format;
} sound_formats[] = {
    { ".f32", SOUND_FLOATS },
    { ".raw", SOUND_SHORTS },
    { ".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16 },
    { ".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16 },
    { ".ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS },
    { ".opus", SF_FORMAT_OGG | SF_FORMAT_OPUS },
    { ".mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III },
};

struct ink_sound {
    ink_writer writer;
    SNDFILE *file; /* NULL: no header */
    int format;
    bool marked;
    ink_watermark mark;
};

static ink_status sound_format(const char *path, int *format, ink_err *err)
{
    const char *dot = strrchr(path, '.');
    if (!strcmp(path, "-")) {
        *format = SOUND_SHORTS;
        return INK_OK;
    }
    for (size_t i = 0; dot && i < sizeof sound_formats / sizeof *sound_formats; i++)
        if (!strcasecmp(dot, sound_formats[i].suffix)) {
            *format = sound_formats[i].format;
            return INK_OK;
        }
    return ink_fail(err, INK_E_ARGUMENT, "%s: sound is written as .wav, .flac, .ogg, .opus, .mp3, .raw or .f32", path);
}

static void sound_tell(SNDFILE *f, const ink_sound_about *about)
{
    sf_set_string(f, SF_STR_SOFTWARE, "inkstone");
    if (about && about->title)
        sf_set_string(f, SF_STR_TITLE, about->title);
    if (about && about->comment)
        sf_set_string(f, SF_STR_COMMENT, about->comment);
    if (about && about->licence)
        sf_set_string(f, SF_STR_LICENSE, about->licence);
}

static ink_status sound_begin(ink_sound *s, const char *path, size_t rate, const ink_sound_about *about, ink_err *err)
{
    SF_INFO info = { .samplerate = (int)rate, .channels = 1, .format = s->format };
    if (s->format < 0)
        return INK_OK;
    if (!sf_format_check(&info))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: libsndfile writes no such file at %zu samples a second", path, rate);
    s->file = sf_open_fd(s->writer.fd, SFM_WRITE, &info, 0);
    if (!s->file)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: libsndfile cannot write it: %s", path, sf_strerror(NULL));
    sf_command(s->file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    sound_tell(s->file, about);
    return INK_OK;
}

ink_status ink_sound_create(const char *path, size_t rate, const ink_sound_about *about, ink_sound **out, ink_err *err)
{
    int format = 0;
    INK_TRY(sound_format(path, &format, err));
    ink_sound *s = calloc(1, sizeof *s);
    if (!s)
        return ink_fail(err, INK_E_MEMORY, "no memory to write %s", path);
    s->format = format;
    s->marked = about && about->watermark;
    if (s->marked)
        ink_watermark_begin(&s->mark, about->watermark, rate);
    ink_status status = ink_writer_begin(&s->writer, strcmp(path, "-") ? path : "/dev/stdout", err);
    if (status == INK_OK)
        status = sound_begin(s, path, rate, about, err);
    if (status != INK_OK) {
        ink_sound_drop(s);
        return status;
    }
    *out = s;
    return INK_OK;
}

static ink_status sound_add_shorts(ink_sound *s, const float *samples, size_t n, ink_err *err)
{
    int16_t piece[SOUND_PIECE];
    for (size_t i = 0; i < n; i++) {
        const float v = samples[i] > 1 ? 1 : samples[i] > -1 ? samples[i] : -1;
        piece[i] = (int16_t)lrintf(v * 32767);
    }
    return ink_writer_add(&s->writer, piece, n * sizeof *piece, err);
}

/* At most SOUND_PIECE of them. */
static ink_status sound_add_piece(ink_sound *s, const float *samples, size_t n, ink_err *err)
{
    if (s->format == SOUND_FLOATS)
        return ink_writer_add(&s->writer, samples, n * sizeof *samples, err);
    if (!s->file)
        return sound_add_shorts(s, samples, n, err);
    if (sf_write_float(s->file, samples, (sf_count_t)n) != (sf_count_t)n)
        return ink_fail(err, INK_E_IO, "%s cannot be written: %s", s->writer.path, sf_strerror(s->file));
    return INK_OK;
}

ink_status ink_sound_add(ink_sound *s, const float *samples, size_t n, ink_err *err)
{
    float marked[SOUND_PIECE];
    for (size_t i = 0, left; i < n; i += left) {
        left = n - i < SOUND_PIECE ? n - i : SOUND_PIECE;
        if (s->marked) {
            memcpy(marked, samples + i, left * sizeof *marked);
            ink_watermark_add(&s->mark, marked, left);
        }
        INK_TRY(sound_add_piece(s, s->marked ? marked : samples + i, left, err));
    }
    return INK_OK;
}

ink_status ink_sound_finish(ink_sound *s, ink_err *err)
{
    ink_status status = INK_OK;
    if (s->file && sf_close(s->file))
        status = ink_fail(err, INK_E_IO, "%s cannot be written to its end", s->writer.path);
    s->file = NULL;
    if (status == INK_OK)
        status = ink_writer_commit(&s->writer, err);
    ink_sound_drop(s);
    return status;
}

void ink_sound_drop(ink_sound *s)
{
    if (!s)
        return;
    if (s->file)
        sf_close(s->file);
    ink_writer_abandon(&s->writer);
    free(s);
}

/* ---- reading ---- */

enum { SOUND_MOST = 1u << 31 };

static ink_status sound_mix(SNDFILE *f, const SF_INFO *info, const char *path, float **samples, size_t *count, ink_err *err)
{
    float piece[SOUND_PIECE];
    const sf_count_t channels = info->channels, frames = SOUND_PIECE / channels;
    size_t room = 0;
    *samples = NULL;
    *count = 0;
    for (sf_count_t n; (n = sf_readf_float(f, piece, frames)) > 0;) {
        if (*count + (size_t)n > room) {
            room = room ? 2 * room : (size_t)1 << 20;
            float *more = *count + (size_t)n < SOUND_MOST ? realloc(*samples, room * sizeof *more) : NULL;
            if (!more) {
                free(*samples);
                return ink_fail(err, INK_E_MEMORY, "%s: no memory for its samples", path);
            }
            *samples = more;
        }
        for (sf_count_t i = 0; i < n; i++) {
            float sum = 0;
            for (sf_count_t c = 0; c < channels; c++)
                sum += piece[i * channels + c];
            (*samples)[(*count)++] = sum / (float)channels;
        }
    }
    return *count ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: holds no sound", path);
}

ink_status ink_sound_read(const char *path, float **samples, size_t *count, size_t *rate, ink_err *err)
{
    SF_INFO info = { 0 };
    SNDFILE *f = sf_open(path, SFM_READ, &info);
    if (!f)
        return ink_fail(err, INK_E_FORMAT, "%s: cannot be read as sound: %s", path, sf_strerror(NULL));
    *rate = (size_t)info.samplerate;
    ink_status status = info.channels > 0 && info.channels <= 64 && info.samplerate > 0 ? sound_mix(f, &info, path, samples, count, err)
                                                                                      : ink_fail(err, INK_E_UNSUPPORTED, "%s: has %d channels at %d samples a second", path, info.channels, info.samplerate);
    sf_close(f);
    return status;
}
