#include "tools/labcm/lab.h"

#include "base/clock.h"
#include "tls/files.h"
#include "tls/pem.h"
#include "tools/labcm/lists.h"
#include "tools/shared/paths.h"

#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETIRED_MAX 1024 /* renewals and trusts of one run */
#define TRUSTS_MAX  100
#define CALLMANAGER "callmanager"
#define DAY_S       (INT64_C(24) * 3600)
#define YEAR_S      (INT64_C(365) * 24 * 3600)

struct lab {
    struct lab_settings s;
    char dir[PATH_TEXT], node[256];
    struct tls_identity *callmanager, *recovery, *capf;
    struct tls_identity *other;            /* the same: CallManager, in no list */
    struct tls_identity *stranger;         /* made when a fault first needs it */
    struct tls_identity *twin;             /* the signer's serial number too */
    struct tls_identity *expired, *future; /* CallManager, of other days; made when needed */
    const struct tls_identity *dated;      /* the one of them that is in use; NULL: neither */
    enum fault_id list_fault;
    struct tls_trust *trust;
    const struct tls_trust *trust_in_use; /* that, or an older one */
    unsigned trust_files;
    struct buf ctl, right_ctl; /* right_ctl: without the fault of the other */
    uint8_t capf_moved;        /* how far the last byte of CAPF's address is from the node's */
    uint32_t timestamp;
    struct tls_identity *old_identities[RETIRED_MAX];
    struct tls_trust *old_trusts[RETIRED_MAX];
    size_t old_identity_count, old_trust_count;
};

/* ---- certificates ---------------------------------------------------------------------------- */

static bool path_of(const struct lab *l, const char *name, const char *end, char out[PATH_TEXT],
                    struct err *e)
{
    if (snprintf(out, PATH_TEXT, "%s/%s%s", l->dir, name, end) < PATH_TEXT)
        return true;
    return err_set(e, ERR_FILE, "%s: the path is too long", l->dir);
}

/* Every certificate but CallManager's, and that too unless it was asked for otherwise. */
static struct lab_cert_kind usual_kind(const struct lab *l)
{
    return (struct lab_cert_kind){.bits = l->s.legacy ? 1024 : 2048, .sha1 = l->s.legacy};
}

static bool chosen(const struct lab_cert_kind *k)
{
    return k->bits || k->curve;
}

static struct lab_cert_kind kind_of(const struct lab *l, const char *name)
{
    return chosen(&l->s.callmanager) && strcmp(name, CALLMANAGER) == 0 ? l->s.callmanager
                                                                       : usual_kind(l);
}

static struct tls_node_spec spec_of(const struct lab *l, const char *name, const char *cn)
{
    const struct lab_cert_kind kind = kind_of(l, name);

    return (struct tls_node_spec){
        .cn = cn, .bits = kind.bits, .curve = kind.curve, .sha1 = kind.sha1};
}

static struct tls_identity *make(const struct lab *l, const char *name, const char *cn,
                                 int64_t years, struct err *e)
{
    int64_t now = clock_wall_ns() / NS_PER_S;
    struct tls_node_spec spec = spec_of(l, name, cn);

    spec.not_before_s = now - 300;
    spec.not_after_s = now + years * YEAR_S;
    struct tls_identity *id = tls_identity_make_node(&spec, e);
    char pem[PATH_TEXT], key[PATH_TEXT];

    if (!id)
        return NULL;
    if (path_of(l, name, ".pem", pem, e) && path_of(l, name, ".key", key, e) &&
        tls_identity_save(id, pem, key, e))
        return id;
    tls_identity_free(id);
    return NULL;
}

static struct tls_identity *load_or_make(const struct lab *l, const char *name, const char *cn,
                                         int64_t years, struct err *e)
{
    char pem[PATH_TEXT], key[PATH_TEXT];

    if (!path_of(l, name, ".pem", pem, e) || !path_of(l, name, ".key", key, e))
        return NULL;
    if (access(pem, F_OK) == 0 && !(chosen(&l->s.callmanager) && strcmp(name, CALLMANAGER) == 0))
        return tls_identity_load(pem, key, e);
    return make(l, name, cn, years, e);
}

static bool load_certificates(struct lab *l, struct err *e)
{
    char cn[65], capf[65];
    uint8_t id[4];

    if (RAND_bytes(id, sizeof id) != 1)
        return err_set(e, ERR_CRYPTO, "no random bytes");
    snprintf(cn, sizeof cn, "ITLRECOVERY_%.50s", l->node);
    snprintf(capf, sizeof capf, "CAPF-%02x%02x%02x%02x", id[0], id[1], id[2], id[3]);
    l->callmanager = load_or_make(l, CALLMANAGER, l->node, 5, e);
    l->recovery = l->callmanager ? load_or_make(l, "itlrecovery", cn, 20, e) : NULL;
    l->capf = l->recovery ? load_or_make(l, "capf", capf, 5, e) : NULL;
    return l->capf != NULL;
}

