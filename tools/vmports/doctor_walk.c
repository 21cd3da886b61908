#include "tools/vmports/doctor_walk.h"

#include "base/clock.h"
#include "base/sock.h"
#include "base/text.h"
#include "ctl/fetch.h"
#include "ctl/place.h"
#include "tls/trust.h"
#include "tls/x509_text.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define PINS_MAX   64
#define WARN_DAYS  60 /* PKI-01 */
#define FOUND_MAX  8
#define FEW_BYTES  16 /* less than any signature or digest */
#define NAME_TEXT  129
#define DIGEST_HEX 65

void doctor_begin(struct doctor_visit *v, enum doctor_step_id step)
{
    if (v->s->begins)
        v->s->begins(v->s->arg, step);
}

/* ---- name ------------------------------------------------------------------------------------ */

bool doctor_resolve(const struct doctor_visit *v, const char *host, uint16_t port,
                    struct net_addr *out, struct err *e)
{
    struct net_addr found[FOUND_MAX];
    const uint8_t wanted = v->s->bind.family;
    const size_t n =
        net_addr_parse(&found[0], host, port) ? 1 : sock_resolve(host, port, found, FOUND_MAX, e);

    for (size_t i = 0; i < n; i++) {
        if (wanted && found[i].family != wanted)
            continue;
        *out = found[i];
        out->port = port;
        return true;
    }
    return n > 0 && err_set(e, ERR_SYSTEM, "%.100s has no address of the family of --bind", host);
}

static bool name_is_known(struct doctor_visit *v, const char *host, uint16_t port,
                          struct net_addr *out)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_NAME];
    struct err e = {.kind = ERR_NONE};
    char text[NET_ADDR_TEXT];
    struct net_addr literal;

    if (!doctor_resolve(v, host, port, out, &e)) {
        *out = (struct net_addr){0};
        doctor_problem(v->r, DOCTOR_NAME, &e, HINT_NONE, SIDE_NOBODY);
        return false;
    }
    if (net_addr_parse(&literal, host, port))
        doctor_evidence(step, "%.200s is an address", host);
    else
        doctor_evidence(step, "%.200s is %s", host, net_ip_text(out, text));
    return true;
}

static void walk_names(struct doctor_visit *v)
{
    const struct group_settings *g = &v->s->group;
    struct net_addr addr;

    doctor_begin(v, DOCTOR_NAME);
    for (size_t i = 0; i < g->tftp_count; i++)
        v->tftp_known[i] = name_is_known(v, g->tftp[i].host, g->tftp[i].port, &addr);
    for (size_t i = 0; i < g->server_count; i++) {
        struct doctor_server *s = &v->servers[v->server_count++];
        memcpy(s->host, g->servers[i].host, sizeof s->host);
        s->port = g->servers[i].port;
        (void)name_is_known(v, s->host, s->port, &s->addr);
    }
}

/* ---- TFTP ------------------------------------------------------------------------------------ */

static const struct buf *first_served(const struct doctor_visit *v, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (v->served[i].len)
            return &v->served[i];
    return NULL;
}

static void compare_served(struct doctor_visit *v, size_t i)
{
    const struct buf *first = first_served(v, i), *own = &v->served[i];
    struct err e = {.kind = ERR_NONE};

    if (!first || (first->len == own->len && memcmp(first->at, own->at, own->len) == 0))
        return;
    err_set(&e, ERR_CTL_38, "%.200s delivers another CTL than the servers before it",
            v->s->group.tftp[i].host);
    doctor_warning(&v->r->steps[DOCTOR_TFTP], &e);
}

/* CUC's res= of TFTP errors 5 and 8 (ctl-tftp-tls.md 3.2). */
static enum doctor_hint tftp_hint(int res)
{
    if (res == 72)
        return HINT_TFTP_PORT;
    return res == 42 ? HINT_TFTP_OPTIONS : HINT_NONE;
}

