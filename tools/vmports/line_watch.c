#include "tools/vmports/line_watch.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/wire.h"
#include "tls/x509_text.h"
#include "tools/vmports/line_suites.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 5246 6.2, 7.4; RFC 8446 5.1 */
enum record { REC_CCS = 20, REC_ALERT = 21, REC_HANDSHAKE = 22, REC_APPLICATION = 23 };
enum handshake {
    HS_CLIENT_HELLO = 1,
    HS_SERVER_HELLO = 2,
    HS_CERTIFICATE = 11,
    HS_CERT_REQUEST = 13
};
#define RECORD_HEAD    5
#define RECORD_MOST    (16384 + 2048)
#define HANDSHAKE_MOST (128u * 1024)
#define EXT_VERSIONS   43
#define TLS13          0x0304
#define SCCP_HEAD      12 /* length, header version, message id (sccp.md 1.1) */
#define SCCP_NAME_LEN  16 /* Register begins with the device name */
#define SCCP_REGISTER  1
#define SCCP_BODY_MOST 65535
#define NAME_LEAST     4 /* a shorter name would be found in cipher text by chance */
#define OVERLAP        (LINE_NAME_MAX - 1)

struct side {
    uint8_t head[SCCP_HEAD]; /* bytes of a header that is not yet whole */
    size_t head_len;
    size_t left; /* bytes of this record or frame to come */
    uint8_t type;
    bool lost;  /* framing must be found again */
    bool blind; /* bytes are missing: the handshake cannot be followed any more */
    size_t record_len;
    uint8_t alert[2];
    uint8_t name[SCCP_NAME_LEN];
    size_t name_len;
    uint32_t message;
    struct buf handshake;
    uint8_t tail[OVERLAP]; /* the end of what was searched */
    size_t tail_len;
    size_t inside; /* bytes to come of a frame that the search found */
};

struct line_watch {
    struct line_facts facts;
    bool from_start;
    char raw_name[LINE_NAME_MAX];
    size_t raw_name_len;
    struct side sides[2];
};

struct line_watch *line_watch_new(bool from_start)
{
    struct line_watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->from_start = from_start;
    for (int i = 0; i < 2; i++) {
        w->sides[i].blind = !from_start;
        w->sides[i].handshake.most = HANDSHAKE_MOST;
    }
    return w;
}

void line_watch_free(struct line_watch *w)
{
    if (!w)
        return;
    buf_free(&w->sides[0].handshake);
    buf_free(&w->sides[1].handshake);
    free(w);
}

const struct line_facts *line_watch_facts(const struct line_watch *w)
{
    return &w->facts;
}

const char *line_version_name(uint16_t version)
{
    switch (version) {
    case 0x0300:
        return "SSLv3";
    case 0x0301:
        return "TLSv1.0";
    case 0x0302:
        return "TLSv1.1";
    case 0x0303:
        return "TLSv1.2";
    case TLS13:
        return "TLSv1.3";
    default:
        return "";
    }
}

/* ---- the search for what can be read -----------------------------------------------------------
 */

/* The header versions that are known to be sent (sccp.md 1.3, 2). */
static bool is_sccp_version(uint32_t v)
{
    return v == 0 || v == 3 || v == 5 || (v >= 8 && v <= 11) || (v >= 15 && v <= 22);
}

/* Twelve bytes, of which eight must be zero or nearly: 2^-64 in cipher text. */
static bool is_sccp_head(const uint8_t *b)
{
    if (b[2] | b[3] | b[5] | b[6] | b[7] | b[10] | b[11])
        return false;
    struct wire_reader r = wire_read_from(b, SCCP_HEAD);
    uint32_t len = wire_u32le(&r), version = wire_u32le(&r), id = wire_u32le(&r);
    return len >= 4 && is_sccp_version(version) && (id < 0x160 || (id >= 0x8000 && id <= 0x8002));
}

static bool is_name(const struct line_watch *w, const uint8_t *b, size_t left)
{
    return w->raw_name_len >= NAME_LEAST && left >= w->raw_name_len && b[0] == w->raw_name[0] &&
           memcmp(b, w->raw_name, w->raw_name_len) == 0;
}

