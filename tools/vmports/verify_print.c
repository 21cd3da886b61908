#include "tools/vmports/ladder_text.h"
#include "tools/vmports/verify.h"

#include "base/text.h"
#include "tls/session.h"

#include <inttypes.h>
#include <string.h>

#define ROWS_MOST 40 /* of one table; --json has all */

struct paper {
    FILE *out;
    bool colour;
};

const char *stream_verdict_words(enum stream_verdict v)
{
    switch (v) {
    case STREAM_AUTHENTIC:
        return "SRTP, authenticated";
    case STREAM_SRTP:
        return "SRTP by size and chance";
    case STREAM_PLAIN:
        return "PLAIN RTP";
    case STREAM_FORGED:
        return "NOT AUTHENTIC";
    case STREAM_UNTOLD:
        return "cannot be told";
    }
    return "";
}

static void title(const struct paper *p, const char *text)
{
    fprintf(p->out, "\n%s%s%s\n", p->colour ? "\x1b[1m" : "", text, p->colour ? "\x1b[0m" : "");
}

static void more_rows(const struct paper *p, size_t count)
{
    if (count > ROWS_MOST)
        fprintf(p->out, "  ... and %zu more: --json has all\n", count - ROWS_MOST);
}

static size_t shown(size_t count)
{
    return count < ROWS_MOST ? count : ROWS_MOST;
}

/* ---- TFTP ------------------------------------------------------------------------------------ */

static const char *result_of(const struct tftp_transfer *t, char *out, size_t cap)
{
    if (t->error >= 0)
        snprintf(out, cap, "error %d %.60s", t->error, t->error_text);
    else if (t->server_tid == 0)
        snprintf(out, cap, "no answer");
    else if (!t->done)
        snprintf(out, cap, t->gap ? "blocks are missing" : "not finished");
    else
        snprintf(out, cap, "md5 %s", t->md5);
    return out;
}

static void print_transfers(const struct verify_report *r, const struct paper *p)
{
    if (r->transfer_count == 0)
        return;
    title(p, "TFTP");
    fprintf(p->out, "  %-16s %-22s %-22s %8s %6s %6s  %s\n", "file", "client", "server", "bytes",
            "block", "again", "result");
    for (size_t i = 0; i < shown(r->transfer_count); i++) {
        const struct tftp_transfer *t = r->transfers[i];
        char client[NET_ADDR_TEXT], server[NET_ADDR_TEXT], result[128];
        fprintf(p->out, "  %-16s %-22s %-22s %8" PRIu64 " %6u %6u  %s\n", t->file,
                net_addr_text(&t->client, client), net_addr_text(&t->server, server), t->bytes,
                t->block_size, t->requests - 1 + t->repeated, result_of(t, result, sizeof result));
    }
    more_rows(p, r->transfer_count);
}

/* ---- signalling ------------------------------------------------------------------------------ */

static const char *readable_in(const struct line_facts *l, char *out, size_t cap)
{
    uint64_t sccp = l->half[0].sccp + l->half[1].sccp;
    uint64_t strange = l->half[0].strange + l->half[1].strange;

    if (sccp)
        snprintf(out, cap, "%" PRIu64 " SCCP MESSAGES", sccp);
    else if (strange)
        snprintf(out, cap, "%" PRIu64 " STRANGE BYTES", strange);
    else
        snprintf(out, cap, "nothing");
    return out;
}

static const char *version_of(const struct line_facts *l)
{
    if (l->kind == LINE_SCCP)
        return "none";
    return l->version ? line_version_name(l->version) : "-";
}

static void print_connection(const struct verify_connection *c, const struct paper *p)
{
    const struct line_facts *l = c->line;
    char client[NET_ADDR_TEXT], server[NET_ADDR_TEXT], readable[48];

    fprintf(p->out, "  %-16s %-22s %-22s %-8s %-28s %8" PRIu64 "  %s\n", *l->name ? l->name : "-",
            net_addr_text(&c->flow->ends[FLOW_CLIENT], client),
            net_addr_text(&c->flow->ends[FLOW_SERVER], server), version_of(l),
            *l->suite_name ? l->suite_name : "-", l->half[0].application + l->half[1].application,
            readable_in(l, readable, sizeof readable));
}

static void print_connections(const struct verify_report *r, const struct paper *p)
{
    if (r->connection_count == 0)
        return;
    title(p, "Signalling");
    fprintf(p->out, "  %-16s %-22s %-22s %-8s %-28s %8s  %s\n", "port", "client", "server", "TLS",
            "cipher suite", "records", "readable");
    for (size_t i = 0; i < shown(r->connection_count); i++)
        print_connection(&r->connections[i], p);
    more_rows(p, r->connection_count);
}

static bool shown_before(const struct verify_report *r, size_t i, int side)
{
    const char *sha256 = r->connections[i].line->certs[side].sha256;

    for (size_t k = 0; k < i; k++)
        if (strcmp(r->connections[k].line->certs[side].sha256, sha256) == 0)
            return true;
    return false;
}

static void print_cert(const struct line_cert *c, const char *whose, const char *issuer,
                       const struct paper *p)
{
    char from[TEXT_DATE], to[TEXT_DATE];

    if (strcmp(issuer, c->issuer) != 0)
        fprintf(p->out, "  issued by %s\n", c->issuer);
    fprintf(p->out, "    %-12s  %-16s %s, %s to %s\n", whose, c->cn, c->key,
            text_date(c->not_before_s, from), text_date(c->not_after_s, to));
    fprintf(p->out, "    %-12s  serial %s, sha256 %s\n", "", c->serial, c->sha256);
}

