/* EDGE: the walk's second half: TCP, TLS, registration, unregistration; see doctor_walk.h. */
#include "base/text.h"
#include "ports/routes.h"
#include "tls/x509_text.h"
#include "tools/vmports/doctor_line.h"
#include "tools/vmports/doctor_walk.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME_TEXT        129
#define SCCP_PORT        2000 /* ctl-tftp-tls.md 4.1 */
#define SECURE_SCCP_PORT 2443

/* ---- TCP ------------------------------------------------------------------------------------- */

static enum doctor_hint tcp_hint(const struct doctor_visit *v)
{
    if (!v->secure)
        return HINT_NON_SECURE;
    return v->no_mixed_mode ? HINT_NO_MIXED_MODE : HINT_NONE;
}

static void probe(struct doctor_visit *v, struct doctor_server *s)
{
    const struct doctor_line line = {
        .peer = s->addr, .bind = v->s->bind, .timeout_s = v->s->timeout_s};
    struct err e = {.kind = ERR_NONE};
    struct doctor_told told;
    char peer[NET_ADDR_TEXT], local[NET_ADDR_TEXT];

    if (doctor_line_try(&line, &told, &e) && !told.up)
        e = told.lost;
    s->answers = told.up;
    if (told.up)
        doctor_evidence(&v->r->steps[DOCTOR_TCP], "%s takes the connection from %s",
                        net_addr_text(&s->addr, peer), net_ip_text(&told.local, local));
    else
        doctor_problem(v->r, DOCTOR_TCP, &e, tcp_hint(v), SIDE_NOBODY);
    doctor_told_free(&told);
}

static void walk_tcp(struct doctor_visit *v)
{
    doctor_begin(v, DOCTOR_TCP);
    for (size_t i = 0; i < v->server_count; i++)
        if (v->servers[i].addr.family)
            probe(v, &v->servers[i]);
    doctor_skip(&v->r->steps[DOCTOR_TCP], v->server_count
                                              ? "no call manager has an address, see name"
                                              : "no call manager is known, see ctl");
}

/* ---- TLS ------------------------------------------------------------------------------------- */

static enum doctor_side who_sent(const struct tls_facts *f)
{
    if (f->alert_received > 0)
        return SIDE_CALL_MANAGER;
    return f->alert_sent > 0 ? SIDE_US : SIDE_NOBODY;
}

static void show_theirs(struct doctor_step *step, const X509 *cert)
{
    char subject[NAME_TEXT], issuer[NAME_TEXT], serial[48], sha256[65];

    doctor_evidence(step, "its certificate: %s, serial %s, SHA-256 %s, issued by %s",
                    x509_subject_text(cert, subject, sizeof subject),
                    x509_serial_text(cert, serial, sizeof serial), x509_sha256_text(cert, sha256),
                    x509_issuer_text(cert, issuer, sizeof issuer));
}

/* What the call manager is shown, and what it needs to believe it. */
static void show_ours(struct doctor_visit *v, struct doctor_step *step)
{
    X509 *own = tls_identity_cert(v->identity), *root = tls_authority_root(v->authority);
    char cn[65], serial[48], from[TEXT_DATE], to[TEXT_DATE], file[32], subject[NAME_TEXT], sha1[60];

    if (v->identity_shown)
        return;
    v->identity_shown = true;
    x509_cn_text(own, cn, sizeof cn);
    doctor_evidence(step, "ours: CN=%s, which is %sthe device name, serial %s, valid %s to %s", cn,
                    strcmp(cn, v->s->device) == 0 ? "" : "NOT ",
                    x509_serial_text(own, serial, sizeof serial),
                    text_date(x509_not_before_s(own), from), text_date(x509_not_after_s(own), to));
    tls_root_file_name(root, file, sizeof file);
    doctor_evidence(step, "CallManager-trust must hold our root: %s, file %s, serial %s, SHA-1 %s",
                    x509_subject_text(root, subject, sizeof subject), file,
                    x509_serial_text(root, serial, sizeof serial),
                    x509_fingerprint_text(root, EVP_sha1(), sha1, sizeof sha1));
}

static void show_alert(struct doctor_step *step, const struct tls_facts *f)
{
    if (f->alert_received > 0)
        doctor_evidence(step, "alert %d (%s) was sent by the call manager", f->alert_received,
                        tls_alert_name(f->alert_received));
    if (f->alert_sent > 0)
        doctor_evidence(step, "alert %d (%s) was sent by this side", f->alert_sent,
                        tls_alert_name(f->alert_sent));
}

/* How far it came says who may have ended it: the call manager sees our certificate late. */
static enum doctor_hint line_hint(const struct doctor_server *s, const struct doctor_told *told)
{
    const struct tls_facts *f = &told->tls;

