/* Which of some byte strings stand in the memory of a process? For tests of what must be wiped.
 *
 *   mem_grep PID <HEX-LINES      one string a line, at least 8 bytes of it
 *
 * Prints "HEX REGION" for each that is found. Exit 0: one was, 1: none, 2: memory cannot be read.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STRINGS_MAX 256
#define BYTES_MAX   128
#define CHUNK       (1u << 20)
#define REGION_MAX  (UINT64_C(1) << 34) /* what is larger is a sanitizer's shadow */
#define PAGE        4096u

struct string {
    uint8_t bytes[BYTES_MAX];
    size_t len;
    bool found;
};

static struct string strings[STRINGS_MAX];
static size_t count;

static bool take_line(const char *line)
{
    struct string *s = &strings[count];
    unsigned byte;
    int used;

    for (s->len = 0; s->len < BYTES_MAX && sscanf(line, "%2x%n", &byte, &used) == 1; s->len++) {
        s->bytes[s->len] = (uint8_t)byte;
        line += used;
    }
    return s->len >= 8;
}

static void look_for_all(const uint8_t *at, size_t len, const char *region)
{
    for (size_t i = 0; i < count; i++) {
        struct string *s = &strings[i];
        if (s->found || !memmem(at, len, s->bytes, s->len))
            continue;
        s->found = true;
        for (size_t k = 0; k < s->len; k++)
            printf("%02x", s->bytes[k]);
        printf(" %s\n", region);
    }
}

/* A sanitizer maps gigabytes and touches few of them: pagemap(5), bits 63 and 62. */
static bool touched(int pagemap, uint64_t at)
{
    uint64_t pages[CHUNK / PAGE];
    const ssize_t n = pread(pagemap, pages, sizeof pages, (off_t)(at / PAGE * sizeof pages[0]));

    if (n <= 0)
        return true; /* the kernel does not tell */
    for (size_t i = 0; i < (size_t)n / sizeof pages[0]; i++)
        if (pages[i] >> 62)
            return true;
    return false;
}

/* Chunks overlap, so that no string is cut. False: nothing could be read. */
static bool look_in(int mem, int pagemap, uint64_t from, uint64_t to, const char *region)
{
    static uint8_t chunk[CHUNK + BYTES_MAX];
    bool any = false;

    for (uint64_t at = from; at < to; at += CHUNK) {
        if (!touched(pagemap, at))
            continue;
        const size_t want = to - at < sizeof chunk ? (size_t)(to - at) : sizeof chunk;
        const ssize_t n = pread(mem, chunk, want, (off_t)at);
        if (n <= 0)
            continue;
        any = true;
        look_for_all(chunk, (size_t)n, region);
    }
    return any;
}

/* Whatever can be written to. */
static bool look_everywhere(FILE *maps, int mem, int pagemap)
{
    char line[512], may[8], name[256];
    unsigned long from, to;
    bool any = false;

    while (fgets(line, sizeof line, maps)) {
        name[0] = '\0';
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255[^\n]", &from, &to, may, name) < 3)
            continue;
        if (may[0] == 'r' && may[1] == 'w' && to - from < REGION_MAX)
            any |= look_in(mem, pagemap, from, to, name[0] ? name : "anonymous");
    }
    return any;
}

int main(int argc, char **argv)
{
    char path[64], line[2 * BYTES_MAX + 2];
    bool any_found = false;

    if (argc != 2)
        return 2;
    while (count < STRINGS_MAX && fgets(line, sizeof line, stdin))
        count += take_line(line);
    snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
    const int mem = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%s/pagemap", argv[1]);
    const int pagemap = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
    FILE *maps = fopen(path, "re");
    if (mem < 0 || !maps || count == 0 || !look_everywhere(maps, mem, pagemap)) {
        fprintf(stderr, "mem_grep: %zu strings, %s\n", count, path);
        return 2;
    }
    for (size_t i = 0; i < count; i++)
        any_found |= strings[i].found;
    return any_found ? 0 : 1;
}
