/* inkstone serve: a private model for programs and people. */
#include "cli.h"

#include "server/server.h"

static ink_status serve_run(const void *options, ink_err *err)
{
    cli_stop_catch();
    return srv_run(options, cli_stop_asked, err);
}

extern const cli_command cli_serve;
const cli_command cli_serve = {
    .params = srv_params,
    .size = sizeof(srv_options),
    .about = "Speaks OpenAI's interface (/v1/chat/completions, /v1/completions, /v1/models) and others; docs/server.md lists them. Listens on this machine alone unless "
             "--host says otherwise, and then asks for a key. Requests of many are computed side by side, and what their prompts share is computed once.",
    .examples = { { "serve", "serve what you have, each model when it is asked for" }, { "serve -m smollm2 --port 9000", "one model under any name" },
                  { "serve --host 0.0.0.0 --api-key-file keys.txt", "let other machines in" } },
    .computes = true,
    .run = serve_run,
};