static void count_frame(struct line_watch *w, enum flow_side from, const uint8_t *b)
{
    struct wire_reader r = wire_read_from(b, SCCP_HEAD);
    size_t len = wire_u32le(&r);

    wire_u32le(&r);
    if (!w->facts.half[0].sccp && !w->facts.half[1].sccp)
        w->facts.first_sccp = wire_u32le(&r);
    w->facts.half[from].sccp++;
    w->sides[from].inside = len + 8 - 1;
}

/* Counts what begins in the first `starts` of `len` bytes. Inside a frame no other begins. */
static void search(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t starts,
                   size_t len)
{
    struct side *s = &w->sides[from];

    for (size_t i = 0; i < starts; i++) {
        w->facts.half[from].names += is_name(w, b + i, len - i);
        if (s->inside)
            s->inside--;
        else if (len - i >= SCCP_HEAD && is_sccp_head(b + i))
            count_frame(w, from, b + i);
    }
}

/* What begins at the end of one piece and ends in the next is found too. */
static void search_piece(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];
    uint8_t seam[2 * OVERLAP];
    size_t more = len < OVERLAP ? len : OVERLAP;

    memcpy(seam, s->tail, s->tail_len);
    memcpy(seam + s->tail_len, b, more);
    size_t seam_len = s->tail_len + more;
    if (len <=
        OVERLAP) { /* begins are counted when OVERLAP bytes stand behind them, or at a flush */
        size_t keep = seam_len < OVERLAP ? seam_len : OVERLAP;
        search(w, from, seam, seam_len - keep, seam_len);
        memcpy(s->tail, seam + seam_len - keep, keep);
        s->tail_len = keep;
        return;
    }
    search(w, from, seam, s->tail_len, seam_len);
    search(w, from, b, len - OVERLAP, len);
    memcpy(s->tail, b + len - OVERLAP, OVERLAP);
    s->tail_len = OVERLAP;
}

/* The piece that follows does not continue this one. */
static void search_flush(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];

    search(w, from, s->tail, s->tail_len, s->tail_len);
    s->tail_len = s->inside = 0;
}

/* ---- the handshake -----------------------------------------------------------------------------
 */

static void take_name(struct line_watch *w, const char *escaped, const char *raw, size_t len)
{
    if (w->facts.name[0] || len == 0)
        return;
    snprintf(w->facts.name, sizeof w->facts.name, "%s", escaped);
    w->raw_name_len = len < sizeof w->raw_name ? len : sizeof w->raw_name - 1;
    memcpy(w->raw_name, raw, w->raw_name_len);
}

static void take_cn(struct line_watch *w, const X509 *x, const char *escaped)
{
    char raw[LINE_NAME_MAX] = "";
    const X509_NAME *subject = X509_get_subject_name(x);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const ASN1_STRING *cn =
        at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    size_t len = cn ? (size_t)ASN1_STRING_length(cn) : 0;

    if (len == 0 || len >= sizeof raw)
        return;
    memcpy(raw, ASN1_STRING_get0_data(cn), len);
    take_name(w, escaped, raw, len);
}

static void read_cert(struct line_watch *w, enum flow_side from, const uint8_t *der, size_t len)
{
    struct line_cert *c = &w->facts.certs[from];
    const uint8_t *at = der;
    X509 *x = d2i_X509(NULL, &at, (long)len);

    if (!x) {
        c->broken = true;
        return;
    }
    x509_cn_text(x, c->cn, sizeof c->cn);
    x509_issuer_text(x, c->issuer, sizeof c->issuer);
    x509_serial_text(x, c->serial, sizeof c->serial);
    x509_sha256_text(x, c->sha256);
    x509_key_text(x, c->key, sizeof c->key);
    c->not_before_s = x509_not_before_s(x);
    c->not_after_s = x509_not_after_s(x);
    if (from == FLOW_CLIENT)
        take_cn(w, x, c->cn);
    X509_free(x);
}

static uint32_t u24(struct wire_reader *r)
{
    uint32_t high = wire_u8(r);

    return high << 16 | wire_u16be(r);
}