/* ---- the list -------------------------------------------------------------------------------- */

static struct ctl_build_record record(const struct lab *l, uint16_t role,
                                      const struct tls_identity *id)
{
    return (struct ctl_build_record){
        .role = role,
        .dns_name = l->node,
        .cert = id ? tls_identity_cert(id) : NULL,
        .address = l->s.address.ip,
        .address_len = l->s.address.family == 6 ? 16 : 4,
    };
}

static bool store(const struct lab *l, struct err *e)
{
    char path[PATH_TEXT], tmp[PATH_TEXT];
    FILE *f;

    if (!path_of(l, "CTLFile", ".tlv", path, e) || !path_of(l, "CTLFile", ".new", tmp, e))
        return false;
    f = fopen(tmp, "wb");
    if (!f)
        return err_errno(e, ERR_FILE, "%s", tmp);
    bool ok = fwrite(l->ctl.at, 1, l->ctl.len, f) == l->ctl.len;
    if (fclose(f) != 0 || !ok || rename(tmp, path) != 0)
        return err_errno(e, ERR_FILE, "%s", path);
    return true;
}

static bool rebuild(struct buf *to, const struct ctl_build *b, const struct list_makings *with,
                    enum fault_id fault, struct err *e)
{
    struct buf list = {0};

    if (!list_build(b, with, fault, &list, e)) {
        buf_free(&list);
        return false;
    }
    buf_free(to);
    *to = list;
    return true;
}

static struct list_makings makings(const struct lab *l)
{
    const struct tls_identity *stranger = l->stranger ? l->stranger : l->callmanager;

    return (struct list_makings){
        .capf = tls_identity_cert(l->capf),
        .capf_key = tls_identity_key(l->capf),
        .stranger = tls_identity_cert(stranger),
        .stranger_key = tls_identity_key(stranger),
        .twin = l->twin ? tls_identity_cert(l->twin) : NULL,
        .twin_key = l->twin ? tls_identity_key(l->twin) : NULL,
    };
}

static struct net_addr capf_address(const struct lab *l)
{
    struct net_addr a = l->s.address;
    uint8_t *last = &a.ip[(a.family == 6 ? 16 : 4) - 1];

    *last = (uint8_t)(*last + l->capf_moved);
    return a;
}

static X509 *cert_of(const struct lab_node *n, struct err *e)
{
    struct buf text = {0};
    X509 *cert =
        buf_read_file(&text, n->pem, PEM_FILE_MAX, e) ? pem_get_cert(&text, NULL, e) : NULL;

    buf_free(&text);
    if (!cert)
        (void)err_in(e, "node %s: %s", n->name, n->pem);
    return cert;
}

static void free_nodes(struct ctl_build_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        X509_free(records[i].cert);
}

/* The other nodes serve as this one does, each with its own certificate. How many: *count. */
static bool add_nodes(const struct lab *l, struct ctl_build_record *records, size_t *count,
                      struct err *e)
{
    for (*count = 0; *count < l->s.node_count; ++*count) {
        const struct lab_node *n = &l->s.nodes[*count];
        X509 *cert = l->s.secure ? cert_of(n, e) : NULL;
        if (l->s.secure && !cert)
            return false;
        records[*count] = (struct ctl_build_record){
            .role = CTL_ROLE_CCM_TFTP,
            .dns_name = n->name,
            .cert = cert,
            .address = n->address.ip,
            .address_len = n->address.family == 6 ? 16 : 4,
        };
    }
    return true;
}

/* The tokenless list of 12.0 and later: ITLRecovery and CallManager may sign, CallManager serves,
 * CAPF; then the other nodes. In a cluster taken back to non-secure mode the server's record loses
 * its certificate (ctl-tftp-tls.md 1.8). */
static bool build_from(struct lab *l, const struct ctl_build_record *records, size_t count,
                       struct err *e)
{
    const struct list_makings with = makings(l);
    struct tls_identity *signer = l->s.signer == LAB_SIGNS_RECOVERY ? l->recovery : l->callmanager;
    const struct ctl_build b = {
        .records = records,
        .count = count,
        .signer = tls_identity_cert(signer),
        .key = tls_identity_key(signer),
        .digest = l->s.digest,
        .timestamp = l->timestamp,
    };

    return rebuild(&l->right_ctl, &b, &with, FAULT_NONE, e) &&
           rebuild(&l->ctl, &b, &with, l->list_fault, e) && store(l, e);
}

#define OWN_RECORDS 4u