static void ask_tftp(struct doctor_visit *v, size_t i)
{
    const struct ctl_fetch_server *server = &v->s->group.tftp[i];
    int res = 0;
    const struct ctl_fetch_settings fs = {
        .servers = server, .count = 1, .total_s = v->s->timeout_s, .res = &res};
    struct err e = {.kind = ERR_NONE};

    if (!ctl_fetch(&fs, &v->served[i], NULL, NULL, NULL, &e)) {
        buf_free(&v->served[i]);
        doctor_problem(v->r, DOCTOR_TFTP, &e, tftp_hint(res), SIDE_NOBODY);
        return;
    }
    if (v->served[i].len == 0) {
        err_set(&e, ERR_CTL_01, "CTLFile.tlv from %.200s:%u has 0 bytes", server->host,
                server->port);
        doctor_problem(v->r, DOCTOR_TFTP, &e, HINT_NONE, SIDE_TFTP_SERVER);
        return;
    }
    doctor_evidence(&v->r->steps[DOCTOR_TFTP], "%.200s:%u delivers CTLFile.tlv, %zu bytes",
                    server->host, server->port, v->served[i].len);
    compare_served(v, i);
}

static void walk_tftp(struct doctor_visit *v)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_TFTP];

    doctor_begin(v, DOCTOR_TFTP);
    if (v->s->group.tftp_count == 0) {
        doctor_not_needed(step, "non-secure ports need no list");
        return;
    }
    for (size_t i = 0; i < v->s->group.tftp_count; i++)
        if (v->tftp_known[i])
            ask_tftp(v, i);
    doctor_skip(step, "no TFTP server has an address, see name");
}

/* ---- CTL: the list ------------------------------------------------------------------------ */

static void show_sums(struct doctor_step *step, const struct ctl_file *f, const char *which)
{
    char md5[33], sha1[41], made[TEXT_DATE] = "without date";

    ctl_md5(f->bytes, f->len, md5);
    ctl_sha1(f->bytes, f->len, sha1);
    if (f->header.has_timestamp)
        text_date(f->header.timestamp, made);
    doctor_evidence(step, "%s: MD5 %s, SHA-1 %s, made %s, %zu records", which, md5, sha1, made,
                    f->count);
}

static X509 *certificate_at(struct ctl_bytes der)
{
    const unsigned char *at = der.at;

    return der.at ? d2i_X509(NULL, &at, (long)der.len) : NULL;
}

static void show_signer(struct doctor_step *step, const struct ctl_record *r)
{
    X509 *cert = certificate_at(r->certificate);
    char subject[NAME_TEXT], sha256[DIGEST_HEX];

    if (cert)
        doctor_evidence(step, "signed by %s, SHA-256 %s",
                        x509_subject_text(cert, subject, sizeof subject),
                        x509_sha256_text(cert, sha256));
    X509_free(cert);
}

static void compare_held(struct doctor_visit *v, const struct ctl_verdict *verdict)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_CTL];

    if (!v->held) {
        doctor_evidence(step, "no list is held yet: a port would trust this one at first sight; "
                              "compare its MD5 with `show ctl`");
    } else if (verdict->unchanged) {
        doctor_evidence(step, "the held list is the same");
    } else {
        show_sums(step, v->held, "held, another list");
        doctor_evidence(step, "a port takes the new list at its next start or `vmports reset`; CUC "
                              "keeps its own until the port group is reset");
    }
}

/* Against the held list a damaged one tells where: which part it is. Few: as a disk or a memory
 * loses them; a list that was made anew differs in a signature at least. */
static enum doctor_hint compare_damaged(struct doctor_visit *v, const struct buf *served)
{
    char place[CTL_PLACE_TEXT];
    size_t first = 0, n;

    n = v->held ? ctl_differing(v->held, served->at, served->len, &first) : 0;
    if (n == 0 || n > FEW_BYTES)
        return HINT_NONE;
    doctor_evidence(&v->r->steps[DOCTOR_CTL],
                    "the held list has %zu byte%s otherwise%s at offset %zu: %s", n,
                    n == 1 ? "" : "s", n == 1 ? "," : ", the first", first,
                    ctl_place_text(v->held, first, place));
    return HINT_FEW_BYTES;
}