static void on_certificate(struct line_watch *w, enum flow_side from, struct wire_reader r)
{
    struct line_cert *c = &w->facts.certs[from];

    if (c->seen)
        return;
    u24(&r);
    while (wire_left(&r) > 3) {
        size_t len = u24(&r);
        const uint8_t *der = wire_take(&r, len);
        if (!der)
            break;
        c->seen = true;
        if (c->chain++ == 0)
            read_cert(w, from, der, len);
    }
}

static uint16_t real_version(struct wire_reader *r, uint16_t legacy)
{
    wire_u16be(r);
    while (wire_left(r) >= 4) {
        uint16_t type = wire_u16be(r), len = wire_u16be(r);
        if (type == EXT_VERSIONS && len == 2)
            return wire_u16be(r);
        wire_skip(r, len);
    }
    return legacy;
}

static void on_server_hello(struct line_watch *w, struct wire_reader r)
{
    struct line_facts *f = &w->facts;
    uint16_t version = wire_u16be(&r);

    wire_skip(&r, 32);
    wire_skip(&r, wire_u8(&r));
    uint16_t suite = wire_u16be(&r);
    wire_skip(&r, 1);
    if (r.bad || f->version)
        return;
    f->version = real_version(&r, version);
    f->suite = suite;
    line_suite_name(suite, f->suite_name, sizeof f->suite_name);
    f->null_cipher = line_suite_is_null(suite);
    if (f->version == TLS13) /* from here on both sides encrypt: certificates cannot be seen */
        f->half[0].encrypted = f->half[1].encrypted = true;
}

static void on_message(struct line_watch *w, enum flow_side from, uint8_t type, const uint8_t *body,
                       size_t len)
{
    struct wire_reader r = wire_read_from(body, len);

    if (type == HS_CLIENT_HELLO && from == FLOW_CLIENT)
        w->facts.half[from].hello = true;
    else if (type == HS_CERTIFICATE)
        on_certificate(w, from, r);
    else if (type == HS_CERT_REQUEST && from == FLOW_SERVER)
        w->facts.client_asked = true;
    else if (type == HS_SERVER_HELLO && from == FLOW_SERVER) {
        w->facts.half[from].hello = true;
        on_server_hello(w, r);
    }
}

static void on_handshake(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];

    if (s->blind)
        return;
    if (!buf_add(&s->handshake, b, len, NULL)) {
        s->blind = true;
        buf_free(&s->handshake);
        return;
    }
    while (s->handshake.len >= 4) {
        const uint8_t *m = s->handshake.at;
        size_t body = (size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3];
        if (s->handshake.len - 4 < body)
            break;
        on_message(w, from, m[0], m + 4, body);
        buf_drop(&s->handshake, body + 4);
    }
}

/* ---- records -----------------------------------------------------------------------------------
 */

static void on_alert(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];
    struct line_facts *f = &w->facts;

    if (f->alert_count++ >= LINE_ALERTS_MAX)
        return;
    /* In clear an alert has two bytes; encrypted it has a tag or padding behind. */
    bool encrypted = f->half[from].encrypted || s->record_len != 2;
    f->alerts[f->alert_count - 1] =
        (struct line_alert){.from = from,
                            .encrypted = encrypted && !(f->null_cipher && s->record_len >= 2),
                            .level = s->alert[0],
                            .description = s->alert[1]};
}

static void on_change_cipher(struct line_watch *w, enum flow_side from)
{
    w->facts.half[from].encrypted = true;
    w->facts.open = w->facts.half[0].encrypted && w->facts.half[1].encrypted;
    search_flush(w, from);
    buf_free(&w->sides[from].handshake);
}

static void begin_record(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];
    struct line_half *h = &w->facts.half[from];

    s->type = s->head[0];
    s->left = s->record_len = (size_t)(s->head[3] << 8 | s->head[4]);
    s->head_len = 0;
    h->records++;
    search_flush(w, from);
    if (s->type != REC_APPLICATION)
        return;
    h->application++;
    h->application_bytes += s->record_len;
    h->early += !h->encrypted && !s->blind;
    if (w->facts.version == TLS13 && from == FLOW_CLIENT)
        w->facts.open = true;
}

