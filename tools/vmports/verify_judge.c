#include "tools/vmports/verify_judge.h"

#include "base/text.h"
#include "tls/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CLOSE_NOTIFY 0
#define TLS12        0x0303

#define LLU(n)       ((unsigned long long)(n))

static void add(struct verify_findings *f, bool fault, const char *fmt, va_list args)
    PRINTF_LIKE(3, 0);
static void add(struct verify_findings *f, bool fault, const char *fmt, va_list args)
{
    f->faults += fault;
    f->notes += !fault;
    /* Notes may take half of the room, so that many of them never push a fault out. */
    if (f->kept == VERIFY_FINDINGS_MAX || (!fault && f->kept_notes == VERIFY_FINDINGS_MAX / 2))
        return;
    f->kept_notes += !fault;
    struct verify_finding *one = &f->list[f->kept++];
    one->fault = fault;
    vsnprintf(one->text, sizeof one->text, fmt, args);
}

void verify_note(struct verify_findings *f, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add(f, false, fmt, args);
    va_end(args);
}

void verify_fault(struct verify_findings *f, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add(f, true, fmt, args);
    va_end(args);
}

const char *verify_who(const struct verify_connection *c, char *out)
{
    char client[NET_ADDR_TEXT], server[NET_ADDR_TEXT];
    const char *name = c->line->name;

    snprintf(out, VERIFY_WHO, "%.260s%s%s -> %s%s", name, *name ? " (" : "",
             net_addr_text(&c->flow->ends[FLOW_CLIENT], client),
             net_addr_text(&c->flow->ends[FLOW_SERVER], server), *name ? ")" : "");
    return out;
}

/* ---- signalling ------------------------------------------------------------------------------ */

static uint64_t both(uint64_t a, uint64_t b)
{
    return a + b;
}

static void judge_clear(const struct verify_connection *c, const struct verify_settings *s,
                        const char *who, struct verify_findings *out)
{
    const struct line_half *h = c->line->half;

    if (s->mode == VERIFY_NON_SECURE)
        return;
    verify_fault(out, "%s: SCCP in clear, %llu messages, the first 0x%04x", who,
                 LLU(both(h[0].sccp, h[1].sccp)), c->line->first_sccp);
}

/* What can be read although TLS runs. With a NULL cipher that is its nature. */
static void judge_readable(const struct verify_connection *c, const struct verify_settings *s,
                           const char *who, struct verify_findings *out)
{
    const struct line_facts *l = c->line;
    uint64_t frames = both(l->half[0].sccp, l->half[1].sccp);
    uint64_t names = both(l->half[0].names, l->half[1].names);
    uint64_t early = both(l->half[0].early, l->half[1].early);

    if (l->null_cipher && s->mode == VERIFY_ENCRYPTED)
        verify_fault(out, "%s: %s is integrity only: its %llu SCCP messages can be read", who,
                     l->suite_name, LLU(frames));
    else if (l->null_cipher)
        verify_note(out, "%s: %s, integrity only, as an authenticated port has it", who,
                    l->suite_name);
    else if (frames)
        verify_fault(out, "%s: %llu SCCP messages can be read inside TLS records", who,
                     LLU(frames));
    if (names && !l->null_cipher)
        verify_fault(out, "%s: the port's name can be read %llu times outside the handshake", who,
                     LLU(names));
    if (early)
        verify_fault(out, "%s: %llu records of application data before encryption", who,
                     LLU(early));
}

static void judge_alerts(const struct verify_connection *c, const char *who,
                         struct verify_findings *out)
{
    static const char *const by[] = {"the port", "the call manager"};

    for (size_t i = 0; i < c->line->alert_count && i < LINE_ALERTS_MAX; i++) {
        const struct line_alert *a = &c->line->alerts[i];
        if (a->encrypted || a->description == CLOSE_NOTIFY)
            continue;
        verify_note(out, "%s: %s sent the alert %s (%u)", who, by[a->from],
                    tls_alert_name(a->description), a->description);
    }
}

static void judge_certs(const struct verify_connection *c, const char *who,
                        struct verify_findings *out)
{
    static const char *const whose[] = {"the port's", "the call manager's"};
    const struct line_facts *l = c->line;
    int64_t now = c->flow->first_us / 1000000;

