#include "tools/vmports/demo_net.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return ok;
}

static bool loopback_up(void)
{
    struct ifreq lo = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &lo) == 0;

    lo.ifr_flags |= IFF_UP | IFF_RUNNING;
    ok = ok && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* In the new user namespace we are root, and outside we stay who we are: files keep their owner. */
static bool map_ids(uid_t uid, gid_t gid)
{
    char map[40];

    snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
    if (!write_file("/proc/self/uid_map", map) || !write_file("/proc/self/setgroups", "deny"))
        return false;
    snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
    return write_file("/proc/self/gid_map", map);
}

static bool capture_allowed(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool new_network(bool with_user)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(CLONE_NEWNET | (with_user ? CLONE_NEWUSER : 0)) != 0)
        return false;
    return (!with_user || map_ids(uid, gid)) && loopback_up() && capture_allowed();
}

/* Half a namespace cannot be left again: a child tries first. */
static bool would_work(bool with_user)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(new_network(with_user) ? 0 : 1);
    if (pid < 0)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool demo_net_enter(struct demo_net *out, struct err *e)
{
    static const struct {
        bool with_user;
        const char *words;
    } ways[] = {
        {false, "a network namespace of its own"},
        {true, "a network namespace of its own, made without root"},
    };

    *out = (struct demo_net){.tftp_port = 69, .tls_port = 2443, .sccp_port = 2000};
    for (size_t i = geteuid() == 0 ? 0 : 1; i < 2; i++) {
        if (!would_work(ways[i].with_user))
            continue;
        if (!new_network(ways[i].with_user))
            return err_errno(e, ERR_SYSTEM, "a network namespace worked once, and not again");
        out->own = true;
        snprintf(out->words, sizeof out->words, "%s", ways[i].words);
        return true;
    }
    out->tftp_port = out->tls_port = out->sccp_port = 0;
    snprintf(out->words, sizeof out->words,
             "the machine's own loopback: a network namespace is not permitted here");
    return true;
}
