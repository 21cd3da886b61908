/* EDGE: vmports ctl show, verify, diff, accept, forget. */
#include "base/text.h"
#include "ctl/diff.h"
#include "ctl/show.h"
#include "tools/vmports/cmd_ctl.h"

#include <stdio.h>
#include <string.h>

/* Given; NULL with e set, the file's name in front. */
static struct ctl_file *read_list(const char *path, struct err *e)
{
    struct buf bytes = {0};
    struct ctl_file *f = NULL;

    if (buf_read_file(&bytes, path, CTL_FILE_MAX, e)) {
        f = ctl_parse(bytes.at, bytes.len, e);
        if (!f)
            err_in(e, "%.150s", path);
    } else if (e->kind == ERR_LIMIT) {
        err_set(e, ERR_CTL_02, "%.150s: CTL has more than %d bytes", path, CTL_FILE_MAX);
    }
    buf_free(&bytes);
    return f;
}

static bool held_dir(const struct given *g, char dir[PATH_TEXT], struct err *e)
{
    if (!g->state_dir)
        return default_state_dir(dir, e);
    snprintf(dir, PATH_TEXT, "%s", g->state_dir);
    return true;
}

bool ctl_cmd_load_held(const struct given *g, char dir[PATH_TEXT], struct ctl_file **held,
                       struct err *e)
{
    *held = NULL;
    return held_dir(g, dir, e) && ctl_held_load(dir, held, e);
}

/* --- how a list is told of --- */

static int print_page(const struct given *g, struct buf *page, bool made, const struct err *e)
{
    int code = made ? EXIT_DONE : command_fail(g->who, e);

    if (made)
        fwrite(page->at, 1, page->len, stdout); /* program_main looks whether it arrived */
    buf_free(page);
    return code;
}

void ctl_cmd_print_verdict(const struct ctl_verdict *v)
{
    if (v->warning_count == 0) {
        printf("accepted\n");
        return;
    }
    printf("accepted with warnings: ");
    for (size_t i = 0; i < v->warning_count && i < CTL_WARNINGS_MAX; i++) {
        const char *id = err_id(v->warnings[i].kind);
        printf("%s%s%s%s", i ? "; " : "", id, *id ? " " : "", v->warnings[i].text);
    }
    if (v->warning_count > CTL_WARNINGS_MAX)
        printf("; and %zu more", v->warning_count - CTL_WARNINGS_MAX);
    putchar('\n');
}

void ctl_cmd_print_refusal(const struct err *why)
{
    const char *id = err_id(why->kind), *advice = err_advice(why->kind);

    printf("refused: %s%s%s\n", id, *id ? " " : "", why->text);
    fflush(stdout);
    if (*advice)
        fprintf(stderr, "         %s\n", advice);
}

void ctl_cmd_print_fingerprints(const struct ctl_file *f, size_t signer)
{
    char md5[33], sha1[41], sha256[65], name[TEXT_ESCAPED];
    struct ctl_bytes shown = f->header.signer_name, cert = f->records[signer].certificate;

    ctl_md5(f->bytes, f->len, md5);
    ctl_sha1(f->bytes, f->len, sha1);
    ctl_sha256(cert.at, cert.len, sha256);
    log_escape((const char *)shown.at, shown.len, name, sizeof name);
    printf("  file    %zu bytes, %s(MD5) %s(SHA1)\n", f->len, md5, sha1);
    printf("  signer  %s\n", name);
    printf("          SHA-256 %s\n", sha256);
}

/* Is the list whole and signed by one of its own, whoever that is? */
static bool verify_alone(const struct given *g, const struct ctl_file *f, struct ctl_verdict *v,
                         struct err *e)
{
    struct ctl_policy anyone = {
        .first = CTL_FIRST_ACCEPT, .strict = g->policy.strict, .now_s = g->policy.now_s};

    return ctl_verify(f, NULL, &anyone, v, e);
}

/* --- show --- */

static int show_nothing(const struct given *g)
{
    struct buf page = {0};
    struct err e;
    bool made = ctl_show_nothing(&page, &e);

    print_page(g, &page, made, &e);
    return EXIT_FAILED;
}