    for (int i = 0; i < 2; i++) {
        const struct line_cert *k = &l->certs[i];
        if (k->broken)
            verify_note(out, "%s: %s certificate cannot be parsed", who, whose[i]);
        else if (k->seen && (now < k->not_before_s || now > k->not_after_s))
            verify_note(out, "%s: %s certificate is outside its dates", who, whose[i]);
    }
    if (l->open && l->version <= TLS12 && c->flow->from_start && !l->certs[FLOW_CLIENT].seen)
        verify_note(out, "%s: %s", who,
                    l->certs[FLOW_SERVER].seen ? "no client certificate: not mutual"
                                               : "a resumed session: no certificates to see");
}

static void judge_tls(const struct verify_connection *c, const struct verify_settings *s,
                      const char *who, struct verify_findings *out)
{
    const struct line_facts *l = c->line;

    judge_readable(c, s, who, out);
    judge_alerts(c, who, out);
    judge_certs(c, who, out);
    if (l->version && l->version < TLS12)
        verify_note(out, "%s: %s, an old version", who, line_version_name(l->version));
    if (c->flow->from_start && !l->open && !l->alert_count)
        verify_note(out, "%s: the handshake was not finished", who);
}

static void judge_connection(const struct verify_connection *c, const struct verify_settings *s,
                             struct verify_findings *out)
{
    char who[VERIFY_WHO];
    const struct line_half *h = c->line->half;
    uint64_t strange = both(h[0].strange, h[1].strange);

    verify_who(c, who);
    if (c->line->kind == LINE_SILENT && !c->flow->answered)
        verify_note(out, "%s: %s", who, c->flow->reset ? "refused by a reset" : "no answer");
    if (c->line->kind == LINE_SCCP)
        judge_clear(c, s, who, out);
    if (c->line->kind == LINE_TLS)
        judge_tls(c, s, who, out);
    if (strange && s->mode != VERIFY_NON_SECURE)
        verify_fault(out, "%s: %llu bytes that are neither TLS nor SCCP", who, LLU(strange));
    else if (strange)
        verify_note(out, "%s: %llu bytes that are not SCCP", who, LLU(strange));
    if (h[0].unframed + h[1].unframed && both(h[0].sccp, h[1].sccp) &&
        c->line->kind == LINE_OTHER && s->mode != VERIFY_NON_SECURE)
        verify_fault(out, "%s: SCCP in clear, in the middle of a connection", who);
}

static void judge_connections(const struct verify_report *r, const struct verify_settings *s,
                              struct verify_findings *out)
{
    uint64_t missing = 0, unframed = 0;

    for (size_t i = 0; i < r->connection_count; i++) {
        const struct verify_connection *c = &r->connections[i];
        judge_connection(c, s, out);
        missing += both(c->flow->half[0].missing, c->flow->half[1].missing);
        unframed += both(c->line->half[0].unframed, c->line->half[1].unframed);
    }
    if (missing)
        verify_note(out, "%llu bytes of signalling were not captured", LLU(missing));
    if (unframed)
        verify_note(out,
                    "%llu bytes of signalling lie between TLS records whose beginning was not "
                    "captured",
                    LLU(unframed));
}

/* ---- media ----------------------------------------------------------------------------------- */

#define STREAM_WHO 160

static const char *stream_who(const struct media_stream *m, char *out)
{
    char src[NET_ADDR_TEXT], dst[NET_ADDR_TEXT];

    snprintf(out, STREAM_WHO, "%s -> %s (SSRC %08x)", net_addr_text(&m->src, src),
             net_addr_text(&m->dst, dst), m->ssrc);
    return out;
}

static void judge_plain(const struct media_stream *m, const char *who, struct verify_findings *out)
{
    if (m->plain)
        verify_fault(out, "%s: plain RTP: %llu of %llu packets can be heard", who, LLU(m->plain),
                     LLU(m->packets));
    else if (m->digits_plain)
        verify_fault(out, "%s: %llu digit packets can be read", who, LLU(m->digits_plain));
    else
        verify_fault(out, "%s: plain: the payload is not cipher text (%.2f bits a byte)", who,
                     m->entropy);
}