    if (told->lost.kind == ERR_TLS_04)
        return f->peer_not_before_s > (int64_t)time(NULL) ? HINT_TOO_EARLY : HINT_TOO_LATE;
    if (f->alert_received == SSL_AD_CERTIFICATE_EXPIRED)
        return HINT_TOO_LATE;
    if (f->shown)
        return HINT_AFTER_OURS;
    if (f->met)
        return HINT_AFTER_HELLO;
    return s->port == SCCP_PORT && f->alert_received < 0 ? HINT_PLAIN_PORT : HINT_NONE;
}

static void tell_tls(struct doctor_visit *v, const struct doctor_server *s,
                     const struct doctor_told *told)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_TLS];
    char peer[NET_ADDR_TEXT];

    if (told->up)
        doctor_evidence(step, "%s: %s, %s, %.0f ms", net_addr_text(&s->addr, peer), told->version,
                        told->cipher, told->connect_ms);
    else
        doctor_problem(v->r, DOCTOR_TLS, &told->lost, line_hint(s, told), who_sent(&told->tls));
    if (!told->up)
        show_alert(step, &told->tls);
    if (told->peer_cert)
        show_theirs(step, told->peer_cert);
    show_ours(v, step);
}

/* ---- the registration --------------------------------------------------------------------- */

static void tell_clock(struct doctor_step *step, int64_t its_time_s)
{
    const int64_t ahead = its_time_s - (int64_t)time(NULL);
    char text[TEXT_DATE];

    if (its_time_s)
        doctor_evidence(step, "its clock says %s, %lld s %s ours", text_date(its_time_s, text),
                        (long long)(ahead < 0 ? -ahead : ahead), ahead < 0 ? "behind" : "ahead of");
}

static void tell_registered(struct doctor_visit *v, const struct doctor_server *s,
                            const struct doctor_told *told)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_REGISTER];
    char peer[NET_ADDR_TEXT], number[TEXT_ESCAPED];

    log_escape(told->number, strlen(told->number), number, sizeof number);
    doctor_evidence(step, "%s is registered with %s after %.0f ms", v->s->device,
                    net_addr_text(&s->addr, peer), told->register_ms);
    doctor_evidence(step, "directory number %s, SCCP version %u, keepalive %u s",
                    *number ? number : "(none)", told->protocol, told->keepalive_s);
    for (size_t i = 0; i < told->odd_count; i++)
        doctor_warning(step, &told->odd[i]);
    tell_clock(step, told->its_time_s);
}

/* CUCM gives a text; the situations of ctl-tftp-tls.md 7 have ids. */
static enum err_kind kind_of_reject(enum doctor_hint hint)
{
    if (hint == HINT_SECURITY_MODE)
        return ERR_TLS_09;
    return hint == HINT_CERTIFICATE_NAME ? ERR_TLS_06 : ERR_REFUSED;
}

static enum doctor_hint refusal_hint(const struct doctor_visit *v, const struct doctor_server *s,
                                     const struct doctor_told *told)
{
    if (told->tls.alert_sent == SSL_AD_NO_RENEGOTIATION)
        return HINT_RENEGOTIATION;
    if (told->acked)
        return HINT_AFTER_ACK;
    if (!v->secure && !told->reject[0] && s->port == SECURE_SCCP_PORT)
        return HINT_SECURE_PORT;
    return doctor_reject_hint(told->reject);
}

static void tell_refused(struct doctor_visit *v, const struct doctor_server *s,
                         const struct doctor_told *told)
{
    const enum doctor_hint hint = refusal_hint(v, s, told);
    struct err e = told->not_registered;
    char peer[NET_ADDR_TEXT], reject[TEXT_ESCAPED];

    net_addr_text(&s->addr, peer);
    if (told->reject[0])
        err_set(&e, kind_of_reject(hint), "%s rejects %s: \"%s\"", peer, v->s->device,
                log_escape(told->reject, strlen(told->reject), reject, sizeof reject));
    else if (strncmp(e.text, peer, strlen(peer)) == 0) /* what the link says names it already */
        err_in(&e, "%s", v->s->device);
    else
        err_in(&e, "%s at %s", v->s->device, peer);
    doctor_problem(v->r, DOCTOR_REGISTER, &e, hint, SIDE_NOBODY);
}

static void tell_unregistered(struct doctor_visit *v, const struct doctor_told *told)
{
    struct doctor_step *step = &v->r->steps[DOCTOR_UNREGISTER];

    if (told->unregistered)
        doctor_evidence(step, "UnregisterAck: the port is free again");
    else if (told->not_unregistered.kind == ERR_CLOSED) /* chan_skinny, libsccp: sccp.md 8.4 */
        doctor_warning(step, &told->not_unregistered);
    else
        doctor_problem(v->r, DOCTOR_UNREGISTER, &told->not_unregistered,
                       told->tls.alert_sent == SSL_AD_NO_RENEGOTIATION ? HINT_RENEGOTIATION
                                                                       : HINT_NONE,
                       SIDE_NOBODY);
}

