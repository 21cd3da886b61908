/* EDGE: vmports ctl fetch. */
#include "tools/vmports/cmd_ctl.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool write_file(const char *path, const struct buf *bytes, struct err *e)
{
    FILE *f = fopen(path, "wbe");

    if (!f)
        return err_errno(e, ERR_FILE, "%.200s", path);
    bool ok = fwrite(bytes->at ? bytes->at : (const uint8_t *)"", 1, bytes->len, f) == bytes->len;
    ok = fclose(f) == 0 && ok;
    return ok || err_errno(e, ERR_FILE, "%.200s", path);
}

static atomic_bool stop;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

struct judged {
    const struct given *g;
    const struct ctl_file *held;
    struct ctl_verdict verdict;
    struct ctl_file *list; /* the accepted one */
};

static bool judge(void *arg, const uint8_t *bytes, size_t len, struct err *e)
{
    struct judged *j = arg;
    struct ctl_file *f = ctl_parse(bytes, len, e);

    if (f && ctl_verify(f, j->held, &j->g->policy, &j->verdict, e)) {
        j->list = f;
        return true;
    }
    ctl_free(f);
    return false;
}

static void server_failed(void *arg, const struct ctl_fetch_server *server, const struct err *why)
{
    const struct given *g = arg;

    (void)server;
    if (g->server_count > 1) /* a single server's failure is the command's */
        command_fail(g->who, why);
}

static void servers_differ(void *arg, const struct err *why)
{
    const struct given *g = arg;

    fprintf(stderr, "%s: warning: %s %s\n", g->who, err_id(why->kind), why->text);
}

/* With -o the bytes are for looking at: whatever they are, they are written. */
static int fetch_to_file(const struct given *g, const struct ctl_fetch_settings *s,
                         struct judged *j)
{
    struct buf bytes = {0};
    struct err e, why;

    if (!ctl_fetch(s, &bytes, NULL, NULL, NULL, &e)) {
        buf_free(&bytes);
        return command_fail(g->who, &e);
    }
    bool written = write_file(g->output, &bytes, &e);
    bool accepted = judge(j, bytes.at, bytes.len, &why);
    size_t len = bytes.len;
    buf_free(&bytes);
    if (!written)
        return command_fail(g->who, &e);
    printf("%zu bytes in %s\n", len, g->output);
    if (accepted)
        ctl_cmd_print_verdict(&j->verdict);
    else
        ctl_cmd_print_refusal(&why);
    return accepted ? EXIT_DONE : EXIT_FAILED;
}

static void print_stale(const struct given *g, const struct ctl_file *held)
{
    struct err stale;

    if (!held)
        return;
    ctl_stale(held, &stale);
    fprintf(stderr, "%s: warning: %s %s\n", g->who, err_id(stale.kind), stale.text);
}

static int fetch_to_hold(const struct given *g, const struct ctl_fetch_settings *s,
                         struct judged *j, const char *dir)
{
    struct buf bytes = {0};
    size_t which = 0;
    struct err e;
    int code = EXIT_DONE;

    if (!ctl_fetch(s, &bytes, &which, judge, j, &e)) {
        code = command_fail(g->who, &e);
        print_stale(g, j->held);
    } else {
        ctl_fetch_compare(s, which, bytes.at, bytes.len, servers_differ, (void *)g);
        printf("%s delivered\n", g->servers[which].host);
        ctl_cmd_print_fingerprints(j->list, j->verdict.signer);
        ctl_cmd_print_verdict(&j->verdict);
        if (!ctl_held_store(dir, bytes.at, bytes.len, &e))
            code = command_fail(g->who, &e);
        else
            printf("held in %s\n", dir);
    }
    buf_free(&bytes);
    return code;
}

int ctl_cmd_fetch(const struct given *g)
{
    char dir[PATH_TEXT];
    struct ctl_file *held = NULL;
    struct err e;
    struct ctl_fetch_settings s = {.servers = g->servers,
                                   .count = g->server_count,
                                   .stop = &stop,
                                   .failed = server_failed,
                                   .arg = (void *)g};

    if (g->server_count == 0) {
        err_set(&e, ERR_USAGE, "give the TFTP servers: -t HOST[:PORT],...");
        return command_fail(g->who, &e);
    }
    if (!ctl_cmd_load_held(g, dir, &held, &e))
        return command_fail(g->who, &e);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    struct judged j = {.g = g, .held = held};
    int code = g->output ? fetch_to_file(g, &s, &j) : fetch_to_hold(g, &s, &j, dir);
    ctl_free(j.list);
    ctl_free(held);
    return code;
}
