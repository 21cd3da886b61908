/* EDGE: Landlock (linux Documentation/userspace-api/landlock.rst), by its three system calls: the C
 * library of Debian 12 has no functions for them, and its headers end with version 2. */
#include "tools/shared/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same numbers on every architecture. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE       445
#define CALL_RESTRICT_SELF  446

#define ASK_VERSION         1u /* LANDLOCK_CREATE_RULESET_VERSION */
#define RULE_BENEATH        1  /* LANDLOCK_RULE_PATH_BENEATH */
#define RULE_PORT           2  /* LANDLOCK_RULE_NET_PORT */
#define NET_BIND_TCP        UINT64_C(1)
#define SCOPE_ABSTRACT      UINT64_C(1)
#define SCOPE_SIGNAL        UINT64_C(2)

/* LANDLOCK_ACCESS_FS_*, in the order of their bits. */
enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SYM = 1 << 12,
    FS_REFER = 1 << 13,     /* version 2 */
    FS_TRUNCATE = 1 << 14,  /* version 3 */
    FS_IOCTL_DEV = 1 << 15, /* version 5 */
    FS_READ = FS_READ_FILE | FS_READ_DIR,
    FS_WRITE = FS_READ | FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_TRUNCATE,
    FS_OF_A_FILE = FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE, /* others fit folders only */
};

struct ruleset {
    uint64_t files, net, scopes; /* net: version 4; scopes: version 6 */
};

struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

struct net_port {
    uint64_t allowed, port;
};

/* Read long after the start: names are resolved anew, with what the administrator then says
 * (/etc whole, because resolv.conf is replaced by rename); libraries are loaded on need; the
 * number of processors and our own limits are asked for (/proc whole, because its files are made
 * anew when looked up; memory and environment of other processes Landlock closes by itself). */
static const struct sandbox_place always[] = {
    {"/etc", SANDBOX_READ},
    {"/run/systemd/resolve", SANDBOX_READ},
    {"/run/resolvconf", SANDBOX_READ},
    {"/run/NetworkManager", SANDBOX_READ},
    {"/usr", SANDBOX_READ},
    {"/lib", SANDBOX_READ},
    {"/lib64", SANDBOX_READ},
    {"/proc", SANDBOX_READ},
    {"/sys/devices/system/cpu", SANDBOX_READ},
    {"/dev/null", SANDBOX_WRITE},
    {"/dev/urandom", SANDBOX_READ},
    {"/dev/random", SANDBOX_READ},
};

static uint64_t files_of(int abi)
{
    uint64_t all = FS_REFER - 1; /* the thirteen of version 1 */

    all |= abi >= 2 ? FS_REFER : 0;
    all |= abi >= 3 ? FS_TRUNCATE : 0;
    all |= abi >= 5 ? FS_IOCTL_DEV : 0;
    return all;
}

static uint64_t rights_of(enum sandbox_use use)
{
    switch (use) {
    case SANDBOX_READ:
        return FS_READ;
    case SANDBOX_WRITE:
        return FS_WRITE;
    case SANDBOX_REMOVE:
        return FS_REMOVE_FILE;
    }
    return 0;
}

static int allow_place(int rules, const struct sandbox_place *p, uint64_t handled)
{
    struct beneath b = {.allowed = rights_of(p->use) & handled};
    struct stat st;
    int why = 0;

    b.parent = open(p->path, O_PATH | O_CLOEXEC);
    if (b.parent < 0)
        return 0; /* not there, or not ours to see: nothing to allow */
    if (fstat(b.parent, &st) == 0 && !S_ISDIR(st.st_mode))
        b.allowed &= FS_OF_A_FILE;
    if (b.allowed && syscall(CALL_ADD_RULE, rules, RULE_BENEATH, &b, 0) != 0)
        why = errno;
    close(b.parent);
    return why;
}

static int allow_all(int rules, const struct sandbox_place *p, size_t n, uint64_t handled)
{
    int why = 0;

    for (size_t i = 0; i < n && why == 0; i++)
        why = allow_place(rules, &p[i], handled);
    return why;
}

/* A connection's local port is the kernel's choice: 0. Any other would be for a listener. */
static int allow_any_port(int rules)
{
    const struct net_port any = {.allowed = NET_BIND_TCP, .port = 0};

    return syscall(CALL_ADD_RULE, rules, RULE_PORT, &any, 0) == 0 ? 0 : errno;
}

static int new_rules(int abi, struct ruleset *r)
{
    *r = (struct ruleset){.files = files_of(abi),
                          .net = abi >= 4 ? NET_BIND_TCP : 0,
                          .scopes = abi >= 6 ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0};
    return (int)syscall(CALL_CREATE_RULESET, r,
                        abi >= 6   ? sizeof *r
                        : abi >= 4 ? 2 * sizeof r->files
                                   : sizeof r->files,
                        0);
}

int sandbox_files(const struct sandbox_place *places, size_t count, int *abi)
{
    struct ruleset r;

    *abi = (int)syscall(CALL_CREATE_RULESET, NULL, 0, ASK_VERSION);
    if (*abi < 1)
        return errno; /* ENOSYS: before Linux 5.13; EOPNOTSUPP: there, and switched off */
    int rules = new_rules(*abi, &r);
    if (rules < 0)
        return errno;
    int why = allow_all(rules, always, sizeof always / sizeof always[0], r.files);
    if (why == 0)
        why = allow_all(rules, places, count, r.files);
    if (why == 0 && r.net)
        why = allow_any_port(rules);
    if (why == 0 && syscall(CALL_RESTRICT_SELF, rules, 0) != 0)
        why = errno;
    close(rules);
    return why;
}
