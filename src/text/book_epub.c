/* EPUB as a book: the container says where the package is, the package which pages there are and in which order, the pages are XHTML
   (EPUB 3.3, sections 4 to 6). */
#include "text/book.h"

#include "base/xml.h"
#include "base/zip.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EPUB_PAGE = 32 << 20, EPUB_PAGES = 20000, EPUB_ALL = 256 << 20, EPUB_NAME = 1024 };

typedef struct epub_item {
    const char *id, *href, *kind;
} epub_item;

typedef struct epub {
    ink_book *book;
    ink_zip *zip;
    const char *path;
    const char *package;     /* its name in the archive */
    epub_item *items;        /* of the manifest */
    const char **spine;      /* ids, in reading order */
    size_t item_count, spine_count;
    ink_buf text;            /* what an element has so far */
    char element[16];        /* of the package that is read: title, creator, language */
    size_t silent, heading;  /* depth of elements that are not said; level of the heading that is open */
    uint64_t left;           /* bytes that may still be unpacked */
} epub;

static ink_status epub_read(epub *e, const char *name, const ink_xml_reader *reader, ink_err *err)
{
    char source[2 * EPUB_NAME];
    ink_buf text;
    snprintf(source, sizeof source, "%s: %.900s", e->path, name);
    INK_TRY(ink_zip_read(e->zip, name, e->left < EPUB_PAGE ? (size_t)e->left : EPUB_PAGE, &text, err));
    e->left -= text.len;
    ink_status status = ink_xml_read(text.data, text.len, source, reader, err);
    ink_buf_clear(&text);
    return status;
}

static ink_status epub_keep(epub *e, const char *text, const char **out, ink_err *err)
{
    *out = text ? book_copy(e->book, text, strlen(text), err) : NULL;
    return !text || *out ? INK_OK : INK_E_MEMORY;
}

static ink_status epub_close_nothing(void *user, const char *name, ink_err *err) { return (void)user, (void)name, (void)err, INK_OK; }
static ink_status epub_text_nothing(void *user, const char *text, size_t n, ink_err *err) { return (void)user, (void)text, (void)n, (void)err, INK_OK; }

/* ---- container ---- */

static ink_status container_open(void *user, const char *name, const char *const *attributes, ink_err *err)
{
    epub *e = user;
    return e->package || strcmp(name, "rootfile") ? INK_OK : epub_keep(e, ink_xml_attribute(attributes, "full-path"), &e->package, err);
}

/* ---- package ---- */

static ink_status package_item(epub *e, const char *const *attributes, ink_err *err)
{
    if (e->item_count == EPUB_PAGES)
        return ink_fail(err, INK_E_LIMIT, "%s: lists more than %d files", e->path, EPUB_PAGES);
    epub_item *item = &e->items[e->item_count++];
    INK_TRY(epub_keep(e, ink_xml_attribute(attributes, "id"), &item->id, err));
    INK_TRY(epub_keep(e, ink_xml_attribute(attributes, "media-type"), &item->kind, err));
    return epub_keep(e, ink_xml_attribute(attributes, "href"), &item->href, err);
}

static ink_status package_open(void *user, const char *name, const char *const *attributes, ink_err *err)
{
    epub *e = user;
    const char *linear = ink_xml_attribute(attributes, "linear");
    ink_buf_reset(&e->text);
    snprintf(e->element, sizeof e->element, "%.15s", name);
    if (!strcmp(name, "item"))
        return package_item(e, attributes, err);
    if (strcmp(name, "itemref") || (linear && !strcmp(linear, "no")))
        return INK_OK;
    if (e->spine_count == EPUB_PAGES)
        return ink_fail(err, INK_E_LIMIT, "%s: has more than %d pages", e->path, EPUB_PAGES);
    return epub_keep(e, ink_xml_attribute(attributes, "idref"), &e->spine[e->spine_count++], err);
}

static ink_status package_close(void *user, const char *name, ink_err *err)
{
    epub *e = user;
    const struct {
        const char *name, **to;
    } about[] = { { "title", &e->book->title }, { "creator", &e->book->author }, { "language", &e->book->language } };
    for (size_t i = 0; i < sizeof about / sizeof *about; i++)
        if (!strcmp(name, about[i].name) && !strcmp(e->element, name) && e->text.len && !*about[i].to) {
            *about[i].to = book_copy(e->book, e->text.data, e->text.len, err);
            return *about[i].to ? INK_OK : INK_E_MEMORY;
        }
    return INK_OK;
}

static ink_status epub_text(void *user, const char *text, size_t n, ink_err *err)
{
    epub *e = user;
    (void)err;
    if (!e->silent)
        ink_buf_add(&e->text, text, n);
    return INK_OK;
}

/* ---- pages ---- */

static size_t page_level(const char *name) { return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2] ? (size_t)(name[1] - '0') : 0; }

static bool page_is(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(name, *list))
            return true;
    return false;
}

