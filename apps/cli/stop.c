/* Ctrl-C as a request. The flag is the one variable of the program that a signal must reach. */
#include "cli.h"

#include <signal.h>

static volatile sig_atomic_t stop_asked;

static void stop_handle(int number)
{
    if (stop_asked) {
        signal(number, SIG_DFL);
        raise(number);
    }
    stop_asked = 1;
}

void cli_stop_catch(void)
{
    signal(SIGINT, stop_handle);
    signal(SIGTERM, stop_handle);
}

void cli_stop_cuts_reading(bool cuts)
{
    struct sigaction action = { .sa_handler = stop_handle, .sa_flags = cuts ? 0 : SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

bool cli_stop_asked(void)
{
    return stop_asked;
}

void cli_stop_forget(void)
{
    stop_asked = 0;
}