static void end_record(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];

    if (s->type == REC_ALERT)
        on_alert(w, from);
    else if (s->type == REC_CCS && w->facts.version != TLS13)
        on_change_cipher(w, from);
}

/* Bytes inside a record. The handshake before encryption holds certificates, which have names in
 * them and are meant to be seen; all else must be unreadable. */
static void in_record(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];
    size_t at = s->record_len - s->left;

    for (size_t i = 0; s->type == REC_ALERT && i < len && at + i < 2; i++)
        s->alert[at + i] = b[i];
    if (s->type == REC_HANDSHAKE && !w->facts.half[from].encrypted && !s->blind)
        on_handshake(w, from, b, len);
    else
        search_piece(w, from, b, len);
    s->left -= len;
    if (s->left == 0)
        end_record(w, from);
}

static bool is_record_head(const uint8_t *b)
{
    return b[0] >= REC_CCS && b[0] <= REC_APPLICATION && b[1] == 3 && b[2] <= 4 &&
           (b[3] << 8 | b[4]) <= RECORD_MOST;
}

static void lose(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];

    s->lost = s->blind = true;
    s->left = s->head_len = s->name_len = 0;
    buf_free(&s->handshake);
    search_flush(w, from);
}

static void strange(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    if (w->sides[from].blind)
        w->facts.half[from].unframed += len;
    else
        w->facts.half[from].strange += len;
    search_piece(w, from, b, len);
}

/* After a loss: a segment that begins with a header is where framing goes on. */
static bool find_again(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];

    if (!s->lost)
        return true;
    s->lost = !(w->facts.kind == LINE_TLS ? len >= RECORD_HEAD && is_record_head(b)
                                          : len >= SCCP_HEAD && is_sccp_head(b));
    if (s->lost)
        strange(w, from, b, len);
    return !s->lost;
}

/* Collects a header; returns how many bytes it took. */
static size_t take_head(struct side *s, const uint8_t *b, size_t len, size_t want)
{
    size_t n = want - s->head_len < len ? want - s->head_len : len;

    memcpy(s->head + s->head_len, b, n);
    s->head_len += n;
    return n;
}

/* A header that is none: everything from here on is strange, until framing is found again. */
static void break_off(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];
    uint8_t head[SCCP_HEAD];
    size_t head_len = s->head_len;

    memcpy(head, s->head, head_len);
    strange(w, from, head, head_len);
    strange(w, from, b, len);
    w->facts.half[from].broken |= !s->blind;
    lose(w, from);
}

static void on_tls(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];

    if (!find_again(w, from, b, len))
        return;
    while (len) {
        size_t n = s->left ? (s->left < len ? s->left : len) : take_head(s, b, len, RECORD_HEAD);
        if (s->left)
            in_record(w, from, b, n);
        else if (s->head_len == RECORD_HEAD && !is_record_head(s->head)) {
            break_off(w, from, b + n, len - n);
            return;
        } else if (s->head_len == RECORD_HEAD)
            begin_record(w, from);
        b += n;
        len -= n;
    }
}

/* ---- SCCP in clear ------------------------------------------------------------------------------
 */

static void begin_frame(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];
    struct wire_reader r = wire_read_from(s->head, SCCP_HEAD);

    s->left = wire_u32le(&r) - 4;
    wire_u32le(&r);
    s->message = wire_u32le(&r);
    s->head_len = s->name_len = 0;
    if (!w->facts.half[0].sccp && !w->facts.half[1].sccp)
        w->facts.first_sccp = s->message;
    w->facts.half[from].sccp++;
}

static void in_frame(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];
    char text[SCCP_NAME_LEN * 4 + 1];

    s->left -= len;
    if (s->message != SCCP_REGISTER || from != FLOW_CLIENT || s->name_len == SCCP_NAME_LEN)
        return;
    size_t n = SCCP_NAME_LEN - s->name_len < len ? SCCP_NAME_LEN - s->name_len : len;
    memcpy(s->name + s->name_len, b, n);
    s->name_len += n;
    if (s->name_len < SCCP_NAME_LEN)
        return;
    size_t name_len = strnlen((char *)s->name, SCCP_NAME_LEN);
    log_escape((char *)s->name, name_len, text, sizeof text);
    take_name(w, text, (char *)s->name, name_len);
}

