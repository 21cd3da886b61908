/* What the files of this room share with each other and with nobody else: tag numbers and names,
 * warnings, and the certificate of a record. Pure. */
#ifndef CTL_INSIDE_H
#define CTL_INSIDE_H

#include "ctl/file.h"

#include <openssl/types.h>

/* 1.3; the header and the records have a number space each. */
enum header_tag {
    HEADER_VERSION = 1,
    HEADER_LENGTH = 2,
    HEADER_SIGNER_ID = 3,
    HEADER_SIGNER_NAME = 4,
    HEADER_SERIAL = 5,
    HEADER_CA_NAME = 6,
    HEADER_SIGNATURE_INFO = 7,
    HEADER_DIGEST = 8,
    HEADER_SIGNATURE_ALGO_INFO = 9,
    HEADER_SIGNATURE_ALGORITHM = 10,
    HEADER_MODULUS = 11,
    HEADER_SIGNATURE = 12,
    HEADER_PADDING = 13,
    HEADER_FILE_NAME = 14,
    HEADER_TIMESTAMP = 15,
    HEADER_SIGNER_VERSION = 28,
};

/* 1.4 */
enum record_tag {
    RECORD_LENGTH = 1,
    RECORD_DNS_NAME = 2,
    RECORD_SUBJECT = 3,
    RECORD_FUNCTION = 4,
    RECORD_ISSUER = 5,
    RECORD_SERIAL = 6,
    RECORD_PUBLIC_KEY = 7,
    RECORD_SIGNATURE = 8,
    RECORD_CERTIFICATE = 9,
    RECORD_IP_ADDRESS = 10,
    RECORD_CERT_HASH = 11,
    RECORD_HASH_ALGORITHM = 12,
};

#define RECORD_HEAD 5             /* the RECORDLENGTH item itself */
#define HEADER_HEAD 10            /* VERSION and HEADERLENGTH items */
#define CTL_NAME    "CTLFile.tlv" /* in FILENAME, on the server and in the state directory */

const char *header_tag_name(uint8_t tag); /* NULL: unknown */
const char *record_tag_name(uint8_t tag);
const char *digest_name(uint8_t id); /* "SHA-1"; "?" for an unknown one */
const EVP_MD *digest_md(uint8_t id); /* NULL: unknown */

/* Puts a warning behind the others, and counts it beyond the array's end. */
void ctl_warn(struct err *warnings, size_t *count, enum err_kind kind, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

bool bytes_equal(struct ctl_bytes a, struct ctl_bytes b);
/* As numbers: leading zero bytes do not count. */
bool serials_equal(struct ctl_bytes a, struct ctl_bytes b);
/* Escaped, for messages; "" for an absent one. `out` has TEXT_ESCAPED bytes. */
const char *bytes_text(struct ctl_bytes b, char *out);
/* "70:CA:F6", at most 20 bytes of it; `out` has SERIAL_TEXT bytes. */
#define SERIAL_TEXT 64
const char *serial_text(struct ctl_bytes serial, char *out);

/* The certificate of a record; NULL when it has none or it is unreadable. Given. */
X509 *record_certificate(const struct ctl_record *r);
/* Lower-case SHA-256 of the certificate; "none" without one. `out` has 65 bytes. */
const char *record_fingerprint(const struct ctl_record *r, char *out);
/* P9: the record's other fields against its certificate. */
bool record_check(struct ctl_file *f, size_t index, struct err *e) MUST_USE;

/* What is signed: everything but the signature's own TLV (1.7). Hashed once, tried with any number
 * of keys. */
struct file_digest {
    uint8_t bytes[64];
    size_t len;
};
bool file_digest(const struct ctl_file *f, struct file_digest *out);
bool signature_holds(const struct ctl_file *f, const struct file_digest *digest, EVP_PKEY *key);

/* IP text without a port, as it may stand in DNSNAME. */
bool ip_text_parse(struct ctl_bytes text, struct net_addr *out);
bool is_call_manager(const struct ctl_record *r); /* role 1 or 2 */

#endif
