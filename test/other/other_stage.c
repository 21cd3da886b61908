/* The stage: one office, vmports under it, the sound it is to play; and what is told of it. */
#include "other_play.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct office office;
const char *vmports, *folder, *profile_name = "?";
unsigned deviations;
uint8_t greeting[GREETING];

/* ---- telling --------------------------------------------------------------------------------- */

void deviation(const char *format, ...)
{
    va_list ap;

    deviations++;
    printf("%s: ", profile_name);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
}

_Noreturn void give_up(const char *format, ...)
{
    va_list ap;

    printf("%s: gave up: ", profile_name);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
    if (office.pid > 0) {
        kill(office.pid, SIGKILL);
        waitpid(office.pid, NULL, 0);
    }
    exit(1);
}

/* ---- the greeting: every sample is one that the codec keeps ---------------------------------- */

static int of_ulaw(uint8_t code)
{
    const unsigned u = (uint8_t)~code, t = ((u & 15) << 3) + 132;
    const int v = (int)(t << (u >> 4 & 7)) - 132;
    return u & 128 ? -v : v;
}

static int of_alaw(uint8_t code)
{
    const unsigned a = code ^ 0x55u, part = a >> 4 & 7;
    int v = (int)((a & 15) << 4) + 8;

    if (part)
        v = (v + 0x100) << (part - 1);
    return a & 128 ? v : -v;
}

static void make_greeting(const char *path)
{
    static const uint8_t head[44] = {'R', 'I', 'F',  'F',  0xa4, 0x3e, 0,    0,    'W',  'A', 'V',
                                     'E', 'f', 'm',  't',  ' ',  16,   0,    0,    0,    1,   0,
                                     1,   0,   0x40, 0x1f, 0,    0,    0x80, 0x3e, 0,    0,   2,
                                     0,   16,  0,    'd',  'a',  't',  'a',  0x80, 0x3e, 0,   0};
    uint32_t x = 12345;
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(head, sizeof head, 1, f) != 1)
        give_up("cannot write %s", path);
    for (size_t i = 0; i < GREETING; i++) {
        x = x * 1664525 + 1013904223;
        greeting[i] = (uint8_t)(x >> 24);
        if (office.p->law == ULAW && greeting[i] == 0x7f) /* minus zero is plus zero's double */
            greeting[i] = 0xff;
        const int v = office.p->law == ULAW ? of_ulaw(greeting[i]) : of_alaw(greeting[i]);
        fputc(v & 255, f);
        fputc(v >> 8 & 255, f);
    }
    fclose(f);
}

/* ---- programs -------------------------------------------------------------------------------- */

char *in_folder(const char *name)
{
    static char paths[16][512];
    static unsigned n;
    char *const path = paths[n++ % 16];

    if (snprintf(path, sizeof paths[0], "%s/%s", folder, name) >= (int)sizeof paths[0])
        give_up("%s is too long a name", folder);
    return path;
}

int start(const char *out, char *const *argv)
{
    const int pid = fork();

    if (pid < 0)
        give_up("fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    const int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    execv(argv[0], argv);
    _exit(127);
}

/* The exit code, while the office goes on working; -1 when it takes longer than ms. */
int finish(int pid, int ms)
{
    const int64_t end = clock_ms() + ms;
    int status;

    while (clock_ms() < end) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        pump(&office, 10);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

bool said(const char *words)
{
    static char text[65536];
    FILE *f = fopen(in_folder("said"), "rb");
    const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

    if (f)
        fclose(f);
    text[n] = '\0';
    return strstr(text, words) != NULL;
}

void status_says(const char *words)
{
    if (finish(ASK((char *)"status", (char *)"--json"), 5000) != 0)
        deviation("status failed");
    else if (!said(words))
        deviation("status does not say %s", words);
}

void start_vmports(void)
{
    const struct profile *p = office.p;
    char *argv[48], text[4][32];
    int n = 0;

    make_greeting(in_folder("greeting.wav"));
    snprintf(text[0], sizeof text[0], "127.0.0.1:%u", office.port);
    snprintf(text[1], sizeof text[1], "127.0.0.1:%u", office.tftp_port);
    snprintf(text[2], sizeof text[2], "%u", p->offer);
    snprintf(text[3], sizeof text[3], "%u", p->device_type);
    char *const common[] = {(char *)(uintptr_t)vmports,
                            (char *)"run",
                            (char *)"-n",
                            (char *)"3",
                            (char *)"-s",
                            text[0],
                            (char *)"--protocol-version",
                            text[2],
                            (char *)"--device-type",
                            text[3],
                            (char *)"-g",
                            in_folder("greeting.wav"),
                            (char *)"--state-dir",
                            in_folder("state"),
                            (char *)"--control",
                            in_folder("v.sock"),
                            (char *)"--bind",
                            (char *)"127.0.0.1",
                            (char *)"-v"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        argv[n++] = common[i];
    if (p->pipe == PLAIN) {
        argv[n++] = (char *)"--security";
        argv[n++] = (char *)"non-secure";
    } else {
        argv[n++] = (char *)"-t";
        argv[n++] = text[1];
    }
    if (p->any_ccm)
        argv[n++] = (char *)"--any-ccm";
    if (p->brand == LIBSCCP)
        argv[n++] = (char *)"--mwi-fallback";
    argv[n] = NULL;
    office.pid = start(in_folder("vmports.log"), argv);
}
