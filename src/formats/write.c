/* What writers of every format share: a tensor's bytes, all of them and no more. */
#include "formats/write.h"

ink_status ink_write_more(ink_write_sink *to, const void *bytes, size_t n, ink_err *err)
{
    if (n > to->left)
        return ink_fail(err, INK_E_FORMAT, "%s: a tensor would be longer than its shape says", to->file->path);
    to->left -= n;
    return ink_writer_add(to->file, bytes, n, err);
}

ink_status ink_write_data(ink_writer *w, const ink_write_tensor *list, size_t which, const ink_write_feed *feed, ink_err *err)
{
    const ink_write_tensor *t = &list[which];
    ink_write_sink to = { .file = w, .left = t->bytes };
    INK_TRY(feed ? feed->tensor(feed->user, which, &to, err) : ink_write_more(&to, t->data, t->bytes, err));
    return to.left ? ink_fail(err, INK_E_FORMAT, "%s: %s ends %llu bytes too early", w->path, t->name, (unsigned long long)to.left) : INK_OK;
}