static bool judge_served(struct doctor_visit *v, size_t i)
{
    const struct ctl_policy policy = {.first = CTL_FIRST_ACCEPT,
                                      .now_s = clock_wall_ns() / NS_PER_S};
    struct doctor_step *step = &v->r->steps[DOCTOR_CTL];
    struct ctl_verdict verdict;
    struct err e = {.kind = ERR_NONE};
    struct ctl_file *f = ctl_parse(v->served[i].at, v->served[i].len, &e);

    if (!f || !ctl_verify(f, v->held, &policy, &verdict, &e)) {
        ctl_free(f);
        err_in(&e, "CTLFile.tlv from %.150s", v->s->group.tftp[i].host);
        doctor_problem(v->r, DOCTOR_CTL, &e, compare_damaged(v, &v->served[i]), SIDE_NOBODY);
        return false;
    }
    show_sums(step, f, "the list");
    show_signer(step, &f->records[verdict.signer]);
    for (size_t w = 0; w < verdict.warning_count && w < CTL_WARNINGS_MAX; w++)
        doctor_warning(step, &verdict.warnings[w]);
    compare_held(v, &verdict);
    v->list = f;
    return true;
}

static void load_held(struct doctor_visit *v)
{
    struct err e = {.kind = ERR_NONE};

    if (!ctl_held_load(v->s->state_dir, &v->held, &e))
        doctor_problem(v->r, DOCTOR_CTL, &e, HINT_NONE, SIDE_US);
}

static void choose_list(struct doctor_visit *v)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_CTL];
    struct err stale = {.kind = ERR_NONE};

    for (size_t i = 0; i < v->s->group.tftp_count; i++)
        if (v->served[i].len && judge_served(v, i))
            return;
    v->list = v->held;
    if (!v->list)
        return;
    ctl_stale(v->held, &stale);
    doctor_warning(step, &stale);
    show_sums(step, v->held, "going on with the held list, as a port does");
}

/* ---- CTL: the records of each server ------------------------------------------------------ */

static void servers_of_list(struct doctor_visit *v)
{
    struct ctl_server found[SERVERS_MAX];
    const size_t n = ctl_servers(v->list, found, SERVERS_MAX);
    struct err e = {.kind = ERR_NONE};

    for (size_t i = 0; i < n; i++) {
        struct doctor_server *s = &v->servers[v->server_count++];
        memcpy(s->host, found[i].host, sizeof s->host);
        s->port = v->secure ? 2443 : 2000;
        s->addr = found[i].addr;
        s->addr.port = s->port;
        if (!found[i].addr.family)
            (void)name_is_known(v, s->host, s->port, &s->addr);
    }
    if (n == 0) {
        err_set(&e, ERR_CTL_34, "the list names no call manager");
        doctor_problem(v->r, DOCTOR_CTL, &e, HINT_NONE, SIDE_NOBODY);
    }
}

static enum doctor_hint address_hint(const struct ctl_file *f)
{
    for (size_t i = 0; i < f->warning_count && i < CTL_WARNINGS_MAX; i++)
        if (f->warnings[i].kind == ERR_CTL_21)
            return HINT_BAD_ADDRESS;
    return HINT_NONE;
}

static void no_pins(struct doctor_visit *v, const struct doctor_server *s, struct err *e)
{
    v->no_mixed_mode |= e->kind == ERR_CTL_34 || e->kind == ERR_CTL_36;
    err_in(e, "%.100s", s->host);
    doctor_problem(v->r, DOCTOR_CTL, e, address_hint(v->list), SIDE_NOBODY);
}

static void show_pin(struct doctor_visit *v, struct doctor_server *s, struct ctl_bytes pin,
                     size_t n)
{
    X509 *cert = certificate_at(pin);
    char subject[NAME_TEXT], sha256[DIGEST_HEX];

    if (!cert)
        return;
    s->not_before_s = x509_not_before_s(cert);
    s->not_after_s = x509_not_after_s(cert);
    doctor_evidence(&v->r->steps[DOCTOR_CTL], "%.100s: %zu certificate%s, %s, SHA-256 %s", s->host,
                    n, n == 1 ? "" : "s, the first",
                    x509_subject_text(cert, subject, sizeof subject),
                    x509_sha256_text(cert, sha256));
    X509_free(cert);
}

