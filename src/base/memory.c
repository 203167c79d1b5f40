/* Memory of the machine, from /proc/meminfo, and of the control group, where it has a limit. */
#include "base/file.h"

#include <inttypes.h>
#include <ink/memory.h>
#include <stdio.h>
#include <string.h>

static uint64_t memory_number(const char *path)
{
    ink_buf text;
    uint64_t v = 0;
    if (ink_file_read(path, 4096, &text, NULL))
        return 0;
    if (sscanf(text.data, "%" SCNu64, &v) != 1) /* "max": no limit */
        v = 0;
    ink_buf_clear(&text);
    return v;
}

/* The number after a word at the start of a line. */
static uint64_t memory_field(const char *path, const char *word)
{
    ink_buf text;
    uint64_t v = 0;
    if (ink_file_read(path, 1 << 16, &text, NULL))
        return 0;
    const char *line = strstr(text.data, word);
    if (!line || sscanf(line + strlen(word), "%" SCNu64, &v) != 1)
        v = 0;
    ink_buf_clear(&text);
    return v;
}

ink_memory ink_memory_read(void)
{
    ink_memory m = { memory_field("/proc/meminfo", "MemTotal:") * 1024, memory_field("/proc/meminfo", "MemAvailable:") * 1024 };
    uint64_t limit = memory_number("/sys/fs/cgroup/memory.max"), used = memory_number("/sys/fs/cgroup/memory.current");
    if (!limit || limit >= m.total)
        return m;
    uint64_t cache = memory_field("/sys/fs/cgroup/memory.stat", "\ninactive_file "), left = limit > used ? limit - used : 0;
    left += cache < used ? cache : 0;
    return (ink_memory){ limit, left < m.available ? left : m.available };
}
