/* The letters A and I in Morse code: a notice that speech is generated which needs no language. (GB 45438-2025, section 4.3, asks for
   this rhythm, short long, short short, where no words are said.) */
#include <ink/sound.h>

#include <math.h>

enum { NOTICE_PIECE = 512 };
static const double notice_unit = 0.08, notice_hertz = 800, notice_loud = 0.25, notice_edge = 0.005; /* seconds, and parts of full */


/* Loudness at a time of a tone: it swells and fades, so that nothing clicks. */
static double notice_shape(double at, double length)
{
    const double edge = at < length - at ? at : length - at;
    return edge < notice_edge ? edge / notice_edge : 1;
}

static bool notice_tone_say(double units, size_t rate, ink_on_samples *on, void *user)
{
    const double length = fabs(units) * notice_unit;
    const size_t all = (size_t)(length * (double)rate);
    float piece[NOTICE_PIECE];
    for (size_t at = 0, n; at < all; at += n) {
        n = all - at < NOTICE_PIECE ? all - at : NOTICE_PIECE;
        for (size_t i = 0; i < n; i++) {
            const double t = (double)(at + i) / (double)rate;
            piece[i] = units > 0 ? (float)(notice_loud * notice_shape(t, length) * sin(6.283185307179586 * notice_hertz * t)) : 0;
        }
        if (!on(user, piece, n))
            return false;
    }
    return true;
}

bool ink_sound_notice(size_t rate, ink_on_samples *on, void *user)
{
    static const double tones[] = { 1, -1, 3, -3, 1, -1, 1, -7 };
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++)
        if (!notice_tone_say(tones[i], rate, on, user))
            return false;
    return true;
}
