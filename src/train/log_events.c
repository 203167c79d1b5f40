/* The log as TensorBoard reads it: records of TFRecord's framing (length, its checksum, bytes, their checksum), each a
   protobuf message of type tensorflow.Event (core/util/event.proto, core/framework/summary.proto). Messages are written by hand:
   a field is its number and kind in one byte, then its value. */
#include "train/train.h"

#include <string.h>

enum { EVENTS_MESSAGE = 1024 };
enum { WIRE_VARINT = 0, WIRE_DOUBLE = 1, WIRE_BYTES = 2, WIRE_FLOAT = 5 };
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, SESSION_STATUS = 1, SESSION_START = 1 };

typedef struct message {
    uint8_t bytes[EVENTS_MESSAGE];
    size_t n;
} message;

static void message_add(message *m, const void *bytes, size_t n)
{
    if (n <= sizeof m->bytes - m->n) {
        memcpy(m->bytes + m->n, bytes, n);
        m->n += n;
    }
}

static void message_varint(message *m, uint64_t v)
{
    for (; v > 127; v >>= 7)
        message_add(m, &(uint8_t){ (uint8_t)(v | 128) }, 1);
    message_add(m, &(uint8_t){ (uint8_t)v }, 1);
}

static void message_field(message *m, unsigned number, unsigned wire) { message_varint(m, number << 3 | wire); }

static void message_bytes(message *m, unsigned number, const void *bytes, size_t n)
{
    message_field(m, number, WIRE_BYTES);
    message_varint(m, n);
    message_add(m, bytes, n);
}

static void message_fixed(message *m, unsigned number, unsigned wire, uint64_t bits, size_t bytes)
{
    message_field(m, number, wire);
    for (size_t i = 0; i < bytes; i++)
        message_add(m, &(uint8_t){ (uint8_t)(bits >> 8 * i) }, 1);
}

static message events_event(double seconds, size_t step)
{
    message m = { .n = 0 };
    uint64_t bits;
    memcpy(&bits, &seconds, sizeof bits);
    message_fixed(&m, EVENT_TIME, WIRE_DOUBLE, bits, 8);
    message_field(&m, EVENT_STEP, WIRE_VARINT);
    message_varint(&m, step);
    return m;
}

/* CRC-32C (Castagnoli), turned and shifted as TFRecord masks it. */
static uint32_t events_checksum(const uint8_t *bytes, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void events_number(uint64_t v, size_t bytes, uint8_t *to)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(v >> 8 * i);
}

static void events_record(const message *m, ink_buf *to)
{
    uint8_t head[12], tail[4];
    events_number(m->n, 8, head);
    events_number(events_checksum(head, 8), 4, head + 8);
    events_number(events_checksum(m->bytes, m->n), 4, tail);
    ink_buf_add(to, head, sizeof head);
    ink_buf_add(to, m->bytes, m->n);
    ink_buf_add(to, tail, sizeof tail);
}

void ink_log_events_head(double seconds, size_t step, ink_buf *to)
{
    static const char version[] = "brain.Event:2";
    message first = events_event(seconds, 0), session = { .n = 0 };
    message_bytes(&first, EVENT_VERSION, version, sizeof version - 1);
    events_record(&first, to);
    if (!step)
        return;
    message again = events_event(seconds, step + 1);
    message_field(&session, SESSION_STATUS, WIRE_VARINT);
    message_varint(&session, SESSION_START);
    message_bytes(&again, EVENT_SESSION, session.bytes, session.n);
    events_record(&again, to);
}

void ink_log_events_row(const ink_train_report *r, double seconds, ink_buf *to)
{
    message event = events_event(seconds, r->step), summary = { .n = 0 };
    for (const ink_log_column *c = ink_log_columns; c->key; c++) {
        message value = { .n = 0 };
        const float number = (float)ink_log_value(r, c);
        uint32_t bits;
        if (!ink_log_has(r, c))
            continue;
        memcpy(&bits, &number, sizeof bits);
        message_bytes(&value, VALUE_TAG, c->tag, strlen(c->tag));
        message_fixed(&value, VALUE_SIMPLE, WIRE_FLOAT, bits, 4);
        message_bytes(&summary, SUMMARY_VALUE, value.bytes, value.n);
    }
    message_bytes(&event, EVENT_SUMMARY, summary.bytes, summary.n);
    events_record(&event, to);
}