static void pin_server(struct doctor_visit *v, struct doctor_server *s)
{
    struct ctl_bytes pins[PINS_MAX];
    struct err e = {.kind = ERR_NONE};
    const size_t n = ctl_pins(v->list, s->host, &s->addr, false, pins, PINS_MAX, &e);

    if (n == 0) {
        no_pins(v, s, &e);
        return;
    }
    show_pin(v, s, pins[0], n);
    s->trust = tls_trust_new(TLS_TRUST_PINNED, &e);
    bool ok = s->trust != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = tls_trust_add(s->trust, pins[i].at, pins[i].len, &e);
    if (!ok)
        doctor_problem(v->r, DOCTOR_CTL, &e, HINT_NONE, SIDE_US);
}

static void walk_list(struct doctor_visit *v)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_CTL];

    doctor_begin(v, DOCTOR_CTL);
    if (v->s->group.tftp_count == 0) {
        doctor_not_needed(step, "non-secure ports need no list");
        return;
    }
    load_held(v);
    choose_list(v);
    if (!v->list) {
        doctor_skip(step, "there is no list, see tftp");
        return;
    }
    if (v->server_count == 0)
        servers_of_list(v);
    for (size_t i = 0; v->secure && i < v->server_count; i++)
        pin_server(v, &v->servers[i]);
}

/* ---- clock ----------------------------------------------------------------------------------- */

static void open_identity(struct doctor_visit *v)
{
    const struct tls_authority_settings as = {.dir = v->s->state_dir,
                                              .legacy = v->s->group.legacy_tls,
                                              .key_per_port = v->s->key_per_port};
    struct err e = {.kind = ERR_NONE};

    v->authority = tls_authority_open(&as, &e);
    if (v->authority)
        v->identity = tls_authority_port(v->authority, v->s->device, &e);
    if (!v->identity)
        doctor_problem(v->r, DOCTOR_TLS, &e, HINT_NONE, SIDE_US);
}

static void put_dates(struct doctor_dates *d, const char *what, const X509 *cert)
{
    *d = (struct doctor_dates){what, true, x509_not_before_s(cert), x509_not_after_s(cert)};
}

static void walk_clock(struct doctor_visit *v)
{
    struct doctor_dates dates[SERVERS_MAX + 2];
    struct doctor_clock c = {.now_s = clock_wall_ns() / NS_PER_S, .dates = dates};

    doctor_begin(v, DOCTOR_CLOCK);
    if (!v->secure) {
        doctor_not_needed(&v->r->steps[DOCTOR_CLOCK], "non-secure ports show no certificate");
        return;
    }
    open_identity(v);
    if (v->list && v->list->header.has_timestamp) {
        c.has_list = true;
        c.list_s = v->list->header.timestamp;
    }
    if (v->identity) {
        put_dates(&dates[c.count++], "our root certificate", tls_authority_root(v->authority));
        put_dates(&dates[c.count++], "our port's certificate", tls_identity_cert(v->identity));
        c.root_days = tls_authority_days_left(v->authority);
        c.root_ends_soon = c.root_days >= 0 && c.root_days < WARN_DAYS;
    }
    for (size_t i = 0; i < v->server_count; i++)
        if (v->servers[i].trust)
            dates[c.count++] = (struct doctor_dates){
                v->servers[i].host, false, v->servers[i].not_before_s, v->servers[i].not_after_s};
    doctor_judge_clock(v->r, &c);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void leave(struct doctor_visit *v)
{
    for (size_t i = 0; i < SERVERS_MAX; i++) {
        buf_free(&v->served[i]);
        tls_trust_free(v->servers[i].trust);
    }
    if (v->list != v->held)
        ctl_free(v->list);
    ctl_free(v->held);
    tls_identity_free(v->identity);
    tls_authority_free(v->authority);
}

void doctor_walk(const struct doctor_settings *s, struct doctor_report *r)
{
    static const char *const modes[] = {"non-secure", "authenticated", "encrypted"};
    struct doctor_visit v = {.s = s, .r = r, .secure = s->group.mode != MODE_NON_SECURE};

    memcpy(r->device, s->device, sizeof s->device);
    r->security = modes[s->group.mode];
    walk_names(&v);
    walk_tftp(&v);
    walk_list(&v);
    walk_clock(&v);
    doctor_walk_lines(&v);
    leave(&v);
}
