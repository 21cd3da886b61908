/* What one TCP connection carries, read from its bytes as anybody on the wire could: TLS records
 * and the handshake in them, SCCP in clear, or neither. Pure.
 *
 * Everything that is not the TLS handshake is searched for SCCP frames and for the port's name, so
 * that "nothing readable" is looked for and not concluded from a port number. */
#ifndef VMPORTS_LINE_WATCH_H
#define VMPORTS_LINE_WATCH_H

#include "tools/vmports/flow.h"

#define LINE_ALERTS_MAX 4
#define LINE_NAME_MAX   65
#define LINE_RANDOM     32

enum line_kind {
    LINE_SILENT, /* no bytes */
    LINE_TLS,
    LINE_SCCP,  /* in clear */
    LINE_OTHER, /* bytes of another protocol, or the middle of something */
};

struct line_cert {
    bool seen;
    char cn[LINE_NAME_MAX * 4], issuer[256]; /* common name; whole issuer; escaped */
    char serial[64];                         /* hex */
    char sha256[65];                         /* of the DER, lower-case hex */
    int64_t not_before_s, not_after_s;
    char key[48];   /* "RSA 2048 bits, RSA-SHA256" */
    unsigned chain; /* certificates in the message */
    bool broken;    /* seen, but not a certificate */
};

struct line_alert {
    enum flow_side from;
    bool encrypted; /* what it says cannot be read */
    uint8_t level, description;
};

struct line_half {
    uint64_t records, application; /* TLS records; of them application data */
    uint64_t application_bytes;
    uint64_t early;    /* application data before this side switched encryption on */
    uint64_t sccp;     /* readable SCCP frames found */
    uint64_t names;    /* times the port's name was found readable */
    uint64_t strange;  /* bytes that are neither TLS records nor SCCP */
    uint64_t unframed; /* bytes in the middle of something whose beginning was not captured */
    bool hello, encrypted, broken; /* broken: framing was lost and not found again */
};

struct line_facts {
    enum line_kind kind;
    char name[LINE_NAME_MAX * 4]; /* the port: CN of the client's certificate, or the SCCP device */
    uint16_t version;             /* 0x0303; 0: no ServerHello was seen */
    uint16_t suite;
    char suite_name[64];       /* OpenSSL's; "0x1234" for one it does not know */
    bool null_cipher;          /* integrity only */
    bool client_asked;         /* CertificateRequest: mutual authentication wanted */
    bool resumed;              /* no certificates: an earlier session's */
    bool open;                 /* both sides switched encryption on */
    struct line_cert certs[2]; /* by enum flow_side */
    struct line_alert alerts[LINE_ALERTS_MAX];
    size_t alert_count; /* may be more than are kept */
    struct line_half half[2];
    uint32_t first_sccp;             /* message id of the first readable frame */
    uint8_t randoms[2][LINE_RANDOM]; /* of the hellos */
    bool encrypt_then_mac;           /* RFC 7366 */
};

struct line_watch;

struct line_watch *line_watch_new(bool from_start);
void line_watch_free(struct line_watch *w); /* accepts NULL */

/* Who wants the content too: TLS records from ChangeCipherSpec (TLS 1.3: ServerHello) on, whole;
 * SCCP in clear as bytes in order, at first and behind each `lost` from the begin of a frame. */
struct line_tap {
    void (*record)(void *arg, enum flow_side from, uint8_t type, const uint8_t *bytes, size_t len);
    void (*clear)(void *arg, enum flow_side from, const uint8_t *bytes, size_t len);
    void (*lost)(void *arg, enum flow_side from);
    void *arg;
};
void line_watch_tap(struct line_watch *w, const struct line_tap *tap);

void line_watch_data(struct line_watch *w, enum flow_side from, const uint8_t *bytes, size_t len);
void line_watch_gap(struct line_watch *w, enum flow_side from);
void line_watch_finish(struct line_watch *w); /* no more bytes: before the facts are read */
const struct line_facts *line_watch_facts(const struct line_watch *w); /* borrowed */

const char *line_version_name(uint16_t version); /* "TLSv1.2" */

#endif
