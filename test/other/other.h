/* A call manager that shares nothing with vmports but libc and OpenSSL: its own bytes, its own CTL,
 * its own SRTP. It behaves as the servers of sccp.md 8.1 and 8.4 do, one profile each, and counts
 * whatever vmports does that a careful device would not. */
#ifndef TEST_OTHER_H
#define TEST_OTHER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* ---- bytes ----------------------------------------------------------------------------------- */

struct bytes {
    size_t n;
    uint8_t b[4096];
};

static inline void put8(struct bytes *p, unsigned v)
{
    p->b[p->n++] = (uint8_t)v;
}
static inline void put16(struct bytes *p, unsigned v)
{
    put8(p, v & 255);
    put8(p, v >> 8 & 255);
}
static inline void put32(struct bytes *p, uint32_t v)
{
    put16(p, v & 65535);
    put16(p, v >> 16);
}
static inline void put_zero(struct bytes *p, size_t n)
{
    memset(p->b + p->n, 0, n);
    p->n += n;
}
static inline void put_mem(struct bytes *p, const void *at, size_t n)
{
    memcpy(p->b + p->n, at, n);
    p->n += n;
}
static inline void put_text(struct bytes *p, const char *text, size_t width)
{
    const size_t at = p->n, len = strlen(text);
    put_zero(p, width);
    memcpy(p->b + at, text, len < width ? len : width);
}
static inline void put_string(struct bytes *p, const char *text)
{
    put_mem(p, text, strlen(text) + 1);
}
static inline uint32_t get32(const uint8_t *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* ---- who is played --------------------------------------------------------------------------- */

enum brand { CHAN_SCCP, CHAN_SKINNY, MOD_SKINNY, LIBSCCP, CM3, CM41, CUCM };
enum pipe { PLAIN, TLS12_MUTUAL, TLS_ASKS_NOTHING };
enum law { ULAW = 4, ALAW = 2 }; /* the codec ids of sccp.md 6.7 */

struct profile {
    const char *name;
    enum brand brand;
    enum pipe pipe;
    unsigned best;  /* highest version that it speaks */
    unsigned offer; /* what the ports are told to offer */
    enum law law;
    unsigned ms;          /* packet time */
    unsigned device_type; /* 80, but libsccp takes phones only */
    bool any_ccm;         /* the certificate names somebody else */
};

/* ---- what is checked ------------------------------------------------------------------------- */

void deviation(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t clock_ms(void);

/* ---- SRTP (RFC 3711), other_srtp.c ----------------------------------------------------------- */

struct srtp_side {
    unsigned tag; /* 4 or 10; 0: plain RTP */
    uint8_t cipher[16], auth[20], salt[14];
};

void srtp_keys(struct srtp_side *s, const uint8_t key[16], const uint8_t salt[14], unsigned tag);
size_t srtp_seal(const struct srtp_side *s, uint8_t *packet, size_t len); /* the new length */
/* The length of the RTP packet, 0 when it does not authenticate. Roll-over counter 0. */
size_t srtp_open(const struct srtp_side *s, uint8_t *packet, size_t len);

/* ---- certificates and list, other_ctl.c ------------------------------------------------------ */

struct trust {
    X509 *cert;
    EVP_PKEY *key;
    uint8_t list[16384]; /* as certutils writes one */
    size_t list_len;
};

void trust_make(struct trust *t, const char *host); /* host: the CN of the call manager */

/* ---- connections, other_link.c --------------------------------------------------------------- */

enum { SEATS = 32, INBOX = 64 };

struct message {
    uint32_t id, version;
    size_t len;
    uint8_t body[4096];
};

struct seat { /* one connection of one port */
    bool open;
    int fd;
    SSL *ssl;
    size_t have;
    uint8_t in[16384];
    struct message inbox[INBOX]; /* what the profile does not answer by itself */
    unsigned head, tail;
    char name[17];
    unsigned version; /* negotiated */
    bool registered;  /* TimeDateReq came */
    unsigned asked;   /* requests of its registration, one bit each */
};

struct leg {            /* the far end of one call */
    bool open, goes_on; /* without a marker: new keys, the same sound */
    int fd;
    uint16_t port, device_port, heard_port;
    uint32_t ref, party;
    uint8_t orc_key[16], orc_salt[14], smt_key[16], smt_salt[14];
    struct srtp_side hears, says, heard_before; /* the last: until the keys changed */
    uint32_t ssrc;
    uint16_t seq;
    uint32_t time;
    unsigned packets, payload_len;
    uint8_t heard[65536];
};

struct office {
    const struct profile *p;
    int listener, tftp, pid;
    uint16_t port, tftp_port;
    SSL_CTX *tls;
    struct trust trust;
    struct seat seats[SEATS];
    struct leg legs[4];
    bool silent;            /* leaves KeepAlive unanswered */
    const char *rejected;   /* a name that may not register */
    unsigned rejections;    /* how often it was told so */
    const char *early_name; /* is offered a call right behind RegisterAck */
    uint32_t early_ref;
    unsigned registrations; /* Registers taken */
    unsigned keepalives;
};

void office_open(struct office *o, const char *root_file);
void office_close(struct office *o);
void pump(struct office *o, int ms); /* all that arrives within ms; at least one look */
void seat_send(struct office *o, struct seat *s, uint32_t id, const struct bytes *body);
void seat_send_raw(struct seat *s, const void *at, size_t len);
void seat_drop(struct seat *s);
/* The next message; any other before it is a deviation, save those that a device is free to send.
 */
const struct message *want(struct office *o, struct seat *s, uint32_t id, int ms);
void want_silence(struct office *o, struct seat *s, int ms);
struct seat *seat_of(struct office *o, const char *name); /* registered, open; NULL */

/* ---- the registrar of each brand, other_registrar.c ------------------------------------------ */

bool registrar_takes(struct office *o, struct seat *s, const struct message *m);
bool brand_puts_version(const struct office *o, const struct seat *s, uint32_t id);

/* ---- calls of each brand, other_call.c ------------------------------------------------------- */

struct leg *leg_open(struct office *o, uint32_t ref);
void leg_close(struct leg *l);
void leg_hears(struct office *o, struct leg *l);
void leg_says(struct office *o, struct leg *l, unsigned packets);
void leg_rekey(struct leg *l);

void send_state(struct office *o, struct seat *s, unsigned state, uint32_t ref);
void send_tone(struct office *o, struct seat *s, unsigned tone, uint32_t ref);
void send_offer(struct office *o, struct seat *s, uint32_t ref);
void send_orc(struct office *o, struct seat *s, struct leg *l, unsigned algorithm);
void send_smt(struct office *o, struct seat *s, struct leg *l, unsigned algorithm);
void send_media_end(struct office *o, struct seat *s, const struct leg *l);

#endif
