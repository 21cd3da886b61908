#include "tools/vmports/ladder_text.h"
#include "tools/vmports/verify.h"

#include "base/text.h"
#include "tls/session.h"

static json_t *text_of(const struct net_addr *a)
{
    char text[NET_ADDR_TEXT];

    return json_string(net_addr_text(a, text));
}

static json_t *seconds(int64_t us)
{
    return json_real((double)us / 1e6);
}

static json_t *date_of(int64_t s)
{
    char text[TEXT_DATE];

    return json_string(text_date(s, text));
}

static json_int_t whole(uint64_t n)
{
    return (json_int_t)n;
}

static json_t *transfer_json(const struct tftp_transfer *t)
{
    return json_pack("{s:o, s:o, s:s, s:b, s:b, s:I, s:s, s:s, s:i, s:I, s:i, s:s, s:i, s:i}",
                     "client", text_of(&t->client), "server", text_of(&t->server), "file", t->file,
                     "write", t->write, "done", t->done, "bytes", whole(t->bytes), "md5", t->md5,
                     "sha256", t->sha256, "block_size", (int)t->block_size, "tsize",
                     (json_int_t)t->tsize, "error", t->error, "error_text", t->error_text,
                     "requests", (int)t->requests, "repeated", (int)t->repeated);
}

static json_t *cert_json(const struct line_cert *c)
{
    if (!c->seen || c->broken)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i}", "cn", c->cn, "issuer", c->issuer,
                     "serial", c->serial, "sha256", c->sha256, "key", c->key, "not_before",
                     date_of(c->not_before_s), "not_after", date_of(c->not_after_s), "chain",
                     (int)c->chain);
}

static json_t *alerts_json(const struct line_facts *l)
{
    json_t *list = json_array();

    for (size_t i = 0; i < l->alert_count && i < LINE_ALERTS_MAX; i++) {
        const struct line_alert *a = &l->alerts[i];
        json_t *one = json_pack("{s:s, s:b}", "from", a->from == FLOW_CLIENT ? "client" : "server",
                                "encrypted", a->encrypted);
        if (!a->encrypted) {
            json_object_set_new(one, "number", json_integer(a->description));
            json_object_set_new(one, "name", json_string(tls_alert_name(a->description)));
        }
        json_array_append_new(list, one);
    }
    return list;
}

static const char *kind_word(enum line_kind k)
{
    switch (k) {
    case LINE_SILENT:
        return "silent";
    case LINE_TLS:
        return "tls";
    case LINE_SCCP:
        return "sccp";
    case LINE_OTHER:
        return "other";
    }
    return "";
}

static json_t *connection_json(const struct verify_connection *c)
{
    const struct line_facts *l = c->line;
    const struct line_half *h = l->half;

    return json_pack(
        "{s:s, s:o, s:o, s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, "
        "s:o, "
        "s:o}",
        "port", l->name, "client", text_of(&c->flow->ends[FLOW_CLIENT]), "server",
        text_of(&c->flow->ends[FLOW_SERVER]), "kind", kind_word(l->kind), "version",
        line_version_name(l->version), "cipher", l->suite_name, "integrity_only", l->null_cipher,
        "client_certificate_asked", l->client_asked, "handshake_finished", l->open,
        "client_certificate", cert_json(&l->certs[FLOW_CLIENT]), "server_certificate",
        cert_json(&l->certs[FLOW_SERVER]), "alerts", alerts_json(l), "records",
        whole(h[0].application + h[1].application), "sccp_readable", whole(h[0].sccp + h[1].sccp),
        "names_readable", whole(h[0].names + h[1].names), "strange_bytes",
        whole(h[0].strange + h[1].strange), "missing_bytes",
        whole(c->flow->half[0].missing + c->flow->half[1].missing), "start",
        seconds(c->flow->first_us), "seconds", seconds(c->flow->last_us - c->flow->first_us));
}

static const char *verdict_word(enum stream_verdict v)
{
    switch (v) {
    case STREAM_AUTHENTIC:
        return "authenticated";
    case STREAM_SRTP:
        return "srtp";
    case STREAM_PLAIN:
        return "plain";
    case STREAM_FORGED:
        return "failed";
    case STREAM_UNTOLD:
        return "unknown";
    }
    return "";
}

