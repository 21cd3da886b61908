/* The fences of a run: each forbidden act is tried by a child that has put itself into the sandbox,
 * and so is what a run does every day. Kernels without a fence skip what it would refuse. */
#include "check.h"

#include "base/sanitizer.h"

#include "tools/shared/privileges.h"
#include "tools/shared/sandbox.h"
#include "tools/vmports/state_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], state[96], elsewhere[96], secret[128], greeting[128];
static struct sandbox_report fences;

static void write_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0, "%s: %s", path, strerror(errno));
}

/* What an act outside of the sandbox has changed. */
static void restore(void)
{
    write_file(secret);
    write_file(greeting);
}

static bool enter(void)
{
    const struct sandbox_place places[] = {
        {state, SANDBOX_WRITE}, {greeting, SANDBOX_READ}, {"/nowhere/at/all", SANDBOX_READ}};

    return sandbox_enter(places, 3, &fences, NULL);
}

/* Each act says whether it could be done. */
typedef bool act(void);

/* 0: done; 1: refused; 2: no sandbox. */
static int in_a_child(act *try, bool sandbox)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(sandbox && !enter() ? 2 : try() ? 0 : 1);
    CHECK(child > 0 && waitpid(child, &status, 0) == child, "a child");
    CHECK(WIFEXITED(status), "it was ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* ---- what a run has no use for ----------------------------------------------------------------*/

static bool another_program(void)
{
    execl("/bin/true", "true", (char *)NULL);
    return errno != EPERM && errno != EACCES;
}

static bool may_open(const char *path, int how)
{
    int fd = open(path, how | O_CLOEXEC, 0600);

    return fd >= 0;
}

static bool reads_elsewhere(void)
{
    return may_open(secret, O_RDONLY);
}

static bool writes_elsewhere(void)
{
    char path[160];

    snprintf(path, sizeof path, "%s/new", elsewhere);
    return may_open(path, O_WRONLY | O_CREAT);
}

static bool changes_a_greeting(void)
{
    return may_open(greeting, O_WRONLY);
}

static bool removes_a_greeting(void)
{
    return unlink(greeting) == 0;
}

static bool a_listener(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0;
}

static bool a_raw_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

static bool a_namespace(void)
{
    return unshare(CLONE_NEWUSER) == 0;
}

static bool memory_to_write_and_run(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}

static bool memory_made_to_run(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at != MAP_FAILED && mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool another_identity(void)
{
    return setuid(geteuid() == 0 ? 1 : 0) == 0;
}

#if !SANITIZER
static bool another_process(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child > 0;
}

static bool a_look_into_another_process(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool a_signal_to_another_process(void)
{
    return kill(getppid(), 0) == 0;
}
#endif

static void what_a_run_has_no_use_for_is_refused(void **state_)
{
    static const struct {
        const char *what;
        act *try;
        bool files;      /* which fence refuses it */
        bool needs_more; /* than an ordinary user may, or it would stop us: not tried outside */
    } rows[] = {
        {"another program", another_program, false, false},
        {"reading elsewhere", reads_elsewhere, true, false},
        {"writing elsewhere", writes_elsewhere, true, false},
        {"changing a greeting", changes_a_greeting, true, false},
        {"removing a greeting", removes_a_greeting, true, false},
        {"a listener", a_listener, false, false},
        {"a raw socket", a_raw_socket, false, true},
        {"a namespace", a_namespace, false, true},
        {"memory to write and run", memory_to_write_and_run, false, false},
        {"memory made to run", memory_made_to_run, false, false},
        {"another identity", another_identity, false, true},
#if !SANITIZER
        {"another process", another_process, false, false},
        {"a look into another process", a_look_into_another_process, false, true},
        {"a signal to another process", a_signal_to_another_process, false, false},
#endif
    };

    (void)state_;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(rows[i].needs_more || in_a_child(rows[i].try, false) == 0, "%s: not even outside",
              rows[i].what);
        restore();
        if (rows[i].files ? fences.files_errno : fences.calls_errno)
            continue; /* this kernel has no such fence */
        int got = in_a_child(rows[i].try, true);
        CHECK(got == 1, "%s: %s", rows[i].what, got == 0 ? "possible" : "no sandbox");
    }
}

/* ---- what a run does every day ----------------------------------------------------------------*/

static bool keeps_a_list(void)
{
    char a[160], b[160];

    snprintf(a, sizeof a, "%s/.new", state);
    snprintf(b, sizeof b, "%s/CTLFile.tlv", state);
    int fd = open(a, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && ftruncate(fd, 0) == 0 &&
           close(fd) == 0 && rename(a, b) == 0 && may_open(b, O_RDWR | O_TRUNC) && unlink(b) == 0;
}

static bool makes_a_folder(void)
{
    char path[160];

    snprintf(path, sizeof path, "%s/Branch-1", state);
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool reads_a_greeting(void)
{
    return may_open(greeting, O_RDONLY);
}

static bool resolves_a_name(void)
{
    struct addrinfo *list = NULL;
    int rc = getaddrinfo("localhost", "2443", NULL, &list);

    if (rc == 0)
        freeaddrinfo(list);
    return rc == 0;
}

static void *nothing(void *arg)
{
    return arg;
}

static bool starts_a_thread(void)
{
    pthread_t t;
    void *got = NULL;

    return pthread_create(&t, NULL, nothing, state) == 0 && pthread_join(t, &got) == 0 &&
           got == state;
}

static bool calls_out(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9)};
    int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_in own = a;
    own.sin_port = 0;
    return bind(tcp, (struct sockaddr *)&own, sizeof own) == 0 &&
           (connect(tcp, (struct sockaddr *)&a, sizeof a) == 0 || errno == ECONNREFUSED) &&
           bind(udp, (struct sockaddr *)&own, sizeof own) == 0 &&
           sendto(udp, "x", 1, 0, (struct sockaddr *)&a, sizeof a) == 1;
}

static bool ends_itself_by_a_signal(void)
{
    signal(SIGUSR1, SIG_IGN);
    return raise(SIGUSR1) == 0;
}

static void what_a_run_does_every_day_goes_on(void **state_)
{
    static const struct {
        const char *what;
        act *try;
    } rows[] = {
        {"a list is kept", keeps_a_list},
        {"a folder of a phone system", makes_a_folder},
        {"a greeting is read", reads_a_greeting},
        {"a name is resolved", resolves_a_name},
        {"a thread", starts_a_thread},
        {"connections and datagrams", calls_out},
        {"a signal to itself", ends_itself_by_a_signal},
    };

    (void)state_;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(in_a_child(rows[i].try, true) == 0, "%s", rows[i].what);
}

/* ---- root -------------------------------------------------------------------------------------*/

static bool root_is_gone_for_good(void)
{
    struct account nobody;

    if (!account_by_name("nobody", &nobody, NULL) || !privileges_become(&nobody, NULL))
        return false;
    return geteuid() == nobody.uid && setuid(0) != 0 && seteuid(0) != 0 &&
           !may_open("/etc/shadow", O_RDONLY);
}

static void from_root_there_is_no_way_back(void **state_)
{
    int status = 0;

    (void)state_;
    if (geteuid() != 0)
        skip();
    pid_t child = fork();
    if (child == 0)
        _exit(root_is_gone_for_good() ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0, "status %d", status);
}

static uid_t owner(const char *path)
{
    struct stat st;

    CHECK(lstat(path, &st) == 0, "%s", path);
    return st.st_uid;
}

static void only_a_directory_of_ours_changes_hands(void **state_)
{
    char key[160], note[160], link_[160];
    struct account nobody;
    struct err e = {0};

    (void)state_;
    if (geteuid() != 0)
        skip();
    CHECK(account_by_name("nobody", &nobody, &e), "%s", e.text);
    snprintf(key, sizeof key, "%s/root.key", state);
    snprintf(note, sizeof note, "%s/notes.txt", state);
    snprintf(link_, sizeof link_, "%s/ports.key", state);
    write_file(key);
    write_file(note);
    chmod(dir, 0711);
    CHECK(!state_dir_give(state, &nobody, &e) && strstr(e.text, "notes.txt"), "%s", e.text);
    CHECK(owner(key) == 0 && owner(state) == 0, "nothing was given");
    unlink(note);

    CHECK(link(secret, link_) == 0, "a second name of another's file");
    CHECK(!state_dir_give(state, &nobody, &e), "a file of two names");
    unlink(link_);
    CHECK(symlink(secret, link_) == 0, "a link");
    CHECK(!state_dir_give(state, &nobody, &e), "a symbolic link");
    unlink(link_);
    CHECK(owner(key) == 0 && owner(secret) == 0, "nothing was given");

    chmod(dir, 0700);
    CHECK(!state_dir_give(state, &nobody, &e) && strstr(e.text, "shuts"), "%s", e.text);
    chmod(dir, 0711);
    CHECK(state_dir_give(state, &nobody, &e), "%s", e.text);
    CHECK(owner(key) == nobody.uid && owner(state) == nobody.uid, "it is his");
}

static int make_all(void **state_)
{
    struct err e = {0};

    (void)state_;
    strcpy(dir, "/tmp/vmports-confine-XXXXXX"); /* where other users may go, unlike TMPDIR */
    CHECK(mkdtemp(dir), "a directory");
    snprintf(state, sizeof state, "%s/state", dir);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", dir);
    CHECK(mkdir(state, 0700) == 0 && mkdir(elsewhere, 0700) == 0, "directories");
    snprintf(secret, sizeof secret, "%s/secret", elsewhere);
    snprintf(greeting, sizeof greeting, "%s/greeting.wav", dir);
    restore();
    /* What this kernel has, learnt by a child: the test itself stays free. */
    int pipes[2], status;
    CHECK(pipe(pipes) == 0, "a pipe");
    pid_t child = fork();
    if (child == 0)
        _exit(enter() && write(pipes[1], &fences, sizeof fences) == sizeof fences ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0, "the sandbox: %s", e.text);
    CHECK(read(pipes[0], &fences, sizeof fences) == sizeof fences, "its report");
    close(pipes[0]);
    close(pipes[1]);
    printf("Landlock version %d (%s), system calls (%s)\n", fences.files_abi,
           fences.files_errno ? strerror(fences.files_errno) : "in force",
           fences.calls_errno ? strerror(fences.calls_errno) : "in force");
    return 0;
}

static int remove_all(void **state_)
{
    char command[128];

    (void)state_;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_run_has_no_use_for_is_refused),
        cmocka_unit_test(what_a_run_does_every_day_goes_on),
        cmocka_unit_test(from_root_there_is_no_way_back),
        cmocka_unit_test(only_a_directory_of_ours_changes_hands),
    };
    return cmocka_run_group_tests(tests, make_all, remove_all);
}
