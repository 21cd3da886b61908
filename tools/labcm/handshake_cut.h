/* Where a server's handshake is cut: its flight, as OpenSSL has made it, up to the message at which
 * the fault menu strikes. Pure.
 *
 *   TLS 1.2   ServerHello  Certificate  ServerKeyExchange  CertificateRequest  ServerHelloDone
 *             -- the client's answer --  ChangeCipherSpec  Finished          (RFC 5246 7.3)
 *   TLS 1.3   ServerHello  EncryptedExtensions  CertificateRequest  Certificate
 *             CertificateVerify  Finished                                    (RFC 8446 2) */
#ifndef LABCM_HANDSHAKE_CUT_H
#define LABCM_HANDSHAKE_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(id, name, its place in TLS 1.2, in TLS 1.3); of a step that a version lacks, the next one's. */
#define HANDSHAKE_STEP_LIST(X)                                                                     \
    X(SERVER_HELLO, "server-hello", 0, 0)                                                          \
    X(ENCRYPTED_EXTENSIONS, "encrypted-extensions", 1, 1)                                          \
    X(CERTIFICATE, "certificate", 1, 3)                                                            \
    X(SERVER_KEY_EXCHANGE, "server-key-exchange", 2, 4)                                            \
    X(CERTIFICATE_REQUEST, "certificate-request", 3, 2)                                            \
    X(CERTIFICATE_VERIFY, "certificate-verify", 4, 4)                                              \
    X(SERVER_HELLO_DONE, "server-hello-done", 4, 5)                                                \
    X(CHANGE_CIPHER_SPEC, "change-cipher-spec", 5, 5)                                              \
    X(FINISHED, "finished", 6, 5)

enum handshake_step {
#define HANDSHAKE_STEP(id, name, in_12, in_13) HANDSHAKE_##id,
    HANDSHAKE_STEP_LIST(HANDSHAKE_STEP)
#undef HANDSHAKE_STEP
        HANDSHAKE_STEPS
};

const char *handshake_step_name(enum handshake_step step);
bool handshake_step_by_name(enum handshake_step *out, const char *name);

/* Places are counted from 0 in the order of the version. */
unsigned handshake_places(bool tls13);
unsigned handshake_place(enum handshake_step step, bool tls13);

/* What has passed of a server's handshake; zeros: nothing. */
struct handshake_cut {
    bool tls13;       /* to be set once the ServerHello is made */
    bool ciphered;    /* TLS 1.2: ChangeCipherSpec has passed */
    unsigned records; /* TLS 1.3: those whose kind cannot be seen */
};

/* How many bytes of the flight stand before the first message of this place or a later one; its
 * record is shortened if that message begins inside it. `len` and *met false: all of it. */
size_t handshake_cut(struct handshake_cut *c, unsigned place, uint8_t *flight, size_t len,
                     bool *met);

#endif
