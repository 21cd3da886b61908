/* Making certificates: CUC's root and port certificates (ctl-tftp-tls.md 5.1, 5.3) and CUCM's
 * CallManager certificate (1.13). Pure: keys and times in, certificates out; all results are given.
 */
#ifndef TLS_ISSUE_H
#define TLS_ISSUE_H

#include "tls/identity.h"

#define ISSUE_VALID_S     (INT64_C(2558) * 86400) /* seven years and a day: both examples of 5.1 */
#define ISSUE_BACK_DATE_S 300                     /* the call manager's clock may be behind: 5.3 */

EVP_PKEY *issue_key(unsigned bits, struct err *e);
EVP_PKEY *issue_ec_key(const char *curve, struct err *e);
/* CN=CiscoUnity-<random guid>; `legacy`: signed with SHA-1. */
X509 *issue_root(EVP_PKEY *key, bool legacy, int64_t now_s, struct err *e);
X509 *issue_port(const X509 *root, EVP_PKEY *root_key, EVP_PKEY *key, const char *name, bool legacy,
                 int64_t now_s, struct err *e);
X509 *issue_node(const struct tls_node_spec *spec, EVP_PKEY *key, int64_t now_s, struct err *e);

#endif
