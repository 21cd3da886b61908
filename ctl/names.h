/* Names: of certificates as CTL files write them (1.5), and of hosts as 2.3 compares them. Pure. */
#ifndef CTL_NAMES_H
#define CTL_NAMES_H

#include "ctl/file.h"

#include <openssl/types.h>

/* "CN=cucm1.lab.test;OU=Lab;O=Example;L=Minato;ST=Tokyo;C=JP", as CUCM writes it: this order,
 * missing ones left out. Returns the length without NUL, or 0 where it does not fit. */
size_t name_text(const X509_NAME *name, char *out, size_t cap);
/* Is `text` (CUCM's, the eToken's or certutils' spelling) this name, as an unordered set of pairs?
 */
bool name_matches(struct ctl_bytes text, const X509_NAME *name);

/* Text that can be a host name at all: printable ASCII without blanks, not empty. */
bool host_is_clean(struct ctl_bytes host);
/* ASCII case does not count, nor one trailing dot. */
bool host_equals(struct ctl_bytes a, struct ctl_bytes b);
/* One of the two has no dot and equals the other's first label. Never for addresses. */
bool host_equals_short(struct ctl_bytes a, struct ctl_bytes b);

#endif
