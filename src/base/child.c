#define _GNU_SOURCE
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { CHILD_POLL_MS = 200, CHILD_KEEP = 65536 };

static void child_keep(ink_buf *out, const char *bytes, size_t n)
{
    if (!out)
        return;
    if (out->len + n > CHILD_KEEP) /* the last words matter most */
        ink_buf_reset(out);
    ink_buf_add(out, bytes, n);
}

/* Reads until the pipe is closed; false: the caller's step said stop. */
static bool child_listen(const ink_child *child, int fd)
{
    char piece[4096];
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int ready = poll(&p, 1, CHILD_POLL_MS);
        if (child->step && !child->step(child->user))
            return false;
        if (ready <= 0)
            continue;
        ssize_t n = read(fd, piece, sizeof piece);
        if (n == 0 || (n < 0 && errno != EINTR))
            return true;
        if (n > 0)
            child_keep(child->out, piece, (size_t)n);
    }
}

static int child_spawn(const ink_child *child, int write_end, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, write_end, STDERR_FILENO);
    int failed = posix_spawnp(pid, child->argv[0], &actions, NULL, child->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

ink_status ink_child_run(const ink_child *child, int *code, ink_err *err)
{
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC))
        return ink_fail(err, INK_E_IO, "%s: cannot be started: %s", child->argv[0], strerror(errno));
    int failed = child_spawn(child, ends[1], &pid);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        return ink_fail(err, failed == ENOENT ? INK_E_NOT_FOUND : INK_E_IO, "%s: cannot be started: %s", child->argv[0], strerror(failed));
    }
    bool whole = child_listen(child, ends[0]);
    close(ends[0]);
    if (!whole)
        kill(pid, SIGTERM);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return whole ? INK_OK : ink_fail(err, INK_E_STOPPED, "stopped");
}