/* Servers first; a certificate that comes again is shown once. */
static void print_certs(const struct verify_report *r, const struct paper *p)
{
    size_t left = ROWS_MOST;
    const char *issuer = "";

    for (int side = FLOW_SERVER; side >= FLOW_CLIENT; side--)
        for (size_t i = 0; i < shown(r->connection_count) && left; i++) {
            const struct line_cert *c = &r->connections[i].line->certs[side];
            if (!c->seen || c->broken || shown_before(r, i, side))
                continue;
            if (left-- == ROWS_MOST)
                title(p, "Certificates");
            print_cert(c, side == FLOW_SERVER ? "call manager" : "port", issuer, p);
            issuer = c->issuer;
        }
}

/* An encrypted alert behind a finished handshake is how every connection ends. */
static bool worth_showing(const struct line_facts *l, const struct line_alert *a)
{
    return !a->encrypted || !l->open;
}

static void print_alert(const struct line_facts *l, const struct line_alert *a,
                        const struct paper *p)
{
    fprintf(p->out, "  %-16s from %-14s %s\n", *l->name ? l->name : "-",
            a->from == FLOW_CLIENT ? "the port" : "call manager",
            a->encrypted ? "(encrypted)" : tls_alert_name(a->description));
}

static void print_alerts(const struct verify_report *r, const struct paper *p)
{
    bool any = false;

    for (size_t i = 0; i < shown(r->connection_count); i++) {
        const struct line_facts *l = r->connections[i].line;
        for (size_t k = 0; k < l->alert_count && k < LINE_ALERTS_MAX; k++) {
            if (!worth_showing(l, &l->alerts[k]))
                continue;
            if (!any)
                title(p, "Alerts");
            any = true;
            print_alert(l, &l->alerts[k], p);
        }
    }
}

/* ---- media ----------------------------------------------------------------------------------- */

static void print_stream(const struct media_stream *m, const char *mark, const struct paper *p)
{
    char src[NET_ADDR_TEXT], dst[NET_ADDR_TEXT];

    fprintf(p->out,
            "  %-4s %-22s %-22s %08x %3u %4u %8" PRIu64 " %5" PRIu64 " %5" PRIu64 " %5" PRIu64
            " %7.2f %8.2f  %s%s%s\n",
            mark, net_addr_text(&m->src, src), net_addr_text(&m->dst, dst), m->ssrc,
            m->payload_type, m->packet_ms, m->packets, m->lost, m->reordered, m->duplicates,
            m->jitter_ms, (double)(m->last_us - m->first_us) / 1e6,
            stream_verdict_words(m->verdict), *m->suite ? ", " : "", m->suite);
}

static void print_calls(const struct verify_report *r, const struct paper *p)
{
    if (r->call_count == 0)
        return;
    title(p, "Calls");
    fprintf(p->out, "  %-4s %-22s %-22s %-8s %3s %4s %8s %5s %5s %5s %7s %8s  %s\n", "call", "from",
            "to", "SSRC", "PT", "ms", "packets", "lost", "order", "twice", "jitter", "seconds",
            "verdict");
    for (size_t i = 0; i < shown(r->call_count); i++) {
        const struct media_call *c = &r->calls[i];
        char number[24];
        snprintf(number, sizeof number, "%zu", i + 1);
        print_stream(c->there, number, p);
        if (c->back)
            print_stream(c->back, "", p);
        if (c->streams > (c->back ? 2u : 1u))
            fprintf(p->out, "       and %zu more streams between them: --json has all\n",
                    c->streams - (c->back ? 2u : 1u));
    }
    more_rows(p, r->call_count);
}

/* ---- findings -------------------------------------------------------------------------------- */

static void print_findings(const struct verify_report *r, const struct paper *p)
{
    if (r->finding_count == 0)
        return;
    title(p, "Findings");
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct verify_finding *f = &r->findings[i];
        bool red = f->fault && p->colour;
        fprintf(p->out, "  %s%s%s  %s\n", red ? "\x1b[31m" : "", f->fault ? "FAULT" : "note ",
                red ? "\x1b[0m" : "", f->text);
    }
    if (r->faults + r->notes > r->finding_count)
        fprintf(p->out, "  ... and %zu more\n", r->faults + r->notes - r->finding_count);
}

static void print_verdict(const struct verify_report *r, const struct paper *p)
{
    const struct verify_totals *t = &r->totals;
    const char *on = !p->colour ? "" : r->ok ? "\x1b[32m" : "\x1b[31m";

    fprintf(p->out, "\n%s%s%s: %zu TLS and %zu clear connections; %zu streams authenticated", on,
            r->ok ? "ok" : "FAILED", p->colour ? "\x1b[0m" : "", t->tls, t->sccp, t->authentic);
    fprintf(p->out,
            ", %zu SRTP without a key, %zu plain, %zu not authentic, %zu untold; %zu faults\n",
            t->srtp, t->plain, t->forged, t->untold, r->faults);
}

void verify_print(const struct verify_report *r, FILE *out, bool colour)
{
    const struct paper p = {.out = out, .colour = colour};
    const struct verify_totals *t = &r->totals;

    fprintf(out, "%" PRIu64 " packets, %" PRIu64 " bytes, %.3f s\n", t->packets, t->bytes,
            (double)(t->last_us - t->first_us) / 1e6);
    print_transfers(r, &p);
    print_connections(r, &p);
    print_certs(r, &p);
    print_alerts(r, &p);
    ladder_print(r, out, colour);
    lamp_calls_print(r, out, colour);
    print_calls(r, &p);
    print_findings(r, &p);
    print_verdict(r, &p);
}
