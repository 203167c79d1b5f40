/* The log as a table with commas: a line for every row, and an empty cell where a row has no such number. */
#include "train/train.h"

void ink_log_table_head(ink_buf *to)
{
    ink_buf_text(to, "step,epoch");
    for (const ink_log_column *c = ink_log_columns; c->key; c++)
        ink_buf_format(to, ",%s", c->key);
    ink_buf_char(to, '\n');
}

void ink_log_table_row(const ink_train_report *r, ink_buf *to)
{
    ink_buf_format(to, "%zu,%.17g", r->step, r->epoch);
    for (const ink_log_column *c = ink_log_columns; c->key; c++)
        if (ink_log_has(r, c))
            ink_buf_format(to, ",%.17g", ink_log_value(r, c));
        else
            ink_buf_char(to, ',');
    ink_buf_char(to, '\n');
}
