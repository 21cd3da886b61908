/* The TLS handshake as far as it lies in clear: version, suite, certificates (RFC 5246, 8446). */
#include "base/wire.h"
#include "tls/x509_text.h"
#include "tools/vmports/line_inner.h"
#include "tools/vmports/line_suites.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

enum handshake {
    HS_CLIENT_HELLO = 1,
    HS_SERVER_HELLO = 2,
    HS_CERTIFICATE = 11,
    HS_CERT_REQUEST = 13
};
#define EXT_ENCRYPT_THEN_MAC 22 /* RFC 7366 */
#define EXT_VERSIONS         43

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

void line_take_name(struct line_watch *w, const char *escaped, const char *raw, size_t len)
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
    line_take_name(w, escaped, raw, len);
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

static void on_extensions(struct line_facts *f, struct wire_reader *r)
{
    wire_u16be(r);
    while (wire_left(r) >= 4) {
        uint16_t type = wire_u16be(r), len = wire_u16be(r);
        f->encrypt_then_mac |= type == EXT_ENCRYPT_THEN_MAC;
        if (type == EXT_VERSIONS && len == 2)
            f->version = wire_u16be(r);
        else
            wire_skip(r, len);
    }
}

/* The 32 bytes behind a hello's version. */
static void take_random(struct line_watch *w, enum flow_side from, struct wire_reader *r)
{
    const uint8_t *random = wire_take(r, LINE_RANDOM);

    if (random && !w->facts.version)
        memcpy(w->facts.randoms[from], random, LINE_RANDOM);
}

static void on_client_hello(struct line_watch *w, struct wire_reader r)
{
    w->facts.half[FLOW_CLIENT].hello = true;
    wire_skip(&r, 2);
    take_random(w, FLOW_CLIENT, &r);
}

static void on_server_hello(struct line_watch *w, struct wire_reader r)
{
    struct line_facts *f = &w->facts;
    uint16_t version = wire_u16be(&r);

    take_random(w, FLOW_SERVER, &r);
    wire_skip(&r, wire_u8(&r));
    uint16_t suite = wire_u16be(&r);
    wire_skip(&r, 1);
    if (r.bad || f->version)
        return;
    f->version = version;
    on_extensions(f, &r);
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
        on_client_hello(w, r);
    else if (type == HS_CERTIFICATE)
        on_certificate(w, from, r);
    else if (type == HS_CERT_REQUEST && from == FLOW_SERVER)
        w->facts.client_asked = true;
    else if (type == HS_SERVER_HELLO && from == FLOW_SERVER) {
        w->facts.half[from].hello = true;
        on_server_hello(w, r);
    }
}

void line_on_handshake(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
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
