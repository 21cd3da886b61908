/* A peer of tls/ for scripts: one link to or from OpenSSL's own tools, and certificates for them.
 *
 *   tls_peer port DIR NAME CERT KEY         what an authority in DIR gives the port NAME
 *   tls_peer node CN CERT KEY               a CallManager certificate
 *   tls_peer connect IP:PORT CERT KEY PEM   PEM: the pinned certificates
 *   tls_peer listen IP CERT KEY PEM    PEM: the issuers; takes one connection
 *
 * Behind them: legacy, authenticated, tls13, min=1.0 and max=1.3, ciphers=LIST, keylog=FILE, and
 * for a node bits=N, curve=P-256, sha1. Prints "listening ADDR", "up VERSION CIPHER CN", "bytes
 * TEXT", "down ID text"; sends one line when it is up and closes when it has got one. Exit 0: a
 * line was got. */
#include "base/keylog.h"
#include "tls/link.h"
#include "tls/pem.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer {
    struct tls_profile profile;
    struct tls_context *context;
    struct tls_identity *identity;
    struct tls_trust *trust;
    struct keylog *keylog;
    struct link_listener *listener;
    struct tls_node_spec node;
    bool legacy, heard;
};

static int fail(const struct err *e)
{
    printf("error %s %s\n", err_id(e->kind), e->text);
    return 2;
}

static void on_up(void *owner, struct link *l)
{
    struct err e = {0};
    struct tls_facts f;

    (void)owner;
    tls_session_facts(link_session(l), &f);
    printf("up %s %s %s\n", f.version, f.cipher, f.peer_cn);
    if (!link_send(l, "a line of tls_peer\n", 19, &e))
        printf("error %s\n", e.text);
}

static void on_bytes(void *owner, struct link *l, const uint8_t *bytes, size_t len)
{
    struct peer *p = owner;

    printf("bytes %.*s\n", (int)strcspn((const char *)bytes, "\n"), (const char *)bytes);
    p->heard = p->heard || memchr(bytes, '\n', len);
    if (p->heard)
        link_close(l);
}

static void on_down(void *owner, struct link *l, const struct err *why)
{
    (void)owner;
    (void)l;
    printf("down %s %s\n", err_id(why->kind), why->text);
}

static const struct link_events events = {on_up, on_bytes, on_down};

static void on_accepted(void *arg, struct link *l)
{
    struct peer *p = arg;

    link_adopt(l, &events, p);
    link_listener_close(p->listener);
}

static void keep_key(void *arg, const char *line)
{
    keylog_line(arg, line);
}

static int version_of(const char *text)
{
    return TLS1_VERSION + (text[0] && text[1] ? text[2] - '0' : 0); /* "1.0" and up */
}

static bool take_node_word(struct tls_node_spec *n, const char *word, struct err *e)
{
    if (strncmp(word, "bits=", 5) == 0)
        n->bits = (unsigned)strtoul(word + 5, NULL, 10);
    else if (strncmp(word, "curve=", 6) == 0)
        n->curve = word + 6;
    else if (strcmp(word, "sha1") == 0)
        n->sha1 = true;
    else
        return err_set(e, ERR_USAGE, "what is %s?", word);
    return true;
}

static bool take_word(struct peer *p, const char *word, struct err *e)
{
    if (strcmp(word, "legacy") == 0) {
        p->legacy = p->profile.legacy = true;
    } else if (strncmp(word, "min=", 4) == 0) {
        p->profile.min_version = version_of(word + 4);
    } else if (strncmp(word, "max=", 4) == 0) {
        p->profile.max_version = version_of(word + 4);
    } else if (strcmp(word, "authenticated") == 0) {
        p->profile.authenticated = true;
    } else if (strcmp(word, "tls13") == 0) {
        p->profile.max_version = TLS1_3_VERSION;
    } else if (strncmp(word, "ciphers=", 8) == 0) {
        p->profile.ciphers = word + 8;
    } else if (strncmp(word, "keylog=", 7) == 0) {
        p->keylog = keylog_open(word + 7, e);
        p->profile.keylog = keep_key;
        p->profile.keylog_arg = p->keylog;
        return p->keylog != NULL;
    } else {
        return take_node_word(&p->node, word, e);
    }
    return true;
}

