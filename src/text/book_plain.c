/* Plain text and Markdown as books. Plain text is either wrapped, its paragraphs parted by empty lines, or has a paragraph in each line. */
#include "text/book.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct plain_line {
    const char *at;
    size_t size; /* without its end and the blanks around it */
} plain_line;

/* The next line; false at the end. */
static bool plain_next(const char **at, const char *end, plain_line *out)
{
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at)), *last = stop ? stop : end;
    *out = (plain_line){ *at, 0 };
    *at = stop ? stop + 1 : end;
    while (out->at < last && strchr(" \t\r\f\v", *out->at))
        out->at++;
    while (last > out->at && strchr(" \t\r\f\v", last[-1]))
        last--;
    out->size = (size_t)(last - out->at);
    return true;
}

static bool plain_begins(const plain_line *l, const char *word)
{
    const size_t n = strlen(word);
    return l->size >= n && !strncasecmp(l->at, word, n) && (l->size == n || !isalpha((unsigned char)l->at[n]));
}

static bool plain_lower(const plain_line *l)
{
    for (size_t i = 0; i < l->size; i++)
        if (islower((unsigned char)l->at[i]))
            return true;
    return false;
}

/* A number behind "chapter": digits, Roman numerals, or a word in capitals. */
static bool plain_numbered(const plain_line *l, size_t from)
{
    while (from < l->size && l->at[from] == ' ')
        from++;
    size_t end = from;
    while (end < l->size && isalnum((unsigned char)l->at[end]))
        end++;
    const size_t roman = strspn(l->at + from, "IVXLCDMivxlcdm");
    return end > from && (isdigit((unsigned char)l->at[from]) || from + roman >= end || isupper((unsigned char)l->at[from]));
}

/* 第十二回 and its like, at the beginning of a short line. */
static bool plain_chinese(const plain_line *l)
{
    static const char *const ends[] = { "章", "回", "节", "卷", "部", "篇", "集", "節" };
    const size_t most = l->size < 36 ? l->size : 36;
    if (l->size < 6 || l->size > 150 || memcmp(l->at, "第", 3))
        return false;
    for (size_t i = 3; i + 3 <= most; i++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
            if (!memcmp(l->at + i, ends[k], 3))
                return true;
    return false;
}

static bool plain_is_heading(const plain_line *l)
{
    static const char *const numbered[] = { "chapter", "book", "part", "volume", "canto", "act", "scene", "letter" };
    static const char *const alone[] = { "prologue", "epilogue", "preface", "introduction", "foreword", "afterword", "appendix" };
    if (l->size > 150 || l->size < 3)
        return false;
    if (plain_chinese(l))
        return true;
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered && l->size < 80; i++)
        if (plain_begins(l, numbered[i]) && l->size > strlen(numbered[i]) && isupper((unsigned char)l->at[0]))
            return plain_numbered(l, strlen(numbered[i])) && (!plain_lower(l) || !strchr(".,;", l->at[l->size - 1]));
    for (size_t i = 0; i < sizeof alone / sizeof *alone && l->size < 80; i++)
        if (plain_begins(l, alone[i]) && isupper((unsigned char)l->at[0]))
            return l->size == strlen(alone[i]) || !plain_lower(l);
    return false;
}

/* Whether a line ends where a sentence may. */
static bool plain_ends(const plain_line *l)
{
    static const char *const marks[] = { ".", "!", "?", ":", ";", "\"", "'", "。", "！", "？", "”", "’", "」", "…" };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (l->size >= strlen(marks[i]) && !memcmp(l->at + l->size - strlen(marks[i]), marks[i], strlen(marks[i])))
            return true;
    return false;
}

/* Whether lines are wrapped: most that another follows end inside of a sentence. */
static bool plain_wrapped(const char *text, size_t n)
{
    size_t inner = 0, broken = 0, longest = 0;
    bool open = false; /* the line before ended inside of a sentence */
    plain_line l, before = { NULL, 0 };
    for (const char *at = text; plain_next(&at, text + n, &l); before = l) {
        inner += before.size && l.size;
        broken += before.size && l.size && open;
        open = l.size && !plain_ends(&l);
        longest = l.size > longest ? l.size : longest;
    }
    return 2 * broken > inner && longest < 200;
}

/* A line joins the one before: with a blank, but for a word that was parted. */
static void plain_join(ink_buf *b, const plain_line *l)
{
    if (b->len && !(b->data[b->len - 1] == '-' && b->len > 1 && isalpha((unsigned char)b->data[b->len - 2])))
        ink_buf_char(b, ' ');
    ink_buf_add(b, l->at, l->size);
}

static ink_status plain_flush(ink_book *b, ink_buf *block, ink_err *err)
{
    INK_TRY(ink_buf_check(block, "a paragraph", err));
    ink_status status = block->len ? book_paragraph(b, block->data, block->len, false, err) : INK_OK;
    ink_buf_reset(block);
    return status;
}

