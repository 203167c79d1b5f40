#include "server/format.h"

#include <string.h>

static bool format_asks(const ink_json *format)
{
    const char *type = ink_json_string(ink_json_get(format, "type"), NULL);
    return ink_json_kind(format) == INK_JSON_OBJECT && (!type || strcmp(type, "text"));
}

ink_status srv_format_check(const ink_json *body, ink_err *err)
{
    static const char *const names[] = { "json_schema", "grammar", "guided_json", "guided_regex", "guided_choice", "guided_grammar" };
    const ink_json *format = ink_json_get(body, "format");
    bool asks = format_asks(ink_json_get(body, "response_format")) || format_asks(ink_json_get(ink_json_get(body, "text"), "format")) || ink_json_kind(format) == INK_JSON_OBJECT ||
                *ink_json_string(format, "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        asks |= ink_json_kind(ink_json_get(body, names[i])) != INK_JSON_ABSENT && ink_json_kind(ink_json_get(body, names[i])) != INK_JSON_NULL;
    return asks ? ink_fail(err, INK_E_UNSUPPORTED, "this version does not hold answers to a format; ask for text") : INK_OK;
}