static void tell_port(struct doctor_visit *v, const struct doctor_server *s,
                      const struct doctor_told *told)
{
    if (!told->registered) {
        tell_refused(v, s, told);
        return;
    }
    tell_registered(v, s, told);
    tell_unregistered(v, told);
}

/* ---- both over one connection ------------------------------------------------------------- */

struct contexts {
    struct tls_context *usual, *newer; /* NULL: plain TCP; TLS 1.3 is not offered on demand */
};

/* As a port does it: a call manager that refuses TLS 1.2 is offered 1.3. */
static bool try_line(struct doctor_visit *v, struct doctor_line *line, const struct contexts *c,
                     struct doctor_told *told, struct err *e)
{
    line->context = c->usual;
    if (!doctor_line_try(line, told, e))
        return false;
    if (!c->newer || told->up || told->lost.kind != ERR_TLS_07 ||
        told->tls.alert_received != SSL_AD_PROTOCOL_VERSION)
        return true;
    doctor_evidence(&v->r->steps[DOCTOR_TLS], "%s; TLS 1.3 is offered", told->lost.text);
    doctor_told_free(told);
    line->context = c->newer;
    return doctor_line_try(line, told, e);
}

/* The port registers with the first server that lets it; the others are asked for TLS alone. */
static void visit(struct doctor_visit *v, struct doctor_server *s, const struct contexts *c,
                  bool *registered)
{
    struct doctor_line line = {.peer = s->addr,
                               .bind = v->s->bind,
                               .identity = v->identity,
                               .trust = s->trust,
                               .group = *registered ? NULL : &v->s->group,
                               .device = v->s->device,
                               .timeout_s = v->s->timeout_s};
    const enum doctor_step_id step = v->secure ? DOCTOR_TLS : DOCTOR_REGISTER;
    struct err e = {.kind = ERR_NONE};
    struct doctor_told told;

    if (!try_line(v, &line, c, &told, &e)) {
        doctor_problem(v->r, step, &e, HINT_NONE, SIDE_US);
        return;
    }
    if (v->secure)
        tell_tls(v, s, &told);
    else if (!told.up)
        doctor_problem(v->r, step, &told.lost, HINT_NONE, SIDE_NOBODY);
    if (told.up && line.group)
        tell_port(v, s, &told);
    *registered |= told.registered;
    doctor_told_free(&told);
}

static const char *why_no_tls(const struct doctor_visit *v)
{
    if (!v->identity)
        return "there is no certificate of ours";
    if (!v->list)
        return "there is no list of trust, see tftp and ctl";
    for (size_t i = 0; i < v->server_count; i++)
        if (v->servers[i].answers)
            return "the list has no certificate for a call manager that answers, see ctl";
    return "no call manager answers, see tcp";
}

static void walk_sessions(struct doctor_visit *v, const struct contexts *c)
{
    bool registered = false;

    for (size_t i = 0; i < v->server_count; i++) {
        struct doctor_server *s = &v->servers[i];
        if (!s->answers || (v->secure && (!s->trust || !v->identity)))
            continue;
        doctor_begin(v, v->secure ? DOCTOR_TLS : DOCTOR_REGISTER);
        if (v->secure || !registered)
            visit(v, s, c, &registered);
    }
}

static void walk_secure(struct doctor_visit *v)
{
    const struct group_settings *g = &v->s->group;
    const struct tls_profile usual = routes_profile(g, false), newer = routes_profile(g, true);
    const bool may_go_newer = routes_may_go_newer(g);
    struct err e = {.kind = ERR_NONE};
    struct contexts c = {.usual = tls_context_new(&usual, &e)};

    if (c.usual && may_go_newer)
        c.newer = tls_context_new(&newer, &e);
    if (c.usual && (c.newer || !may_go_newer))
        walk_sessions(v, &c);
    else
        doctor_problem(v->r, DOCTOR_TLS, &e, HINT_NONE, SIDE_US);
    tls_context_free(c.usual);
    tls_context_free(c.newer);
    doctor_skip(&v->r->steps[DOCTOR_TLS], why_no_tls(v));
}

void doctor_walk_lines(struct doctor_visit *v)
{
    walk_tcp(v);
    if (v->secure) {
        walk_secure(v);
    } else {
        walk_sessions(v, &(struct contexts){0});
        doctor_not_needed(&v->r->steps[DOCTOR_TLS], "non-secure ports speak plain TCP");
    }
    doctor_skip(&v->r->steps[DOCTOR_REGISTER], v->secure ? "there is no TLS session, see tls"
                                                         : "no call manager answers, see tcp");
    doctor_skip(&v->r->steps[DOCTOR_UNREGISTER], "the port was not registered");
}