/* With the time stamp of the one before. */
static bool build_list_again(struct lab *l, struct err *e)
{
    struct ctl_build_record records[OWN_RECORDS + LAB_NODES_MAX] = {
        record(l, CTL_ROLE_SAST, l->recovery),
        record(l, CTL_ROLE_SAST, l->callmanager),
        record(l, CTL_ROLE_CCM_TFTP, l->s.secure ? lab_identity(l) : NULL),
        record(l, CTL_ROLE_CAPF, l->capf),
    };
    const struct net_addr capf = capf_address(l);
    size_t nodes = 0;

    records[OWN_RECORDS - 1].address = capf.ip;
    const bool ok = add_nodes(l, records + OWN_RECORDS, &nodes, e) &&
                    build_from(l, records, OWN_RECORDS + nodes, e);

    free_nodes(records + OWN_RECORDS, nodes);
    return ok;
}

static bool build_list(struct lab *l, struct err *e)
{
    uint32_t now = (uint32_t)(clock_wall_ns() / NS_PER_S);

    l->timestamp = now > l->timestamp ? now : l->timestamp + 1; /* each list is newer */
    return build_list_again(l, e);
}

/* ---- CallManager-trust ----------------------------------------------------------------------- */

static bool trust_path(const struct lab *l, unsigned n, char out[PATH_TEXT], struct err *e)
{
    char name[32];

    snprintf(name, sizeof name, "trust/%02u", n);
    return path_of(l, name, ".pem", out, e);
}

static bool load_trust(struct lab *l, struct err *e)
{
    char path[PATH_TEXT];

    l->trust = tls_trust_new(TLS_TRUST_ISSUERS, e);
    if (!l->trust)
        return false;
    l->trust_in_use = l->trust;
    for (; l->trust_files < TRUSTS_MAX; l->trust_files++) {
        if (!trust_path(l, l->trust_files, path, e))
            return false;
        if (access(path, F_OK) != 0)
            return true;
        if (!tls_trust_add_pem(l->trust, path, e))
            return err_in(e, "%s", path);
    }
    return true;
}

static bool keep_copy(struct lab *l, const char *path, struct err *e)
{
    struct buf pem = {0};
    char to[PATH_TEXT];
    FILE *f;
    bool ok;

    if (!trust_path(l, l->trust_files, to, e) || !buf_read_file(&pem, path, 1024 * 1024, e))
        return false;
    f = fopen(to, "wb");
    ok = f && fwrite(pem.at, 1, pem.len, f) == pem.len;
    if (f && fclose(f) != 0)
        ok = false;
    buf_free(&pem);
    if (!ok)
        return err_errno(e, ERR_FILE, "%s", to);
    l->trust_files++;
    return true;
}

bool lab_add_trust(struct lab *l, const char *path, struct err *e)
{
    struct tls_trust *more;
    size_t before = tls_trust_count(l->trust);

    if (l->trust_files == TRUSTS_MAX || l->old_trust_count == RETIRED_MAX)
        return err_set(e, ERR_LIMIT, "CallManager-trust holds %u files already", l->trust_files);
    more = tls_trust_copy(l->trust, e);
    if (!more)
        return false;
    if (!tls_trust_add_pem(more, path, e)) {
        tls_trust_free(more);
        return err_in(e, "%s", path);
    }
    l->old_trusts[l->old_trust_count++] = l->trust;
    l->trust = more;
    /* The same root again, at every start of a script, need not be kept twice. */
    return tls_trust_count(more) == before || keep_copy(l, path, e);
}

/* ---- the node -------------------------------------------------------------------------------- */

struct lab *lab_open(const struct lab_settings *s, struct err *e)
{
    struct lab *l = calloc(1, sizeof *l);
    char trust[PATH_TEXT];

    if (!l) {
        err_set(e, ERR_MEMORY, "lab");
        return NULL;
    }
    l->s = *s;
    l->list_fault = FAULT_NONE;
    snprintf(l->dir, sizeof l->dir, "%s", s->dir);
    snprintf(l->node, sizeof l->node, "%s", s->node);
    l->s.dir = l->dir;
    l->s.node = l->node;
    if (path_make_dir(l->dir, e) && path_of(l, "trust", "", trust, e) && path_make_dir(trust, e) &&
        load_certificates(l, e) && load_trust(l, e) && build_list(l, e))
        return l;
    lab_close(l);
    return NULL;
}

void lab_close(struct lab *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->old_identity_count; i++)
        tls_identity_free(l->old_identities[i]);
    for (size_t i = 0; i < l->old_trust_count; i++)
        tls_trust_free(l->old_trusts[i]);
    tls_identity_free(l->callmanager);
    tls_identity_free(l->recovery);
    tls_identity_free(l->capf);
    tls_identity_free(l->stranger);
    tls_identity_free(l->twin);
    tls_identity_free(l->expired);
    tls_identity_free(l->future);
    tls_identity_free(l->other);
    tls_trust_free(l->trust);
    buf_free(&l->ctl);
    buf_free(&l->right_ctl);
    free(l);
}

