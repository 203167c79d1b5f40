#include "base/xml.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

enum { XML_DEEP = 256, XML_PIECE = 1 << 24 };

typedef struct xml {
    XML_Parser parser;
    const ink_xml_reader *reader;
    const char *source;
    ink_err *err;
    ink_status status;
    size_t depth;
} xml;

static const char *xml_local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *ink_xml_attribute(const char *const *attributes, const char *name)
{
    for (; attributes[0]; attributes += 2)
        if (!strcmp(xml_local(attributes[0]), name))
            return attributes[1];
    return NULL;
}

static void xml_note(xml *x, ink_status status)
{
    if (x->status == INK_OK && status != INK_OK) {
        x->status = status;
        XML_StopParser(x->parser, XML_FALSE);
    }
}

static void xml_open(void *user, const XML_Char *name, const XML_Char **attributes)
{
    xml *x = user;
    if (x->status == INK_OK && ++x->depth > XML_DEEP)
        xml_note(x, ink_fail(x->err, INK_E_LIMIT, "%s: its elements lie more than %d deep", x->source, XML_DEEP));
    else if (x->status == INK_OK)
        xml_note(x, x->reader->open(x->reader->user, xml_local(name), attributes, x->err));
}

static void xml_close(void *user, const XML_Char *name)
{
    xml *x = user;
    x->depth--;
    if (x->status == INK_OK)
        xml_note(x, x->reader->close(x->reader->user, xml_local(name), x->err));
}

static void xml_text(void *user, const XML_Char *text, int n)
{
    xml *x = user;
    if (x->status == INK_OK)
        xml_note(x, x->reader->text(x->reader->user, text, (size_t)n, x->err));
}

static void xml_entity(void *user, const XML_Char *name, int parameter, const XML_Char *value, int n, const XML_Char *base, const XML_Char *system, const XML_Char *public,
                       const XML_Char *notation)
{
    xml *x = user;
    (void)parameter, (void)value, (void)n, (void)base, (void)system, (void)public, (void)notation;
    xml_note(x, ink_fail(x->err, INK_E_UNSUPPORTED, "%s: line %lu declares the entity %.40s; none are expanded here", x->source, XML_GetCurrentLineNumber(x->parser), name));
}

/* Names that HTML has beside XML's five, where a text leaves them to a document type that is not read. */
static void xml_skipped(void *user, const XML_Char *name, int parameter)
{
    static const char *const names[][2] = { { "nbsp", "\xc2\xa0" }, { "mdash", "—" }, { "ndash", "–" }, { "hellip", "…" }, { "lsquo", "‘" }, { "rsquo", "’" }, { "ldquo", "“" },
                                            { "rdquo", "”" }, { "copy", "©" }, { "eacute", "é" }, { "laquo", "«" }, { "raquo", "»" }, { "shy", "\xc2\xad" } };
    xml *x = user;
    (void)parameter;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i][0], name)) {
            xml_text(user, names[i][1], (int)strlen(names[i][1]));
            return;
        }
    xml_note(x, ink_fail(x->err, INK_E_UNSUPPORTED, "%s: line %lu has the entity %.40s, which is not known here", x->source, XML_GetCurrentLineNumber(x->parser), name));
}

static void xml_feed(xml *x, const char *text, size_t n)
{
    for (size_t at = 0, piece; x->status == INK_OK; at += piece) {
        piece = n - at < XML_PIECE ? n - at : XML_PIECE;
        const bool last = at + piece == n;
        if (XML_Parse(x->parser, text + at, (int)piece, last) == XML_STATUS_ERROR && x->status == INK_OK)
            x->status = ink_fail(x->err, INK_E_FORMAT, "%s: is not well-formed XML at line %lu: %s", x->source, XML_GetCurrentLineNumber(x->parser), XML_ErrorString(XML_GetErrorCode(x->parser)));
        if (last)
            return;
    }
}

ink_status ink_xml_read(const char *text, size_t n, const char *source, const ink_xml_reader *reader, ink_err *err)
{
    xml x = { .parser = XML_ParserCreate(NULL), .reader = reader, .source = source, .err = err };
    if (!x.parser)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory to read it", source);
    XML_SetUserData(x.parser, &x);
    XML_UseForeignDTD(x.parser, XML_TRUE); /* unknown names come to xml_skipped */
    XML_SetElementHandler(x.parser, xml_open, xml_close);
    XML_SetCharacterDataHandler(x.parser, xml_text);
    XML_SetEntityDeclHandler(x.parser, xml_entity);
    XML_SetSkippedEntityHandler(x.parser, xml_skipped);
    xml_feed(&x, text, n);
    XML_ParserFree(x.parser);
    return x.status;
}