static void on_sccp(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];

    if (!find_again(w, from, b, len))
        return;
    while (len) {
        size_t n = s->left ? (s->left < len ? s->left : len) : take_head(s, b, len, SCCP_HEAD);
        if (s->left)
            in_frame(w, from, b, n);
        else if (s->head_len == SCCP_HEAD && !is_sccp_head(s->head)) {
            break_off(w, from, b + n, len - n);
            return;
        } else if (s->head_len == SCCP_HEAD)
            begin_frame(w, from);
        b += n;
        len -= n;
    }
}

/* ---- which of them ------------------------------------------------------------------------------
 */

/* By the first bytes of whichever side speaks first. LINE_SILENT: more bytes are needed. */
static enum line_kind kind_of(const uint8_t *b, size_t len)
{
    static const uint8_t like_tls[RECORD_HEAD] = {REC_HANDSHAKE, 3, 0, 0, 0};
    uint8_t head[RECORD_HEAD];

    memcpy(head, like_tls, sizeof head);
    memcpy(head, b, len < RECORD_HEAD ? len : RECORD_HEAD);
    if (is_record_head(head))
        return len < RECORD_HEAD ? LINE_SILENT : LINE_TLS;
    if (len < SCCP_HEAD)
        return LINE_SILENT;
    return is_sccp_head(b) ? LINE_SCCP : LINE_OTHER;
}

static void pass(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    if (w->facts.kind == LINE_TLS)
        on_tls(w, from, b, len);
    else if (w->facts.kind == LINE_SCCP)
        on_sccp(w, from, b, len);
    else
        strange(w, from, b, len);
}

/* Both sides' first bytes wait in their heads until the kind is known. */
static void decide(struct line_watch *w)
{
    uint8_t head[SCCP_HEAD];

    for (int i = 0; i < 2; i++) {
        struct side *s = &w->sides[i];
        size_t len = s->head_len;
        memcpy(head, s->head, len);
        s->head_len = 0;
        if (len)
            pass(w, (enum flow_side)i, head, len);
    }
}

/* The capture began later than the connection: the first segment that begins as a record or a frame
 * tells the kind. */
static void begin_in_the_middle(struct line_watch *w, enum flow_side from, const uint8_t *b,
                                size_t len)
{
    enum line_kind kind = kind_of(b, len);

    if (kind != LINE_TLS && kind != LINE_SCCP)
        return;
    w->facts.kind = kind;
    lose(w, from == FLOW_CLIENT ? FLOW_SERVER : FLOW_CLIENT);
    search_flush(w, from);
}

void line_watch_data(struct line_watch *w, enum flow_side from, const uint8_t *bytes, size_t len)
{
    struct side *s = &w->sides[from];

    if (w->facts.kind == LINE_SILENT) {
        size_t n = take_head(s, bytes, len, SCCP_HEAD);
        w->facts.kind = kind_of(s->head, s->head_len);
        bytes += n;
        len -= n;
        if (w->facts.kind == LINE_SILENT)
            return;
        decide(w);
    }
    if (w->facts.kind == LINE_OTHER && s->blind)
        begin_in_the_middle(w, from, bytes, len);
    if (len)
        pass(w, from, bytes, len);
}

void line_watch_finish(struct line_watch *w)
{
    if (w->facts.kind == LINE_SILENT && w->sides[0].head_len + w->sides[1].head_len) {
        w->facts.kind = LINE_OTHER;
        decide(w);
    }
    search_flush(w, FLOW_CLIENT);
    search_flush(w, FLOW_SERVER);
}

void line_watch_gap(struct line_watch *w, enum flow_side from)
{
    if (w->facts.kind == LINE_SILENT) {
        w->facts.kind = LINE_OTHER;
        decide(w);
    }
    lose(w, from);
}
