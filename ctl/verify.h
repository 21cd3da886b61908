/* Is a list signed, and by whom; may it replace the held one; which certificates belong to a server
 * (ctl-tftp-tls.md 2.2 and 2.3). Pure. */
#ifndef CTL_VERIFY_H
#define CTL_VERIFY_H

#include "base/addr.h"
#include "ctl/file.h"

enum ctl_first { CTL_FIRST_ACCEPT, CTL_FIRST_PIN, CTL_FIRST_REFUSE };

struct ctl_policy {
    enum ctl_first first;
    const char *pin_sha256; /* of the signer certificate or of the file; for CTL_FIRST_PIN */
    bool strict;
    bool any_ccm;          /* 2.3 step 4: a server that the list does not name may show any CCM's */
    bool resolve_names;    /* 2.3 step 2: names of the list are looked up for a server by address */
    enum ctl_digest least; /* 0: SHA-1 */
    int64_t now_s;         /* wall clock, seconds since 1970 */
};

struct ctl_verdict {
    bool unchanged;                        /* byte-identical with the held list */
    size_t signer;                         /* index of the record that signed */
    size_t usable;                         /* CCM certificates in it */
    struct err warnings[CTL_WARNINGS_MAX]; /* the check's own, then those of the file */
    size_t warning_count;                  /* may be larger than the array */
};

/* Steps 3-11 of 2.2. `held` may be NULL. True: accepted (perhaps with warnings). False: refused. */
bool ctl_verify(const struct ctl_file *f, const struct ctl_file *held, const struct ctl_policy *p,
                struct ctl_verdict *out, struct err *e) MUST_USE;

/* The warning CTL-37 about a held list that goes on being used. */
void ctl_stale(const struct ctl_file *held, struct err *out);

/* 2.3: the certificates pinned for a server configured as `host` and connected to at `addr`
 * (family 0: not known). Returns how many were written to `out`; 0 with CTL-34/35/36 in e. */
size_t ctl_pins(const struct ctl_file *f, const char *host, const struct net_addr *addr,
                bool any_ccm, struct ctl_bytes *out, size_t cap, struct err *e);

/* The same, with step 2's lookup: `is` says whether a name of the list has the address that the
 * server is configured with. Asked only where `host` is an address and no record names it. */
struct ctl_match {
    bool any_ccm;
    bool (*is)(void *arg, const char *name, const struct net_addr *ip); /* NULL: no lookup */
    void *arg;
};
size_t ctl_pins_by(const struct ctl_file *f, const char *host, const struct net_addr *addr,
                   const struct ctl_match *how, struct ctl_bytes *out, size_t cap, struct err *e);

/* The call managers of the list in file order, each once: for runs without --server. */
struct ctl_server {
    char host[256];       /* DNSNAME, or the address as text */
    struct net_addr addr; /* family 0: only the name is known */
};
size_t ctl_servers(const struct ctl_file *f, struct ctl_server *out, size_t cap);

#endif
