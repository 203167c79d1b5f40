/* What a model writes, told apart: thoughts (<think>), calls of tools in the ways that families of models write them (Hermes and Qwen:
   <tool_call>{…}</tool_call>; Mistral: [TOOL_CALLS][{…}]; Llama 3 and others: the JSON alone), and the text proper. Works on pieces as they come;
   arguments are handed on while they grow. One thread. */
#ifndef SERVER_READER_H
#define SERVER_READER_H

#include "server/call.h"

typedef enum srv_part_kind { SRV_CONTENT, SRV_REASONING, SRV_CALL, SRV_ARGUMENTS } srv_part_kind;

typedef struct srv_part {
    srv_part_kind kind;
    size_t answer;
    const char *text;      /* CONTENT, REASONING, ARGUMENTS: more of it */
    size_t size;
    size_t call;           /* CALL, ARGUMENTS: the number of the call in its answer */
    const char *id, *name; /* CALL */
} srv_part;
typedef void srv_on_part(void *user, const srv_part *part);

typedef struct srv_reader srv_reader;
/* tools: calls are looked for; thoughts: so are thoughts. NULL: no memory. */
srv_reader *srv_reader_new(size_t answers, bool tools, bool thoughts);
void srv_reader_free(srv_reader *r); /* NULL is fine */
void srv_reader_feed(srv_reader *r, size_t answer, const char *text, size_t n, srv_on_part *on, void *user);
void srv_reader_end(srv_reader *r, size_t answer, srv_on_part *on, void *user); /* what was held back */
size_t srv_reader_calls(const srv_reader *r, size_t answer);

/* A whole answer, collected; cleared when it was used. */
enum { SRV_CALLS = 32 };
typedef struct srv_collected {
    ink_buf content, reasoning;
    struct {
        char id[64], name[128];
        ink_buf arguments;
    } calls[SRV_CALLS];
    size_t count;
} srv_collected;
void srv_collected_init(srv_collected *s);
void srv_collected_clear(srv_collected *s);
srv_on_part srv_collect; /* user: srv_collected * */

#endif