bool lab_renew(struct lab *l, struct err *e)
{
    struct tls_identity *fresh;

    if (l->old_identity_count == RETIRED_MAX)
        return err_set(e, ERR_LIMIT, "%d renewals in one run", RETIRED_MAX);
    fresh = make(l, CALLMANAGER, l->node, 5, e);
    if (!fresh)
        return false;
    l->old_identities[l->old_identity_count++] = l->callmanager;
    l->callmanager = fresh;
    return build_list(l, e);
}

bool lab_set_secure(struct lab *l, bool secure, struct err *e)
{
    l->s.secure = secure;
    return build_list(l, e);
}

static struct tls_identity *make_unkept(const struct lab *l, const char *name, const char *cn,
                                        struct err *e)
{
    const struct tls_node_spec spec = spec_of(l, name, cn);

    return tls_identity_make_node(&spec, e);
}

bool lab_make_other_identity(struct lab *l, struct err *e)
{
    if (!l->other)
        l->other = make_unkept(l, CALLMANAGER, l->node, e);
    return l->other != NULL;
}

const struct tls_identity *lab_other_identity(const struct lab *l)
{
    return l->other;
}

/* Who bears the signer's name without being it. */
static bool make_stranger(struct lab *l, struct err *e)
{
    const char *front = l->s.signer == LAB_SIGNS_RECOVERY ? "ITLRECOVERY_" : "";
    char cn[65];

    snprintf(cn, sizeof cn, "%s%.50s", front, l->node);
    if (!l->stranger)
        l->stranger = make_unkept(l, "", cn, e);
    return l->stranger != NULL;
}

/* With the serial number that the signer has now. */
static bool make_twin(struct lab *l, struct err *e)
{
    const bool recovery = l->s.signer == LAB_SIGNS_RECOVERY;
    const X509 *signer = tls_identity_cert(recovery ? l->recovery : l->callmanager);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(signer);
    char cn[65];

    snprintf(cn, sizeof cn, "%s%.50s", recovery ? "ITLRECOVERY_" : "", l->node);
    struct tls_node_spec spec = spec_of(l, "", cn);
    spec.serial = ASN1_STRING_get0_data(serial);
    if (ASN1_STRING_length(serial) != 16)
        return err_set(e, ERR_CRYPTO, "the signer's serial number is not of ours");
    tls_identity_free(l->twin);
    l->twin = tls_identity_make_node(&spec, e);
    return l->twin != NULL;
}

static struct tls_identity *make_dated(const struct lab *l, int64_t from_days, int64_t to_days,
                                       struct err *e)
{
    const int64_t now = clock_wall_ns() / NS_PER_S;
    struct tls_node_spec spec = spec_of(l, CALLMANAGER, l->node);

    spec.not_before_s = now + from_days * DAY_S;
    spec.not_after_s = now + to_days * DAY_S;
    return tls_identity_make_node(&spec, e);
}

bool lab_set_dated(struct lab *l, enum fault_id fault, struct err *e)
{
    if (fault == FAULT_TLS_EXPIRED && !l->expired)
        l->expired = make_dated(l, -30, -1, e);
    if (fault == FAULT_TLS_FUTURE && !l->future)
        l->future = make_dated(l, 1, 30, e);
    l->dated = fault == FAULT_TLS_EXPIRED  ? l->expired
               : fault == FAULT_TLS_FUTURE ? l->future
                                           : NULL;
    return (l->dated || fault == FAULT_NONE) && build_list(l, e);
}

bool lab_set_list_fault(struct lab *l, enum fault_id fault, struct err *e)
{
    if (!make_stranger(l, e) || (fault == FAULT_CTL_TWIN && !make_twin(l, e)))
        return false;
    /* What is damaged is the list that is served already, and it is whole again afterwards. */
    const bool damage = list_is_damaged(fault) || list_is_damaged(l->list_fault);
    l->list_fault = fault;
    return damage ? build_list_again(l, e) : build_list(l, e);
}

bool lab_replace_list(struct lab *l, bool moved, struct err *e)
{
    l->capf_moved = moved ? (uint8_t)(l->capf_moved + 1) : 0;
    return build_list(l, e);
}

const struct buf *lab_right_ctl(const struct lab *l)
{
    return &l->right_ctl;
}

bool lab_secure(const struct lab *l)
{
    return l->s.secure;
}

const struct buf *lab_ctl(const struct lab *l)
{
    return &l->ctl;
}

const struct tls_identity *lab_identity(const struct lab *l)
{
    return l->dated ? l->dated : l->callmanager;
}

const struct tls_trust *lab_trust(const struct lab *l)
{
    return l->trust_in_use;
}

void lab_use_trust(struct lab *l)
{
    l->trust_in_use = l->trust;
}