static json_t *stream_json(const struct media_stream *m)
{
    char ssrc[9];
    json_t *o;

    snprintf(ssrc, sizeof ssrc, "%08x", m->ssrc);
    o = json_pack("{s:o, s:o, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:f, s:i, s:i, s:f}", "from",
                  text_of(&m->src), "to", text_of(&m->dst), "ssrc", ssrc, "verdict",
                  verdict_word(m->verdict), "suite", m->suite, "payload_type", m->payload_type,
                  "packets", whole(m->packets), "lost", whole(m->lost), "reordered",
                  whole(m->reordered), "duplicates", whole(m->duplicates), "jitter_ms",
                  m->jitter_ms, "packet_ms", (int)m->packet_ms, "tag", m->tag, "entropy",
                  m->entropy);
    json_t *more = json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "key", m->has_key,
        "authenticated", whole(m->authentic), "failed", whole(m->forged), "altered",
        whole(m->altered), "plain", whole(m->plain), "digits_readable", whole(m->digits_plain),
        "heard", whole(m->heard), "silent", whole(m->silent), "shortened", whole(m->cut), "start",
        seconds(m->first_us), "seconds", seconds(m->last_us - m->first_us));
    if (o && more)
        json_object_update(o, more);
    json_decref(more);
    return o;
}

static json_t *call_json(const struct media_call *c)
{
    char there[9], back[9] = "";

    snprintf(there, sizeof there, "%08x", c->there->ssrc);
    if (c->back)
        snprintf(back, sizeof back, "%08x", c->back->ssrc);
    return json_pack("{s:o, s:o, s:s, s:s, s:b, s:i, s:o, s:o}", "a", text_of(&c->there->src), "b",
                     text_of(&c->there->dst), "ssrc_a", there, "ssrc_b", back, "both_ways",
                     c->back != NULL, "streams", (int)c->streams, "start", seconds(c->first_us),
                     "seconds", seconds(c->last_us - c->first_us));
}

static json_t *totals_json(const struct verify_report *r)
{
    const struct verify_totals *t = &r->totals;

    return json_pack(
        "{s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:I, s:I}",
        "packets", whole(t->packets), "bytes", whole(t->bytes), "seconds",
        seconds(t->last_us - t->first_us), "tls", whole(t->tls), "sccp", whole(t->sccp),
        "authenticated", whole(t->authentic), "srtp", whole(t->srtp), "plain", whole(t->plain),
        "failed", whole(t->forged), "unknown", whole(t->untold), "rtcp", whole(t->media.rtcp),
        "rtcp_readable", whole(t->media.rtcp_plain), "rtcp_authenticated",
        whole(t->media.rtcp_authentic), "rtcp_failed", whole(t->media.rtcp_forged), "other_udp",
        whole(t->media.other), "other_tcp", whole(t->other_tcp), "fragments", whole(t->fragments),
        "broken", whole(t->broken), "shortened", whole(t->cut));
}

json_t *verify_json(const struct verify_report *r)
{
    json_t *findings = json_array(), *transfers = json_array(), *connections = json_array(),
           *streams = json_array(), *calls = json_array();

    for (size_t i = 0; i < r->finding_count; i++)
        json_array_append_new(findings, json_pack("{s:b, s:s}", "fault", r->findings[i].fault,
                                                  "text", r->findings[i].text));
    for (size_t i = 0; i < r->transfer_count; i++)
        json_array_append_new(transfers, transfer_json(r->transfers[i]));
    for (size_t i = 0; i < r->connection_count; i++)
        json_array_append_new(connections, connection_json(&r->connections[i]));
    for (size_t i = 0; i < r->stream_count; i++)
        json_array_append_new(streams, stream_json(r->streams[i]));
    for (size_t i = 0; i < r->call_count; i++)
        json_array_append_new(calls, call_json(&r->calls[i]));
    return json_pack("{s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ok", r->ok,
                     "faults", whole(r->faults), "notes", whole(r->notes), "findings", findings,
                     "totals", totals_json(r), "tftp", transfers, "connections", connections,
                     "streams", streams, "calls", calls, "ladder", ladder_json(r), "lamp_calls",
                     lamp_calls_json(r));
}