static void judge_stream(const struct media_stream *m, const struct verify_report *r,
                         const struct verify_settings *s, struct verify_findings *out)
{
    char who[STREAM_WHO];

    stream_who(m, who);
    if (m->verdict == STREAM_PLAIN && s->mode == VERIFY_ENCRYPTED)
        judge_plain(m, who, out);
    if (m->verdict == STREAM_FORGED)
        verify_fault(out,
                     "%s: %llu of %llu packets do not authenticate with the key; %llu of them are "
                     "plain, %llu repeat a number with other bytes",
                     who, LLU(m->forged + m->altered), LLU(m->packets), LLU(m->plain),
                     LLU(m->altered));
    if (m->verdict == STREAM_UNTOLD && s->mode == VERIFY_ENCRYPTED)
        verify_fault(out, "%s: SRTP or not cannot be told: %llu packets, %.2f bits a byte", who,
                     LLU(m->packets), m->entropy);
    if (m->verdict == STREAM_SRTP && r->keys)
        verify_note(out, "%s: no key of it in the key log", who);
    if (m->cut)
        verify_note(out, "%s: %llu packets were shortened by the capture", who, LLU(m->cut));
}

static void judge_media(const struct verify_report *r, const struct verify_settings *s,
                        struct verify_findings *out)
{
    const struct media_watch_totals *t = &r->totals.media;

    for (size_t i = 0; i < r->stream_count; i++)
        judge_stream(r->streams[i], r, s, out);
    if (t->rtcp_forged)
        verify_fault(out, "%llu RTCP reports do not authenticate", LLU(t->rtcp_forged));
    if (t->rtcp_plain && s->mode == VERIFY_ENCRYPTED)
        verify_fault(out, "%llu RTCP reports in clear", LLU(t->rtcp_plain));
    if (t->unjudged)
        verify_fault(out, "%llu media packets of more than %d streams were not judged",
                     LLU(t->unjudged), STREAMS_MAX);
}

/* ---- TFTP ------------------------------------------------------------------------------------ */

static void judge_transfer(const struct tftp_transfer *t, struct verify_findings *out)
{
    char client[NET_ADDR_TEXT], server[NET_ADDR_TEXT];

    net_addr_text(&t->client, client);
    net_addr_text(&t->server, server);
    if (t->error >= 0)
        verify_note(out, "%s asked %s for %.120s: %s sent error %d \"%.80s\"", client, server,
                    t->file, t->error_by_client ? "it" : "the server", t->error, t->error_text);
    else if (t->server_tid == 0)
        verify_note(out,
                    "%s asked %s for %.120s: no answer in this capture (it comes from another UDP "
                    "port than 69), asked %u times",
                    client, server, t->file, t->requests);
    else if (!t->done)
        verify_note(out, "%s asked %s for %.120s: %s after %llu bytes", client, server, t->file,
                    t->gap ? "blocks are missing" : "not finished", LLU(t->bytes));
    else if (t->tsize > 0 && (uint64_t)t->tsize != t->bytes)
        verify_note(out, "%s from %s: %llu bytes came, the server had said %lld", t->file, server,
                    LLU(t->bytes), (long long)t->tsize);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void judge_limits(const struct verify_totals *t, struct verify_findings *out)
{
    if (t->tcp_unjudged)
        verify_fault(out, "%llu TCP packets of more than %d connections were not judged",
                     LLU(t->tcp_unjudged), FLOWS_MAX);
    if (t->fragments)
        verify_note(out, "%llu IP fragments were not joined and not judged", LLU(t->fragments));
    if (t->broken)
        verify_note(out, "%llu packets have a header that is cut off or contradicts itself",
                    LLU(t->broken));
    if (t->cut)
        verify_note(out, "%llu packets were shortened by the capture: use -s 0", LLU(t->cut));
}

void verify_judge(const struct verify_report *r, const struct verify_settings *s,
                  struct verify_findings *out)
{
    judge_limits(&r->totals, out);
    judge_connections(r, s, out);
    judge_media(r, s, out);
    for (size_t i = 0; i < r->transfer_count; i++)
        judge_transfer(r->transfers[i], out);
    if (r->totals.tls + r->totals.sccp == 0 && r->stream_count == 0)
        verify_fault(out, "nothing to judge: %llu packets without signalling or media",
                     LLU(r->totals.packets));
    else if (r->totals.tls + r->totals.sccp == 0)
        verify_note(out, "no signalling in this capture");
    else if (r->stream_count == 0)
        verify_note(out, "no media in this capture");
}