static bool load(struct peer *p, char **argv, struct err *e)
{
    bool server = p->profile.role == TLS_SERVER;

    p->context = tls_context_new(&p->profile, e);
    p->identity = p->context ? tls_identity_load(argv[3], argv[4], e) : NULL;
    p->trust = tls_trust_new(server ? TLS_TRUST_ISSUERS : TLS_TRUST_PINNED, e);
    return p->identity && p->trust && tls_trust_add_pem(p->trust, argv[5], e);
}

static bool start(struct peer *p, uv_loop_t *loop, const char *where, struct err *e)
{
    struct link_settings s = {
        .context = p->context, .identity = p->identity, .trust = p->trust, .handshake_ms = 5000};
    struct net_addr addr;
    char text[NET_ADDR_TEXT];

    if (!net_addr_parse(&addr, where, 0))
        return err_set(e, ERR_USAGE, "%s is no address", where);
    if (p->profile.role == TLS_CLIENT) {
        s.peer = addr;
        return link_connect(loop, &s, &events, p, e) != NULL;
    }
    s.bind = addr;
    p->listener = link_listen(loop, &s, on_accepted, p, e);
    if (!p->listener)
        return false;
    addr = link_listener_addr(p->listener);
    printf("listening %s\n", net_addr_text(&addr, text));
    return true;
}

static int talk(struct peer *p, char **argv)
{
    struct err e = {0};
    uv_loop_t loop;

    uv_loop_init(&loop);
    bool ok = load(p, argv, &e) && start(p, &loop, argv[2], &e);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    tls_context_free(p->context);
    tls_identity_free(p->identity);
    tls_trust_free(p->trust);
    keylog_close(p->keylog);
    if (!ok)
        return fail(&e);
    return p->heard ? 0 : 1;
}

static int keep(struct tls_identity *id, const char *cert, const char *key, struct err *e)
{
    bool ok = id && tls_identity_save(id, cert, key, e);

    tls_identity_free(id);
    return ok ? 0 : fail(e);
}

static int make_port(const struct peer *p, char **argv)
{
    struct err e = {0};
    struct tls_authority *a = tls_authority_open(
        &(struct tls_authority_settings){.dir = argv[2], .legacy = p->legacy}, &e);
    struct tls_identity *id = a ? tls_authority_port(a, argv[3], &e) : NULL;

    tls_authority_free(a);
    return keep(id, argv[4], argv[5], &e);
}

static int make_node(const struct peer *p, char **argv)
{
    struct err e = {0};
    struct tls_node_spec spec = p->node;

    spec.cn = argv[2];
    spec.sha1 |= p->legacy;
    if (spec.bits == 0)
        spec.bits = p->legacy ? 1024 : 2048;
    return keep(tls_identity_make_node(&spec, &e), argv[3], argv[4], &e);
}

int main(int argc, char **argv)
{
    struct peer p = {.profile.role = TLS_CLIENT};
    struct err e = {0};
    const char *what = argc > 1 ? argv[1] : "";
    int fixed = strcmp(what, "node") == 0 ? 5 : 6;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < fixed)
        return 2;
    for (int i = fixed; i < argc; i++)
        if (!take_word(&p, argv[i], &e))
            return fail(&e);
    if (strcmp(what, "port") == 0)
        return make_port(&p, argv);
    if (strcmp(what, "node") == 0)
        return make_node(&p, argv);
    if (strcmp(what, "listen") == 0)
        p.profile.role = TLS_SERVER;
    return talk(&p, argv);
}
