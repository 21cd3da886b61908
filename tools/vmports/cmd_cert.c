/* EDGE: vmports cert: the root certificate as CUC's page shows it (ctl-tftp-tls.md 5.1), saved for
 * the upload to CUCM, and renewed. Each makes the root when there is none yet, so that it can be
 * uploaded before the first run. */
#include "base/text.h"
#include "tls/files.h"
#include "tls/identity.h"
#include "tls/pem.h"
#include "tls/x509_text.h"
#include "tools/shared/command.h"
#include "tools/vmports/commands.h"
#include "tools/vmports/options.h"

#include <jansson.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define WARN_DAYS  60
#define EXPORT_MAX 1024

enum { OPT_STATE_DIR = 256, OPT_LEGACY, OPT_JSON, OPT_HELP };

struct given {
    const char *who, *state_dir, *target;
    bool legacy, json;
};

struct subcommand {
    const char *name, *arguments, *help;
    bool (*run)(const struct given *g, struct tls_authority *a, struct err *e);
    bool takes_target, takes_json;
};

/* ---- what the page shows -------------------------------------------------------------- */

struct page {
    char subject[256], issuer[256], from[TEXT_DATE], to[TEXT_DATE], file[32], serial[64];
    char key[96], sha1[60], sha256[96];
    long version, days_left; /* the page counts versions from 0: 2 is X.509 v3 */
    struct buf pem;
};

static bool page_of(struct page *p, const struct tls_authority *a, struct err *e)
{
    X509 *root = tls_authority_root(a);

    *p = (struct page){.version = X509_get_version(root), .days_left = tls_authority_days_left(a)};
    x509_subject_text(root, p->subject, sizeof p->subject);
    x509_issuer_text(root, p->issuer, sizeof p->issuer);
    x509_serial_text(root, p->serial, sizeof p->serial);
    x509_key_text(root, p->key, sizeof p->key);
    text_long_date(x509_not_before_s(root), p->from);
    text_long_date(x509_not_after_s(root), p->to);
    tls_root_file_name(root, p->file, sizeof p->file);
    x509_fingerprint_text(root, EVP_sha1(), p->sha1, sizeof p->sha1);
    x509_fingerprint_text(root, EVP_sha256(), p->sha256, sizeof p->sha256);
    return pem_put_cert(&p->pem, root, e);
}

static void print_page(const struct page *p)
{
    printf("Subject:        %s\n"
           "Issuer:         %s\n"
           "Valid From:     %s\n"
           "Valid To:       %s (%ld days left)\n"
           "Version:        %ld\n"
           "File Name:      %s\n"
           "Serial Number:  %s\n"
           "Key:            %s\n"
           "SHA-1:          %s\n"
           "SHA-256:        %s\n"
           "Certificate Text:\n%.*s",
           p->subject, p->issuer, p->from, p->to, p->days_left, p->version, p->file, p->serial,
           p->key, p->sha1, p->sha256, (int)p->pem.len, (const char *)p->pem.at);
}

static bool print_page_json(const struct page *p, struct err *e)
{
    json_t *o = json_pack("{ss ss ss ss sI ss ss ss ss ss sI ss%}", "subject", p->subject, "issuer",
                          p->issuer, "valid_from", p->from, "valid_to", p->to, "version",
                          (json_int_t)p->version, "file_name", p->file, "serial_number", p->serial,
                          "key", p->key, "sha1", p->sha1, "sha256", p->sha256, "days_left",
                          (json_int_t)p->days_left, "pem", (const char *)p->pem.at, p->pem.len);

    if (!o)
        return err_set(e, ERR_MEMORY, "the JSON object cannot be made");
    int rc = json_dumpf(o, stdout, JSON_INDENT(2));
    json_decref(o);
    putchar('\n');
    return rc == 0 || err_set(e, ERR_SYSTEM, "stdout cannot be written");
}

/* PKI-01 */
static void warn_of_the_end(const struct given *g, const struct tls_authority *a)
{
    long days = tls_authority_days_left(a);
    char to[TEXT_DATE];

    if (days >= WARN_DAYS)
        return;
    fprintf(stderr, "%s: PKI-01 the root certificate %s on %s (%ld days)\n  %s\n", g->who,
            days < 0 ? "expired" : "expires",
            text_date(x509_not_after_s(tls_authority_root(a)), to), days, err_advice(ERR_PKI_01));
}

/* ---- the commands --------------------------------------------------------------------- */

static bool show(const struct given *g, struct tls_authority *a, struct err *e)
{
    struct page p;
    bool ok = page_of(&p, a, e);

    if (ok && g->json)
        ok = print_page_json(&p, e);
    else if (ok)
        print_page(&p);
    buf_free(&p.pem);
    warn_of_the_end(g, a);
    return ok;
}

/* In a directory, or behind a slash, the file has CUC's name for it. */
static bool export_path(const char *target, const X509 *root, char out[EXPORT_MAX], struct err *e)
{
    struct stat st;
    char name[32];
    size_t len = strlen(target);
    bool slash = len > 0 && target[len - 1] == '/';

    if (slash && !path_make_dir(target, e))
        return false;
    tls_root_file_name(root, name, sizeof name);
    bool into = slash || (stat(target, &st) == 0 && S_ISDIR(st.st_mode));
    int n = into ? snprintf(out, EXPORT_MAX, "%s%s%s", target, slash ? "" : "/", name)
                 : snprintf(out, EXPORT_MAX, "%s", target);
    if (n <= 0 || n >= EXPORT_MAX)
        return err_set(e, ERR_USAGE, "a path of %zu bytes cannot be used", len);
    return true;
}

