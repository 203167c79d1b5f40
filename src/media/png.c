/* PNG, through libpng. */
#include "media/picture.h"

#include <ink/buf.h>
#include <ink/file.h>
#include <png.h>
#include <stdlib.h>

ink_status ink_picture_png(const char *path, const uint8_t *rgb, size_t wide, size_t high, ink_err *err)
{
    png_image picture = { .version = PNG_IMAGE_VERSION, .width = (png_uint_32)wide, .height = (png_uint_32)high, .format = PNG_FORMAT_RGB };
    png_alloc_size_t bytes = 0;
    if (wide > UINT16_MAX || high > UINT16_MAX || !png_image_write_to_memory(&picture, NULL, &bytes, 0, rgb, 0, NULL))
        return ink_fail(err, INK_E_LIMIT, "%s: a picture of %zu by %zu cannot be written: %s", path, wide, high, picture.message);
    void *data = malloc(bytes);
    if (!data)
        return ink_fail(err, INK_E_MEMORY, "no memory for a picture of %zu bytes", (size_t)bytes);
    ink_status status = png_image_write_to_memory(&picture, data, &bytes, 0, rgb, 0, NULL) ? ink_file_write(path, data, bytes, err)
                                                                                           : ink_fail(err, INK_E_MEMORY, "%s: %s", path, picture.message);
    free(data);
    return status;
}