static ink_status plain_lines(ink_book *b, const char *text, size_t n, ink_buf *block, ink_err *err)
{
    const bool wrapped = plain_wrapped(text, n);
    plain_line l;
    for (const char *at = text; plain_next(&at, text + n, &l);) {
        const bool heading = !block->len && plain_is_heading(&l);
        if (heading)
            INK_TRY(book_chapter(b, l.at, l.size, err));
        else if (l.size)
            plain_join(block, &l);
        if (!l.size || !wrapped)
            INK_TRY(plain_flush(b, block, err));
    }
    return plain_flush(b, block, err);
}

ink_status book_read_plain(ink_book *b, const char *text, size_t n, ink_err *err)
{
    ink_buf block;
    ink_buf_init(&block, 0);
    ink_status status = plain_lines(b, text, n, &block, err);
    ink_buf_clear(&block);
    return status;
}

/* ---- Markdown ---- */

/* Text without its marks: emphasis, code, links and images (their words stay). [[phonemes]] stay. */
static void markdown_inline(ink_buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *rest = text + i;
        const char *close = *rest == ']' && n - i > 1 && rest[1] == '(' ? memchr(rest, ')', n - i) : NULL;
        if (n - i > 1 && (!memcmp(rest, "[[", 2) || !memcmp(rest, "]]", 2))) {
            ink_buf_add(out, rest, 2);
            i++;
        } else if (close)
            i = (size_t)(close - text);
        else if (*rest == '\\' && i + 1 < n && ispunct((unsigned char)rest[1]))
            ink_buf_char(out, text[++i]);
        else if (!strchr("*`[", *rest) && !(*rest == '!' && i + 1 < n && rest[1] == '[') && !(*rest == '_' && (!i || !isalnum((unsigned char)rest[-1]) || i + 1 == n || !isalnum((unsigned char)rest[1]))))
            ink_buf_char(out, *rest);
    }
}

/* "## Title" → 2, and what follows; 0: none. */
static size_t markdown_level(plain_line *l)
{
    const size_t level = strspn(l->at, "#") < l->size ? strspn(l->at, "#") : 0;
    if (!level || level > 6 || l->at[level] != ' ')
        return 0;
    *l = (plain_line){ l->at + level, l->size - level };
    while (l->size && (l->at[l->size - 1] == '#' || l->at[l->size - 1] == ' '))
        l->size--;
    return level;
}

/* The marks of quotations and lists at the beginning of a line. True when a list begins. */
static bool markdown_strip(plain_line *l)
{
    bool item = false;
    for (size_t n = 1; n && l->size;) {
        const size_t digits = strspn(l->at, "0123456789");
        n = *l->at == '>' ? 1 : l->size > 1 && strchr("-*+", *l->at) && l->at[1] == ' ' ? 2 : digits && digits < 4 && digits + 1 < l->size && l->at[digits] == '.' && l->at[digits + 1] == ' ' ? digits + 2 : 0;
        item |= n > 1;
        n = n < l->size ? n : l->size;
        l->at += n;
        l->size -= n;
        while (n && l->size && *l->at == ' ')
            l->at++, l->size--;
    }
    return item;
}

static bool markdown_rule(const plain_line *l)
{
    size_t marks = 0;
    for (size_t i = 0; i < l->size; i++) {
        if (l->at[i] != ' ' && !strchr("-*_=`~", l->at[i]))
            return false;
        marks += l->at[i] != ' ';
    }
    return marks > 2;
}

static ink_status markdown_line(ink_book *b, plain_line l, ink_buf *block, ink_err *err)
{
    const size_t level = markdown_level(&l);
    ink_buf title;
    if (!level) {
        if (!l.size || markdown_rule(&l) || markdown_strip(&l))
            INK_TRY(plain_flush(b, block, err));
        if (l.size && !markdown_rule(&l)) {
            ink_buf_text(block, block->len ? " " : "");
            markdown_inline(block, l.at, l.size);
        }
        return INK_OK;
    }
    INK_TRY(plain_flush(b, block, err));
    ink_buf_init(&title, 0);
    markdown_inline(&title, l.at, l.size);
    ink_status status = ink_buf_check(&title, "a title", err);
    if (status == INK_OK && title.len)
        status = level < 3 ? book_chapter(b, title.data, title.len, err) : book_paragraph(b, title.data, title.len, true, err);
    ink_buf_clear(&title);
    return status;
}

ink_status book_read_markdown(ink_book *b, const char *text, size_t n, ink_err *err)
{
    ink_buf block;
    plain_line l;
    ink_status status = INK_OK;
    ink_buf_init(&block, 0);
    for (const char *at = text; status == INK_OK && plain_next(&at, text + n, &l);)
        status = markdown_line(b, l, &block, err);
    if (status == INK_OK)
        status = plain_flush(b, &block, err);
    ink_buf_clear(&block);
    return status;
}
