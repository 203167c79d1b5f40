/* XML through expat, which appears in xml.c alone. No entity is ever expanded but the five of XML itself, a few names of HTML, and
   numbers; a text that declares its own is refused, so that none can grow. Depth is at most 256. */
#ifndef INK_BASE_XML_H
#define INK_BASE_XML_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ink_xml_reader { /* names without their namespace's prefix; each call may fail, which ends the reading */
    ink_status (*open)(void *user, const char *name, const char *const *attributes, ink_err *err); /* name, value, name, value, NULL */
    ink_status (*close)(void *user, const char *name, ink_err *err);
    ink_status (*text)(void *user, const char *text, size_t n, ink_err *err); /* UTF-8, in pieces */
    void *user;
} ink_xml_reader;

/* `source` names the text in sentences. */
ink_status ink_xml_read(const char *text, size_t n, const char *source, const ink_xml_reader *reader, ink_err *err);
const char *ink_xml_attribute(const char *const *attributes, const char *name); /* NULL when absent */

#endif