static int show_list(const struct given *g, const struct ctl_file *f)
{
    struct ctl_verdict v;
    struct buf page = {0};
    struct err e, why;
    bool good = verify_alone(g, f, &v, &why);
    bool made = ctl_show(f, good ? &v : NULL, &why, &page, &e);
    int code = print_page(g, &page, made, &e);

    return good ? code : EXIT_FAILED;
}

int ctl_cmd_show(const struct given *g)
{
    char dir[PATH_TEXT];
    struct ctl_file *f = NULL;
    struct err e = {.kind = ERR_NONE};

    if (g->file_count)
        f = read_list(g->files[0], &e);
    else if (ctl_cmd_load_held(g, dir, &f, &e) && !f)
        return show_nothing(g);
    if (!f)
        return command_fail(g->who, &e);
    int code = show_list(g, f);
    ctl_free(f);
    return code;
}

/* --- verify and diff --- */

static int verify_against(const struct given *g, const struct ctl_file *f,
                          const struct ctl_file *held)
{
    struct ctl_verdict v;
    struct err why;

    if (!ctl_verify(f, held, &g->policy, &v, &why)) {
        ctl_cmd_print_refusal(&why);
        return EXIT_FAILED;
    }
    ctl_cmd_print_verdict(&v);
    return EXIT_DONE;
}

/* A file that is no list is refused; one that cannot be read is a failure of another kind. */
static int unreadable(const struct given *g, const struct err *e)
{
    if (*err_id(e->kind) == '\0')
        return command_fail(g->who, e);
    ctl_cmd_print_refusal(e);
    return EXIT_FAILED;
}

int ctl_cmd_verify(const struct given *g)
{
    struct ctl_file *held = NULL;
    struct err e;
    int code;

    if (g->held) {
        held = read_list(g->held, &e);
        if (!held)
            return command_fail(g->who, &e);
    }
    struct ctl_file *f = read_list(g->files[0], &e);
    code = f ? verify_against(g, f, held) : unreadable(g, &e);
    ctl_free(f);
    ctl_free(held);
    return code;
}

int ctl_cmd_diff(const struct given *g)
{
    struct buf page = {0};
    struct err e;
    struct ctl_file *old_list = read_list(g->files[0], &e);
    struct ctl_file *new_list = old_list ? read_list(g->files[1], &e) : NULL;
    bool made = new_list && ctl_diff(old_list, new_list, &g->policy, &page, NULL, &e);

    ctl_free(new_list);
    ctl_free(old_list);
    return print_page(g, &page, made, &e);
}

/* --- accept and forget --- */

static void print_held(const struct given *g, const struct ctl_file *held)
{
    struct ctl_verdict v;
    struct err e;

    if (!held || !verify_alone(g, held, &v, &e)) {
        printf("no list was held\n");
        return;
    }
    printf("held list\n");
    ctl_cmd_print_fingerprints(held, v.signer);
}

static int accept_and_store(const struct given *g, const struct ctl_file *f, const char *dir)
{
    struct ctl_verdict v;
    struct err e;

    if (!verify_alone(g, f, &v, &e)) {
        ctl_cmd_print_refusal(&e);
        return EXIT_FAILED;
    }
    printf("new list\n");
    ctl_cmd_print_fingerprints(f, v.signer);
    ctl_cmd_print_verdict(&v);
    if (!ctl_held_store(dir, f->bytes, f->len, &e))
        return command_fail(g->who, &e);
    printf("held in %s\n", dir);
    return EXIT_DONE;
}

int ctl_cmd_accept(const struct given *g)
{
    char dir[PATH_TEXT];
    struct ctl_file *held = NULL;
    struct err e;
    int code;
    struct ctl_file *f = read_list(g->files[0], &e);

    if (!f)
        return unreadable(g, &e);
    /* A damaged held list is what this command may be here to replace. */
    if (ctl_cmd_load_held(g, dir, &held, &e) || e.kind == ERR_CTL_40) {
        print_held(g, held);
        code = accept_and_store(g, f, dir);
    } else {
        code = command_fail(g->who, &e);
    }
    ctl_free(held);
    ctl_free(f);
    return code;
}

int ctl_cmd_forget(const struct given *g)
{
    char dir[PATH_TEXT];
    struct err e;

    if (!held_dir(g, dir, &e) || !ctl_held_forget(dir, &e))
        return command_fail(g->who, &e);
    printf("no list is held in %s now: the next one is the first\n", dir);
    return EXIT_DONE;
}
