#define _GNU_SOURCE
#include "base/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HTTP_CONNECT_SECONDS = 5, HTTP_STALL_SECONDS = 30, HTTP_REDIRECTS = 10 };

typedef struct http_transfer {
    const ink_http *h;
    CURL *curl;
    ink_buf *text;      /* a short answer, or NULL … */
    int fd;             /* … when the body goes to a file */
    uint64_t from;      /* bytes that the file holds already */
    uint64_t size;      /* of the whole file; 0: not known */
    bool checked;       /* the answer's status and length are what we asked for */
    bool stopped;
    uint64_t announced; /* a length that is not the one wanted */
    int failed;         /* errno of a write */
    char range[32];
} http_transfer;

/* Decides at the first byte of a final answer whether the body is wanted. */
static bool http_accept(http_transfer *t)
{
    long code = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    t->checked = true;
    if (t->from && code == 200) { /* the server does not do ranges: from the start again */
        t->from = 0;
        if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET))
            t->failed = errno;
    }
    if (t->size && length >= 0 && (uint64_t)length + t->from != t->size)
        t->announced = (uint64_t)length + t->from;
    return !t->failed && !t->announced;
}

static size_t http_body(char *bytes, size_t one, size_t n, void *user)
{
    http_transfer *t = user;
    (void)one;
    if (t->text) {
        ink_buf_add(t->text, bytes, n);
        return t->text->failed ? 0 : n;
    }
    if (!t->checked && !http_accept(t))
        return 0;
    for (size_t at = 0; at < n;) {
        ssize_t done = write(t->fd, bytes + at, n - at);
        if (done < 0 && errno != EINTR) {
            t->failed = errno;
            return 0;
        }
        at += done > 0 ? (size_t)done : 0;
    }
    return n;
}

static int http_progress(void *user, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up)
{
    http_transfer *t = user;
    (void)up_total, (void)up;
    if (t->h->step && !t->h->step(t->h->user, t->from + (uint64_t)done, t->size ? t->size : total ? t->from + (uint64_t)total : 0))
        t->stopped = true;
    return t->stopped;
}

static void http_prepare(http_transfer *t)
{
    CURL *c = t->curl;
    const ink_http *h = t->h;
    bool tls = !strncmp(h->url, "https:", 6);
    curl_easy_setopt(c, CURLOPT_URL, h->url);
    curl_easy_setopt(c, CURLOPT_USERAGENT, h->agent ? h->agent : "inkstone/" INK_VERSION);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)HTTP_CONNECT_SECONDS);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)HTTP_STALL_SECONDS);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    if (h->token) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, h->token);
    }
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, http_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    if (t->from) { /* not RESUME_FROM: that fails where a server ignores ranges, and we can begin again */
        snprintf(t->range, sizeof t->range, "%llu-", (unsigned long long)t->from);
        curl_easy_setopt(c, CURLOPT_RANGE, t->range);
    }
}

static ink_status http_explain(const http_transfer *t, CURLcode code, long status, ink_err *err)
{
    const char *url = t->h->url;
    if (t->stopped)
        return ink_fail(err, INK_E_STOPPED, "stopped; what has come so far is kept");
    if (t->failed)
        return ink_fail(err, INK_E_IO, "the file could not be written: %s", strerror(t->failed));
    if (t->announced)
        return ink_fail(err, INK_E_FORMAT, "%s: holds %llu bytes, not the %llu that were expected", url, (unsigned long long)t->announced,
                        (unsigned long long)t->size);
    if (t->text && t->text->failed)
        return ink_fail(err, INK_E_LIMIT, "%s: the answer is longer than %zu bytes", url, t->text->max);
    if (code == CURLE_HTTP_RETURNED_ERROR && (status == 401 || status == 403))
        return ink_fail(err, INK_E_NOT_FOUND, "%s: the server answers %ld: it asks for permission (a token)", url, status);
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return ink_fail(err, status == 404 ? INK_E_NOT_FOUND : INK_E_IO, "%s: the server answers %ld", url, status);
    const char *host = strstr(url, "//"); /* what went wrong concerns the whole site */
    host = host ? host + 2 : url;
    return ink_fail(err, INK_E_IO, "%.*s: %s", (int)strcspn(host, "/"), host, curl_easy_strerror(code));
}

static ink_status http_perform(http_transfer *t, long *status, ink_err *err)
{
    t->curl = curl_easy_init();
    if (!t->curl)
        return ink_fail(err, INK_E_MEMORY, "the network library could not be started");
    http_prepare(t);
    CURLcode code = curl_easy_perform(t->curl);
    *status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(t->curl);
    return code == CURLE_OK ? INK_OK : http_explain(t, code, *status, err);
}

ink_status ink_http_text(const ink_http *h, size_t max_bytes, ink_buf *out, ink_err *err)
{
    http_transfer t = { .h = h, .text = out, .fd = -1 };
    long status;
    ink_buf_init(out, max_bytes);
    ink_status answer = http_perform(&t, &status, err);
    if (answer)
        ink_buf_clear(out);
    else
        ink_buf_add(out, "", 0); /* an empty answer still yields a string */
    return answer;
}

ink_status ink_http_file(const ink_http *h, const char *path, uint64_t size, ink_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        int failed = errno;
        if (fd >= 0)
            close(fd);
        return ink_fail(err, INK_E_IO, "%s: cannot be written: %s", path, strerror(failed));
    }
    uint64_t have = (uint64_t)st.st_size;
    if (size && have > size && !ftruncate(fd, 0)) /* cannot be the beginning of what is wanted */
        have = 0;
    ink_status answer = INK_OK;
    if (!size || have < size) {
        http_transfer t = { .h = h, .fd = fd, .from = have, .size = size };
        long status = 0;
        lseek(fd, (off_t)have, SEEK_SET);
        answer = http_perform(&t, &status, err);
    }
    if (answer == INK_OK && size && lseek(fd, 0, SEEK_END) != (off_t)size)
        answer = ink_fail(err, INK_E_IO, "%s: ended early", h->url);
    close(fd);
    return answer;
}
