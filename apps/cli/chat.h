/* The parts of inkstone chat: chat.c begins and answers, chat_lines.c reads what is typed, chat_commands.c knows /help and the rest. */
#ifndef CLI_CHAT_H
#define CLI_CHAT_H

#include "cli.h"

#include <ink/constraint.h>
#include <ink/conversation.h>

typedef struct chat_settings { /* what /set can change */
    int64_t n;
    ink_param_texts stop;
    ink_sampling sampling;
} chat_settings;
extern const ink_param chat_settings_params[];

typedef struct chat {
    const char *name;     /* of the model, as it was asked for */
    cli_model model, draft; /* draft: or nothing */
    ink_conversation *conversation;
    ink_constraint *constraint;
    ink_generate_options answers; /* what /set does not change */
    chat_settings settings;
    ink_arena *arena;     /* texts that /set was given */
    int64_t again;        /* how often /regenerate moved the seed on */
    char last;            /* byte of the answer written */
    bool over;            /* /quit */
} chat;

ink_status chat_answer(chat *c, ink_err *err);      /* prints it as it comes; Ctrl-C stops it */
ink_status chat_talk(chat *c, ink_err *err);        /* until the end of input */
ink_status chat_command(chat *c, char *line, ink_err *err); /* a line that begins with a slash */

/* What was typed, continuation lines and blocks joined: malloc'd. NULL at the end of input. An empty text: Ctrl-C. */
char *chat_read(void);

#endif