static const char *const page_silent[] = { "head", "script", "style", "nav", "svg", "math", "rt", "rp", NULL };
static const char *const page_blocks[] = { "p", "div", "li", "blockquote", "td", "th", "tr", "br", "hr", "section", "article", "figure", "figcaption", "dt", "dd", "pre", "body", "aside", NULL };

static ink_status page_flush(epub *e, ink_err *err)
{
    ink_status status = ink_buf_check(&e->text, "a paragraph", err);
    if (status == INK_OK && e->text.len)
        status = e->heading && e->heading < 3 ? book_chapter(e->book, e->text.data, e->text.len, err) : book_paragraph(e->book, e->text.data, e->text.len, e->heading > 0, err);
    ink_buf_reset(&e->text);
    return status;
}

static ink_status page_open(void *user, const char *name, const char *const *attributes, ink_err *err)
{
    epub *e = user;
    (void)attributes;
    if (e->silent || page_is(name, page_silent)) {
        e->silent++;
        return INK_OK;
    }
    if (e->heading && !strcmp(name, "br"))
        ink_buf_char(&e->text, ' ');
    else if (page_level(name) || page_is(name, page_blocks))
        INK_TRY(page_flush(e, err));
    e->heading = page_level(name) ? page_level(name) : e->heading;
    return INK_OK;
}

static ink_status page_close(void *user, const char *name, ink_err *err)
{
    epub *e = user;
    if (e->silent) {
        e->silent--;
        return INK_OK;
    }
    if (page_level(name) || (!e->heading && page_is(name, page_blocks)))
        INK_TRY(page_flush(e, err));
    e->heading = page_level(name) ? 0 : e->heading;
    return INK_OK;
}

/* "OEBPS/content.opf" and "text/one%20two.xhtml#a" → "OEBPS/text/one two.xhtml"; steps up are taken. */
static bool epub_resolve(const char *package, const char *href, char out[EPUB_NAME])
{
    const char *slash = strrchr(package, '/');
    size_t n = slash ? (size_t)(slash - package) + 1 : 0;
    if (n + strlen(href) >= EPUB_NAME)
        return false;
    memcpy(out, package, n);
    for (; *href && *href != '#'; href++) {
        unsigned code;
        if (!strncmp(href, "../", 3) && (!n || out[n - 1] == '/')) {
            for (n -= n > 0; n && out[n - 1] != '/'; n--) {}
            href += 2;
        } else if (*href == '%' && isxdigit((unsigned char)href[1]) && isxdigit((unsigned char)href[2]) && sscanf(href + 1, "%2x", &code) == 1 && code) {
            out[n++] = (char)code;
            href += 2;
        } else
            out[n++] = *href;
    }
    out[n] = 0;
    return true;
}

static ink_status epub_page(epub *e, const char *id, ink_err *err)
{
    char name[EPUB_NAME];
    const epub_item *item = NULL;
    for (size_t i = 0; id && i < e->item_count; i++)
        if (e->items[i].id && !strcmp(e->items[i].id, id))
            item = &e->items[i];
    if (!item || !item->href || !epub_resolve(e->package, item->href, name))
        return ink_fail(err, INK_E_FORMAT, "%s: the page \"%.60s\" is not in its list of files", e->path, id ? id : "");
    if (item->kind && !strstr(item->kind, "html"))
        return INK_OK; /* a picture as a page */
    e->silent = e->heading = 0;
    ink_buf_reset(&e->text);
    INK_TRY(epub_read(e, name, &(ink_xml_reader){ page_open, page_close, epub_text, e }, err));
    e->heading = 0;
    return page_flush(e, err);
}

static ink_status epub_all(epub *e, ink_err *err)
{
    INK_TRY(epub_read(e, "META-INF/container.xml", &(ink_xml_reader){ container_open, epub_close_nothing, epub_text_nothing, e }, err));
    if (!e->package)
        return ink_fail(err, INK_E_FORMAT, "%s: its container names no package", e->path);
    INK_TRY(epub_read(e, e->package, &(ink_xml_reader){ package_open, package_close, epub_text, e }, err));
    for (size_t i = 0; i < e->spine_count; i++)
        INK_TRY(epub_page(e, e->spine[i], err));
    return INK_OK;
}

ink_status book_read_epub(ink_book *b, const char *path, ink_err *err)
{
    epub e = { .book = b, .path = path, .left = EPUB_ALL, .items = calloc(EPUB_PAGES, sizeof *e.items), .spine = calloc(EPUB_PAGES, sizeof *e.spine) };
    ink_buf_init(&e.text, 0);
    ink_status status = e.items && e.spine ? ink_zip_open(path, &e.zip, err) : ink_fail(err, INK_E_MEMORY, "%s: no memory to read it", path);
    if (status == INK_OK)
        status = epub_all(&e, err);
    ink_zip_close(e.zip);
    ink_buf_clear(&e.text);
    free(e.items);
    free(e.spine);
    return status;
}
