/* Pictures out. */
#ifndef INK_MEDIA_PICTURE_H
#define INK_MEDIA_PICTURE_H

#include <ink/err.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of three bytes a pixel, from the top, as a PNG; the file appears whole. */
ink_status ink_picture_png(const char *path, const uint8_t *rgb, size_t wide, size_t high, ink_err *err);

#endif
