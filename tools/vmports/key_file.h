/* The keys of a key log (product.md section 5): lines
 *     SRTP_KEY <ssrc hex> <suite name> <key+salt hex> <local ip:port> <remote ip:port>
 * <sent|received> among NSS lines, which are tls_secrets.h's. */
#ifndef VMPORTS_KEY_FILE_H
#define VMPORTS_KEY_FILE_H

#include "base/addr.h"
#include "media/srtp.h"
#include "tools/vmports/tls_secrets.h"

#define KEY_FILE_MAX (256u * 1024 * 1024)

struct stream_key {
    uint32_t ssrc;
    struct media_key key;
    struct net_addr src, dst; /* of the packets: a `received` line has them the other way round */
    bool sent;                /* by whoever wrote the log: src is its own address */
};

struct key_file;

/* A malformed SRTP_KEY line is an error that names its number. NULL with e set. */
struct key_file *key_file_parse(const char *text, size_t len, struct err *e);
struct key_file *key_file_load(const char *path, struct err *e);
void key_file_free(struct key_file *k); /* wipes; accepts NULL */
size_t key_file_count(const struct key_file *k);
const struct tls_secrets *key_file_tls(const struct key_file *k); /* borrowed; k may be NULL */
/* The keys of one source, in the order of the file; borrowed. */
const struct stream_key *key_file_find(const struct key_file *k, uint32_t ssrc, size_t *count);
/* Is this key one for packets from src to dst? An address that was any (0.0.0.0) fits each. */
bool stream_key_fits(const struct stream_key *k, const struct net_addr *src,
                     const struct net_addr *dst);

#endif
