/* Formats of strings, each a pattern of part of what its standard allows, so that whatever is written is valid. */
#include "text/json_schema.h"

#include <stdio.h>
#include <string.h>

/* Of RFC 3339 (dates, times and, in appendix A, durations), 4122, 2673, 4291, 1123, 5321, 3986, 6570 and 6901. A label has no two hyphens in a row, which names in
   other scripts begin with. */
#define FORMAT_DATE "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
#define FORMAT_TIME "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
#define FORMAT_COUNT "(?:0|[1-9][0-9]{0,3})"
#define FORMAT_SPAN_TIME "T(?:" FORMAT_COUNT "H(?:" FORMAT_COUNT "M(?:" FORMAT_COUNT "S)?)?|" FORMAT_COUNT "M(?:" FORMAT_COUNT "S)?|" FORMAT_COUNT "S)"
#define FORMAT_SPAN_DAYS "(?:" FORMAT_COUNT "Y(?:" FORMAT_COUNT "M(?:" FORMAT_COUNT "D)?)?|" FORMAT_COUNT "M(?:" FORMAT_COUNT "D)?|" FORMAT_COUNT "D)"
#define FORMAT_BYTE "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define FORMAT_HEX "[0-9a-f]{1,4}"
#define FORMAT_LABEL "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}"
#define FORMAT_HOST "(?:" FORMAT_LABEL "\\.){1,3}[a-z]{2,20}"
#define FORMAT_SEGMENT "[A-Za-z0-9._~-]{1,40}"
#define FORMAT_QUERY "(?:\\?[A-Za-z0-9._~=&-]{0,80})?"
#define FORMAT_HOSTNAME "^(?:" FORMAT_LABEL "\\.){0,3}[a-z]{2,20}$"
#define FORMAT_EMAIL "^[A-Za-z0-9_+-]{1,20}(?:\\.[A-Za-z0-9_+-]{1,20}){0,2}@" FORMAT_HOST "$"
#define FORMAT_URI "^https?://" FORMAT_HOST "(?:/[A-Za-z0-9._~-]{0,40}){0,8}" FORMAT_QUERY "$"
#define FORMAT_REFERENCE "^(?:https?://" FORMAT_HOST ")?(?:/" FORMAT_SEGMENT "){0,8}/?" FORMAT_QUERY "(?:#[A-Za-z0-9._~-]{0,40})?$"
#define FORMAT_POINTER "(?:/(?:[^~/]|~[01]){0,40}){0,16}"

static const struct {
    const char *name, *pattern;
} formats[] = {
    { "date", "^" FORMAT_DATE "$" },
    { "time", "^" FORMAT_TIME "$" },
    { "date-time", "^" FORMAT_DATE "T" FORMAT_TIME "$" },
    { "duration", "^P(?:" FORMAT_COUNT "W|" FORMAT_SPAN_DAYS "(?:" FORMAT_SPAN_TIME ")?|" FORMAT_SPAN_TIME ")$" },
    { "uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" },
    { "ipv4", "^(?:" FORMAT_BYTE "\\.){3}" FORMAT_BYTE "$" },
    { "ipv6", "^(?:(?:" FORMAT_HEX ":){7}" FORMAT_HEX "|(?:" FORMAT_HEX ":){1,7}:|(?:" FORMAT_HEX ":){1,6}:" FORMAT_HEX "|(?:" FORMAT_HEX ":){1,5}(?::" FORMAT_HEX "){1,2}|(?:" FORMAT_HEX
              ":){1,4}(?::" FORMAT_HEX "){1,3}|(?:" FORMAT_HEX ":){1,3}(?::" FORMAT_HEX "){1,4}|(?:" FORMAT_HEX ":){1,2}(?::" FORMAT_HEX "){1,5}|" FORMAT_HEX ":(?::" FORMAT_HEX
              "){1,6}|:(?:(?::" FORMAT_HEX "){1,7}|:))$" },
    { "hostname", FORMAT_HOSTNAME },
    { "idn-hostname", FORMAT_HOSTNAME }, /* plain ones are such, too; and so on */
    { "email", FORMAT_EMAIL },
    { "idn-email", FORMAT_EMAIL },
    { "uri", FORMAT_URI },
    { "iri", FORMAT_URI },
    { "uri-reference", FORMAT_REFERENCE },
    { "iri-reference", FORMAT_REFERENCE },
    { "uri-template", "^https?://" FORMAT_HOST "(?:/(?:" FORMAT_SEGMENT "|\\{[A-Za-z][A-Za-z0-9_]{0,19}\\})){0,8}$" },
    { "json-pointer", "^" FORMAT_POINTER "$" },
    { "relative-json-pointer", "^" FORMAT_COUNT "(?:#|" FORMAT_POINTER ")$" },
};

ink_status ink_schema_format(const ink_schema *s, const char *name, const char **pattern)
{
    char known[320] = "";
    for (size_t i = 0, at = 0; i < sizeof formats / sizeof *formats && at < sizeof known; i++) {
        if (!strcmp(formats[i].name, name)) {
            *pattern = formats[i].pattern;
            return INK_OK;
        }
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", formats[i].name);
    }
    return ink_schema_refuse(s, INK_E_UNSUPPORTED, "the format \"%.60s\" is not done; there are %s", name, known);
}
