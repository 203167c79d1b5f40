/* Status and sentence. Nothing here prints. */
#include <ink/err.h>

#include <stdarg.h>
#include <stdio.h>

ink_status ink_fail(ink_err *err, ink_status status, const char *format, ...)
{
    if (!err)
        return status;
    va_list args;
    va_start(args, format);
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}
