/* The page of contents, and a list that players read. */
#include "base/buf.h"
#include "base/path.h"
#include "generate/audiobook.h"

#include <ink/file.h>
#include <stdio.h>
#include <string.h>

static void page_text(ink_buf *b, const char *text)
{
    static const char *const names[][2] = { { "&", "&amp;" }, { "<", "&lt;" }, { ">", "&gt;" }, { "\"", "&quot;" } };
    for (; *text; text++) {
        const char *as = NULL;
        for (size_t i = 0; i < 4; i++)
            as = *text == names[i][0][0] ? names[i][1] : as;
        if (as)
            ink_buf_text(b, as);
        else
            ink_buf_char(b, *text);
    }
}

static void page_time(ink_buf *b, double seconds)
{
    char text[48];
    const unsigned long s = (unsigned long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, sizeof text, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, sizeof text, "%lu:%02lu", s / 60, s % 60);
    ink_buf_text(b, text);
}

static void page_row(const audiobook *a, ink_buf *b, size_t i)
{
    const audiobook_chapter *c = &a->chapters[i];
    const char *title = a->book->chapters[i].title;
    ink_buf_text(b, "<li><a href=\"");
    ink_buf_text(b, c->name);
    ink_buf_char(b, '.');
    ink_buf_text(b, a->o->suffix);
    ink_buf_text(b, "\">");
    page_text(b, title ? title : c->name);
    ink_buf_text(b, "</a> <small>");
    page_time(b, (double)c->samples / (double)a->o->narrator.rate);
    ink_buf_text(b, " · <a href=\"");
    ink_buf_text(b, c->name);
    ink_buf_text(b, ".srt\">subtitles</a></small></li>\n");
}

static void page_voice(ink_buf *b, const ink_audiobook_voice *v, const char *role)
{
    ink_buf_text(b, role);
    page_text(b, v->name);
    if (v->licence) {
        ink_buf_text(b, " (");
        page_text(b, v->licence);
        ink_buf_text(b, ")");
    }
}

static void page_fill(const audiobook *a, ink_buf *b)
{
    const char *title = a->book->title ? a->book->title : "Contents";
    ink_buf_text(b, "<!doctype html>\n<html lang=\"");
    page_text(b, a->book->language ? a->book->language : "");
    ink_buf_text(b, "\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    page_text(b, title);
    ink_buf_text(b, "</title>\n<style>body{max-width:40em;margin:3em auto;padding:0 1em;font:18px/1.5 Georgia,serif}small{color:#666}</style>\n<h1>");
    page_text(b, title);
    ink_buf_text(b, "</h1>\n");
    if (a->book->author) {
        ink_buf_text(b, "<p>");
        page_text(b, a->book->author);
        ink_buf_text(b, "</p>\n");
    }
    ink_buf_text(b, "<ol>\n");
    for (size_t i = 0; i < a->book->count; i++)
        page_row(a, b, i);
    ink_buf_text(b, "</ol>\n<p><small>");
    page_time(b, a->report->seconds);
    page_voice(b, &a->o->narrator, " of generated speech, computed by inkstone and spoken by no person. Narrator: ");
    if (a->o->quotes.speaker)
        page_voice(b, &a->o->quotes, ". Quotations: ");
    ink_buf_text(b, ".</small></p>\n</html>\n");
}

static void page_list(const audiobook *a, ink_buf *b)
{
    ink_buf_text(b, "#EXTM3U\n");
    for (size_t i = 0; i < a->book->count; i++) {
        const char *title = a->book->chapters[i].title;
        char line[64];
        snprintf(line, sizeof line, "#EXTINF:%.0f,", (double)a->chapters[i].samples / (double)a->o->narrator.rate);
        ink_buf_text(b, line);
        ink_buf_text(b, title ? title : a->chapters[i].name);
        ink_buf_char(b, '\n');
        ink_buf_text(b, a->chapters[i].name);
        ink_buf_char(b, '.');
        ink_buf_text(b, a->o->suffix);
        ink_buf_char(b, '\n');
    }
}

static ink_status page_write(const audiobook *a, const char *name, void (*fill)(const audiobook *a, ink_buf *b), ink_err *err)
{
    ink_path path;
    ink_buf b;
    INK_TRY(ink_path_format(&path, err, "%s/%s", a->folder, name));
    ink_buf_init(&b, 0);
    fill(a, &b);
    ink_status status = ink_buf_check(&b, name, err);
    if (status == INK_OK)
        status = ink_file_write(path.text, b.data, b.len, err);
    ink_buf_clear(&b);
    return status;
}

ink_status audiobook_contents(const audiobook *a, ink_err *err)
{
    INK_TRY(page_write(a, "index.html", page_fill, err));
    return page_write(a, "book.m3u8", page_list, err);
}
