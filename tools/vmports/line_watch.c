#include "base/text.h"
#include "base/wire.h"
#include "tools/vmports/line_inner.h"

#include <stdlib.h>
#include <string.h>

/* RFC 5246 6.2, 7.4; RFC 8446 5.1 */
enum record { REC_CCS = 20, REC_ALERT = 21, REC_HANDSHAKE = 22, REC_APPLICATION = 23 };
#define RECORD_HEAD    5
#define RECORD_MOST    (16384 + 2048)
#define HANDSHAKE_MOST (128u * 1024)
#define SCCP_REGISTER  1

struct line_watch *line_watch_new(bool from_start)
{
    struct line_watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->from_start = from_start;
    for (int i = 0; i < 2; i++) {
        w->sides[i].blind = !from_start;
        w->sides[i].handshake.most = HANDSHAKE_MOST;
        w->sides[i].record.most = RECORD_MOST;
    }
    return w;
}

void line_watch_free(struct line_watch *w)
{
    if (!w)
        return;
    for (int i = 0; i < 2; i++) {
        buf_free(&w->sides[i].handshake);
        buf_free(&w->sides[i].record);
    }
    free(w);
}

void line_watch_tap(struct line_watch *w, const struct line_tap *tap)
{
    w->tap = *tap;
}

const struct line_facts *line_watch_facts(const struct line_watch *w)
{
    return &w->facts;
}

/* ---- records ------------------------------------------------------------------------------ */

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
    line_search_flush(w, from);
    buf_free(&w->sides[from].handshake);
}

static void begin_record(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];
    struct line_half *h = &w->facts.half[from];

    s->type = s->head[0];
    s->left = s->record_len = (size_t)(s->head[3] << 8 | s->head[4]);
    s->head_len = 0;
    s->tapped = w->tap.record && !s->blind && (h->encrypted || s->type == REC_CCS);
    h->records++;
    line_search_flush(w, from);
    if (s->type != REC_APPLICATION)
        return;
    h->application++;
    h->application_bytes += s->record_len;
    h->early += !h->encrypted && !s->blind;
    if (w->facts.version == TLS13 && from == FLOW_CLIENT)
        w->facts.open = true;
}

/* The tap's share of a record. Without memory for it, it is as lost as if it had not come. */
static void tap_record(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];

    if (!s->tapped)
        return;
    if (len == s->record_len) {
        w->tap.record(w->tap.arg, from, s->type, b, len);
        return;
    }
    if (!buf_add(&s->record, b, len, NULL)) {
        buf_free(&s->record);
        s->tapped = false;
        w->tap.lost(w->tap.arg, from);
    } else if (s->record.len == s->record_len) {
        w->tap.record(w->tap.arg, from, s->type, s->record.at, s->record.len);
        buf_free(&s->record);
    }
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
        line_on_handshake(w, from, b, len);
    else
        line_search(w, from, b, len);
    tap_record(w, from, b, len);
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
    buf_free(&s->record);
    line_search_flush(w, from);
    if (w->tap.lost)
        w->tap.lost(w->tap.arg, from);
}

static void strange(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    if (w->sides[from].blind)
        w->facts.half[from].unframed += len;
    else
        w->facts.half[from].strange += len;
    line_search(w, from, b, len);
}

/* After a loss: a segment that begins with a header is where framing goes on. */
static bool find_again(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];

    if (!s->lost)
        return true;
    s->lost = !(w->facts.kind == LINE_TLS ? len >= RECORD_HEAD && is_record_head(b)
                                          : len >= SCCP_HEAD && line_is_sccp_head(b));
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

/* ---- SCCP in clear ------------------------------------------------------------------------ */

static void begin_frame(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];
    struct wire_reader r = wire_read_from(s->head, SCCP_HEAD);

    if (w->tap.clear)
        w->tap.clear(w->tap.arg, from, s->head, SCCP_HEAD);
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

    if (w->tap.clear)
        w->tap.clear(w->tap.arg, from, b, len);
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
    line_take_name(w, text, (char *)s->name, name_len);
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
        else if (s->head_len == SCCP_HEAD && !line_is_sccp_head(s->head)) {
            break_off(w, from, b + n, len - n);
            return;
        } else if (s->head_len == SCCP_HEAD)
            begin_frame(w, from);
        b += n;
        len -= n;
    }
}

/* ---- which of them ------------------------------------------------------------------------ */

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
    return line_is_sccp_head(b) ? LINE_SCCP : LINE_OTHER;
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
    line_search_flush(w, from);
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
    line_search_flush(w, FLOW_CLIENT);
    line_search_flush(w, FLOW_SERVER);
}

void line_watch_gap(struct line_watch *w, enum flow_side from)
{
    if (w->facts.kind == LINE_SILENT) {
        w->facts.kind = LINE_OTHER;
        decide(w);
    }
    lose(w, from);
}
