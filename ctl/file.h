/* A CTL file as records, and records as a CTL file (ctl-tftp-tls.md section 1).
 *
 * Pure: bytes in, values out. A `struct ctl_file` owns a copy of its bytes; the records point into
 * it. Warnings are collected, at most CTL_WARNINGS_MAX of them, and counted beyond. */
#ifndef CTL_FILE_H
#define CTL_FILE_H

#include "base/addr.h"

#include <stdint.h>

#define CTL_FILE_MAX     (1024 * 1024)
#define CTL_RECORDS_MAX  1024
#define CTL_CERT_MAX     (16 * 1024)
#define CTL_WARNINGS_MAX 16

enum ctl_role { /* header of 1.6 */
                CTL_ROLE_SAST = 0,
                CTL_ROLE_CCM = 1,
                CTL_ROLE_CCM_TFTP = 2,
                CTL_ROLE_TFTP = 3,
                CTL_ROLE_CAPF = 4,
                CTL_ROLE_APP_SERVER = 7,
                CTL_ROLE_TVS = 21,
};

enum ctl_digest { CTL_SHA1 = 1, CTL_SHA256 = 2, CTL_SHA512 = 3 };

struct ctl_bytes {
    const uint8_t *at; /* NULL: the tag is absent */
    size_t len;
};

struct ctl_record {
    size_t offset, length; /* where it stands in the file */
    uint16_t role;
    struct ctl_bytes dns_name, subject, issuer, serial, public_key, signature, certificate, address,
        cert_hash, hash_algorithm; /* strings without their NUL */
};

struct ctl_header {
    uint8_t major, minor;
    uint16_t length;
    struct ctl_bytes signer_name, serial, ca_name, signature, file_name;
    uint8_t digest, signature_algorithm, modulus_code;
    bool has_timestamp, has_signer_version;
    uint32_t timestamp;
    uint8_t signer_version[2];
    size_t signature_at; /* offset of the signature TLV's tag byte */
    size_t padding;      /* bytes of it */
};

struct ctl_file {
    uint8_t *bytes;
    size_t len;
    struct ctl_header header;
    struct ctl_record *records;
    size_t count;
    struct err warnings[CTL_WARNINGS_MAX];
    size_t warning_count;  /* may be larger than the array */
    struct err difference; /* the first CTL-23: a record unlike its certificate; ERR_NONE: none */
};

/* Steps P1-P10 of 1.14, certificates included. The file is given; NULL with e set. */
struct ctl_file *ctl_parse(const uint8_t *bytes, size_t len, struct err *e);
void ctl_free(struct ctl_file *f); /* accepts NULL */

/* False: no address, 0.0.0.0, or a field of another length than 4 or 16 (CSCum48958). */
bool ctl_record_address(const struct ctl_record *r, struct net_addr *out);

/* As `show ctl` prints them; NULL: a role nobody knows. */
const char *ctl_role_words(uint16_t role);
/* Lower-case hex of the whole file's digests, as an operator compares them with `show ctl`. */
void ctl_md5(const uint8_t *bytes, size_t len, char out[33]);
void ctl_sha1(const uint8_t *bytes, size_t len, char out[41]);
void ctl_sha256(const uint8_t *bytes, size_t len, char out[65]);

#endif