static bool export_root(const struct given *g, struct tls_authority *a, struct err *e)
{
    struct buf pem = {0};
    char path[EXPORT_MAX];
    const X509 *root = tls_authority_root(a);

    bool ok = pem_put_cert(&pem, root, e);
    if (ok && strcmp(g->target, "-") == 0) {
        fwrite(pem.at, 1, pem.len, stdout);
    } else if (ok) {
        ok = export_path(g->target, root, path, e) &&
             files_write(path, false, true, pem.at, pem.len, e);
        if (ok)
            puts(path);
    }
    buf_free(&pem);
    if (ok)
        fprintf(stderr, "Upload it as CallManager-trust on every CUCM node, then restart Cisco "
                        "CallManager.\n");
    warn_of_the_end(g, a);
    return ok;
}

static bool renew(const struct given *g, struct tls_authority *a, struct err *e)
{
    char name[32], to[TEXT_DATE];

    if (!tls_authority_renew(a, e))
        return false;
    tls_root_file_name(tls_authority_root(a), name, sizeof name);
    printf("%s\n", name);
    fprintf(stderr,
            "%s: PKI-02 the root certificate was renewed, it is valid to %s; every CUCM node must "
            "get it:\n  `vmports cert export FILE`, upload it as CallManager-trust, restart Cisco "
            "CallManager, then `vmports reset`\n",
            g->who, text_date(x509_not_after_s(tls_authority_root(a)), to));
    return true;
}

static const struct subcommand all[] = {
    {"show", "[--json]", "show the root certificate as CUC's page does", show, false, true},
    {"export", "FILE|DIR",
     "save it for the upload to CUCM; in a directory as <hash>.0; - is stdout", export_root, true,
     false},
    {"renew", "", "make a new root and new keys; CUCM must get the new root", renew, false, false},
};

/* ---- the command line ----------------------------------------------------------------- */

static void print_help(FILE *to)
{
    fprintf(to, "Usage: vmports cert COMMAND [options]\n");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        fprintf(to, "  %s%s%s\n      %s\n", all[i].name, *all[i].arguments ? " " : "",
                all[i].arguments, all[i].help);
    fprintf(
        to,
        "Options\n"
        "  --state-dir DIR  where identity and certificates are; default as `vmports run` has it\n"
        "  --legacy-tls     the RSA 1024 and SHA-1 set, as `vmports run --legacy-tls`\n"
        "  --json           show: one object on stdout\n"
        "Example: vmports cert export /tmp/\n");
}

static bool take_target(struct given *g, const struct subcommand *c, int argc, char **argv,
                        struct err *e)
{
    int left = argc - optind;

    if (left > (c->takes_target ? 1 : 0))
        return err_set(e, ERR_USAGE, "\"%.100s\" is too much: vmports cert %s %s",
                       argv[optind + c->takes_target], c->name, c->arguments);
    if (c->takes_target && (left == 0 || !*argv[optind]))
        return err_set(e, ERR_USAGE, "a file or directory is missing: vmports cert %s %s", c->name,
                       c->arguments);
    g->target = c->takes_target ? argv[optind] : NULL;
    if (g->json && !c->takes_json)
        return err_set(e, ERR_USAGE, "--json belongs to show");
    return true;
}

static int perform(const struct subcommand *c, const struct given *g)
{
    struct err e = {0};
    char dir[PATH_TEXT];
    struct tls_authority *a = NULL;
    bool ok = state_dir(g->state_dir, dir, &e);

    if (ok) {
        a = tls_authority_open(&(struct tls_authority_settings){.dir = dir, .legacy = g->legacy},
                               &e);
        ok = a && c->run(g, a, &e);
    }
    tls_authority_free(a);
    if (ok && fflush(stdout) != 0)
        ok = err_errno(&e, ERR_SYSTEM, "stdout");
    return ok ? EXIT_DONE : command_fail(g->who, &e);
}

static int run_subcommand(const struct subcommand *c, int argc, char **argv)
{
    static const struct option options[] = {{"state-dir", required_argument, NULL, OPT_STATE_DIR},
                                            {"legacy-tls", no_argument, NULL, OPT_LEGACY},
                                            {"json", no_argument, NULL, OPT_JSON},
                                            {"help", no_argument, NULL, OPT_HELP},
                                            {NULL, 0, NULL, 0}};
    char who[40];
    struct given g = {.who = who};
    struct err e = {0};

    snprintf(who, sizeof who, "vmports cert %s", c->name);
    for (int o; (o = option_next(who, argc, argv, "", options)) != -1;) {
        if (o == '?')
            return EXIT_USAGE;
        if (o == OPT_HELP) {
            print_help(stdout);
            return EXIT_DONE;
        }
        g.legacy = g.legacy || o == OPT_LEGACY;
        g.json = g.json || o == OPT_JSON;
        if (o == OPT_STATE_DIR)
            g.state_dir = optarg;
    }
    return take_target(&g, c, argc, argv, &e) ? perform(c, &g) : command_fail(who, &e);
}

int cmd_cert(int argc, char **argv)
{
    const struct word_table words = {&all[0].name, sizeof all / sizeof all[0], sizeof all[0]};
    int code;
    const size_t i = command_word("vmports cert", argc, argv, &words, print_help, &code);

    return i < words.count ? run_subcommand(&all[i], argc - 1, argv + 1) : code;
}
