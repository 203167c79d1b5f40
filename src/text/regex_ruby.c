/* Regular expressions as tokenizer.json means them, in Oniguruma's Ruby syntax, written as PCRE2 reads them. What would mean something
   else there is rewritten or refused. Compiled with PCRE2_MULTILINE, ^ and $ agree. */
#include "text/regex.h"

#include <string.h>

/* Letters, marks, digits, numbers that are letters, connectors, letters in circles and squares; outside of brackets the numbers of
   Latin-1 too. */
#define WORD "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24B6}-\\x{24E9}\\x{1F130}-\\x{1F149}\\x{1F150}-\\x{1F169}\\x{1F170}-\\x{1F189}"
#define IS_WORD "[" WORD "\\xB2\\xB3\\xB9\\xBC-\\xBE]"
#define NO_WORD "[^" WORD "\\xB2\\xB3\\xB9\\xBC-\\xBE]"
#define HEX "0-9A-Fa-f"

typedef struct ruby_escape {
    char letter;
    const char *outside, *inside; /* of brackets; NULL: not to be had */
} ruby_escape;

static const ruby_escape ruby_escapes[] = {
    { 'w', IS_WORD, WORD },
    { 'W', NO_WORD, NULL },
    { 'b', "(?:(?<=" IS_WORD ")(?!" IS_WORD ")|(?<!" IS_WORD ")(?=" IS_WORD "))", "\\x08" },
    { 'B', "(?:(?<=" IS_WORD ")(?=" IS_WORD ")|(?<!" IS_WORD ")(?!" IS_WORD "))", NULL },
    { 'h', "[" HEX "]", HEX },
    { 'H', "[^" HEX "]", NULL },
    { 'v', "\\x0B", "\\x0B" },
    { 'Z', "(?=\\n?\\z)", NULL },
    { 'G', NULL, NULL }, { 'K', NULL, NULL }, { 'X', NULL, NULL }, { 'Q', NULL, NULL }, { 'E', NULL, NULL }, { 'y', NULL, NULL }, { 'Y', NULL, NULL },
};

typedef struct ruby_reader {
    const char *at, *end;
    bool inside; /* brackets */
    ink_buf *out;
} ruby_reader;

static bool ruby_code_point(ruby_reader *r)
{
    if (r->end - r->at < 4)
        return false;
    ink_buf_format(r->out, "\\x{%.4s}", r->at);
    r->at += 4;
    return true;
}

static bool ruby_is_script(const char *name, size_t n)
{
    static const char *const others[] = { "Any", "Alpha", "Alphabetic", "Upper", "Uppercase", "Lower", "Lowercase", "Space", "White_Space", "Emoji" };
    bool other = n < 3; /* a general category */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        other = other || (strlen(others[i]) == n && !memcmp(others[i], name, n));
    return !other;
}

/* "{Han}" after \p: the script that a character has, where pcre2 would take all that it is used in. */
static void ruby_property(ruby_reader *r)
{
    const char *name = r->at + 1, *close = r->at < r->end && *r->at == '{' ? memchr(name, '}', (size_t)(r->end - name)) : NULL;
    if (!close)
        return;
    const bool not = *name == '^';
    ink_buf_text(r->out, not ? "{^" : "{");
    ink_buf_text(r->out, ruby_is_script(name + not, (size_t)(close - name) - not) ? "sc:" : "");
    r->at = name + not;
}

/* After a backslash. */
static bool ruby_escape_add(ruby_reader *r)
{
    if (r->at == r->end)
        return false;
    const char letter = *r->at++;
    if (letter == 'u')
        return ruby_code_point(r);
    for (size_t i = 0; i < sizeof ruby_escapes / sizeof *ruby_escapes; i++)
        if (ruby_escapes[i].letter == letter) {
            const char *text = r->inside ? ruby_escapes[i].inside : ruby_escapes[i].outside;
            ink_buf_text(r->out, text ? text : "");
            return text;
        }
    ink_buf_char(r->out, '\\');
    ink_buf_char(r->out, letter);
    if (letter == 'p' || letter == 'P')
        ruby_property(r);
    return true;
}

/* "(?im-x:": that . takes line ends is m there and s here. */
static void ruby_options(ruby_reader *r)
{
    const char *p = r->at;
    if (r->end - p < 2 || *p != '?')
        return;
    while (++p < r->end && strchr("imx-", *p))
        ;
    if (p == r->end || (*p != ':' && *p != ')'))
        return;
    for (; r->at < p; r->at++)
        ink_buf_char(r->out, *r->at == 'm' ? 's' : *r->at);
}

/* Brackets within brackets and && make sets there, and are themselves here. */
static bool ruby_inside(ruby_reader *r, char c)
{
    if (c == '[' || (c == '&' && r->at < r->end && *r->at == '&'))
        return false;
    r->inside = c != ']';
    return true;
}

static void ruby_open(ruby_reader *r)
{
    r->inside = true;
    if (r->at < r->end && *r->at == '^')
        ink_buf_char(r->out, *r->at++);
    if (r->at < r->end && *r->at == ']') /* first, it is itself */
        ink_buf_char(r->out, *r->at++);
}

bool ink_regex_from_ruby(const char *pattern, size_t n, ink_buf *out)
{
    ruby_reader r = { pattern, pattern + n, false, out };
    while (r.at < r.end) {
        const char c = *r.at++;
        if (c == '\\') {
            if (!ruby_escape_add(&r))
                return false;
            continue;
        }
        if (r.inside && !ruby_inside(&r, c))
            return false;
        const bool opens = !r.inside && c == '[';
        ink_buf_char(out, c);
        if (opens)
            ruby_open(&r);
        else if (!r.inside && c == '(')
            ruby_options(&r);
    }
    return true;
}
