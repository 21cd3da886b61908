/* Which certificates belong to a configured server (ctl-tftp-tls.md 2.3). Pure. */
#include "base/text.h"
#include "ctl/inside.h"
#include "ctl/names.h"
#include "ctl/verify.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

struct wanted {
    struct ctl_bytes host;
    struct net_addr host_ip; /* family 0: the host is a name */
    struct net_addr addr;    /* family 0: not known */
    const struct ctl_match *how;
};

static struct wanted wanted_of(const char *host, const struct net_addr *addr)
{
    struct wanted w = {.host = {(const uint8_t *)host, strlen(host)}};

    if (!ip_text_parse(w.host, &w.host_ip))
        w.host_ip = (struct net_addr){0};
    if (addr)
        w.addr = *addr;
    return w;
}

static bool is_wanted_ip(const struct wanted *w, const struct net_addr *ip)
{
    return !net_ip_is_any(ip) && (net_ip_equal(ip, &w->host_ip) || net_ip_equal(ip, &w->addr));
}

/* Steps 1 and 2: by the record's own fields. The short name is safe because the certificate stays
 * pinned. */
static bool names_server(const struct wanted *w, const struct ctl_record *r)
{
    struct net_addr ip;

    if (ip_text_parse(r->dns_name, &ip) && is_wanted_ip(w, &ip))
        return true;
    if (ctl_record_address(r, &ip) && is_wanted_ip(w, &ip))
        return true;
    return host_equals(w->host, r->dns_name) || host_equals_short(w->host, r->dns_name);
}

static bool is_wanted_name(const struct wanted *w, const ASN1_STRING *s)
{
    struct ctl_bytes name = {ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};

    return host_equals(w->host, name) || host_equals_short(w->host, name);
}

static bool is_wanted_san(const struct wanted *w, const GENERAL_NAME *san)
{
    int type = -1;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(san, &type);

    if (type == GEN_DNS)
        return is_wanted_name(w, value);
    if (type != GEN_IPADD || w->host_ip.family == 0)
        return false;
    return bytes_equal(
        (struct ctl_bytes){ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)},
        (struct ctl_bytes){w->host_ip.ip, w->host_ip.family == 4 ? 4 : 16});
}

static bool has_wanted_san(const struct wanted *w, const X509 *cert)
{
    GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(sans) && !found; i++)
        found = is_wanted_san(w, sk_GENERAL_NAME_value(sans, i));
    GENERAL_NAMES_free(sans);
    return found;
}

static bool has_wanted_cn(const struct wanted *w, const X509 *cert)
{
    const X509_NAME *subject = X509_get_subject_name(cert);

    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        if (is_wanted_name(w, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))))
            return true;
    return false;
}

/* Step 2's lookup: the certificate stays pinned, so that a lie of the name service opens nothing.
 */
static bool resolves_to_server(const struct wanted *w, const struct ctl_record *r)
{
    char name[256];
    struct net_addr ip;

    if (!w->how->is || !w->host_ip.family || ip_text_parse(r->dns_name, &ip))
        return false;
    if (!host_is_clean(r->dns_name) || r->dns_name.len >= sizeof name)
        return false;
    memcpy(name, r->dns_name.at, r->dns_name.len);
    name[r->dns_name.len] = '\0';
    return w->how->is(w->how->arg, name, &w->host_ip);
}

/* Step 3: a list may hold the publisher's multi-SAN certificate alone. */
static bool certificate_names_server(const struct wanted *w, const struct ctl_record *r)
{
    X509 *cert = record_certificate(r);
    bool found = cert && (has_wanted_san(w, cert) || has_wanted_cn(w, cert));

    X509_free(cert);
    return found;
}

/* Step 4 */
static bool any_server(const struct wanted *w, const struct ctl_record *r)
{
    (void)w;
    (void)r;
    return true;
}

static bool is_listed(const struct ctl_bytes *list, size_t n, struct ctl_bytes certificate)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_equal(list[i], certificate))
            return true;
    return false;
}

static size_t collect(const struct ctl_file *f, const struct wanted *w,
                      bool (*fits)(const struct wanted *, const struct ctl_record *),
                      struct ctl_bytes *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < f->count && n < cap; i++) {
        const struct ctl_record *r = &f->records[i];
        if (!is_call_manager(r) || !r->certificate.at || is_listed(out, n, r->certificate))
            continue;
        if (fits(w, r))
            out[n++] = r->certificate;
    }
    return n;
}

/* --- why nothing was found --- */

static bool is_listed_without_certificate(const struct ctl_file *f, const struct wanted *w)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct ctl_record *r = &f->records[i];
        if (is_call_manager(r) && !r->certificate.at && names_server(w, r))
            return true;
    }
    return false;
}

static bool has_certificates(const struct ctl_file *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (is_call_manager(&f->records[i]) && f->records[i].certificate.at)
            return true;
    return false;
}

/* "cucm1.lab.test (192.0.2.10)" */
static int record_place(const struct ctl_record *r, char *out, size_t cap)
{
    char dns[TEXT_ESCAPED], ip[NET_ADDR_TEXT] = "no address";
    struct net_addr addr;

    bytes_text(r->dns_name, dns);
    if (ctl_record_address(r, &addr))
        net_ip_text(&addr, ip);
    else if (r->address.at && r->address.len != 4 && r->address.len != 16)
        snprintf(ip, sizeof ip, "address of %zu bytes, CSCum48958", r->address.len);
    return snprintf(out, cap, "%s (%s)", *dns ? dns : "unnamed", ip);
}

static void list_places(const struct ctl_file *f, char *out, size_t cap)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < f->count; i++) {
        char place[TEXT_ESCAPED + NET_ADDR_TEXT];
        if (!is_call_manager(&f->records[i]))
            continue;
        size_t need = (size_t)record_place(&f->records[i], place, sizeof place) + (n ? 2 : 0);
        if (n + need + 5 > cap) {
            snprintf(out + n, cap - n, " ...");
            return;
        }
        n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "", place);
    }
}

static void explain_absence(const struct ctl_file *f, const struct wanted *w, struct err *e)
{
    char host[TEXT_ESCAPED], ip[NET_ADDR_TEXT] = "", date[TEXT_DATE] = "no date", md5[33];
    char places[200];

    bytes_text(w->host, host);
    if (is_listed_without_certificate(f, w)) {
        err_set(e, ERR_CTL_36,
                "CUCM server %s is in the CTL, but without certificate (list made in non-secure "
                "mode)",
                host);
        return;
    }
    if (!has_certificates(f)) {
        err_set(e, ERR_CTL_34,
                "CTL is valid but contains no CallManager certificate: the cluster "
                "is not in mixed mode");
        return;
    }
    if (w->addr.family)
        net_ip_text(&w->addr, ip);
    if (f->header.has_timestamp)
        text_date(f->header.timestamp, date);
    ctl_md5(f->bytes, f->len, md5);
    list_places(f, places, sizeof places);
    err_set(e, ERR_CTL_35,
            "CUCM server %s%s%s%s is not in the CTL (%zu records, MD5 %s, made %s). Listed: %s",
            host, *ip ? " (" : "", ip, *ip ? ")" : "", f->count, md5, date, places);
}

size_t ctl_pins_by(const struct ctl_file *f, const char *host, const struct net_addr *addr,
                   const struct ctl_match *how, struct ctl_bytes *out, size_t cap, struct err *e)
{
    struct wanted w = wanted_of(host, addr);
    size_t n = collect(f, &w, names_server, out, cap);

    w.how = how;
    if (n == 0)
        n = collect(f, &w, resolves_to_server, out, cap);
    if (n == 0)
        n = collect(f, &w, certificate_names_server, out, cap);
    if (n == 0 && how->any_ccm)
        n = collect(f, &w, any_server, out, cap);
    if (n == 0)
        explain_absence(f, &w, e);
    return n;
}

size_t ctl_pins(const struct ctl_file *f, const char *host, const struct net_addr *addr,
                bool any_ccm, struct ctl_bytes *out, size_t cap, struct err *e)
{
    return ctl_pins_by(f, host, addr, &(struct ctl_match){.any_ccm = any_ccm}, out, cap, e);
}

/* --- the servers of a list --- */

static bool server_of(const struct ctl_record *r, struct ctl_server *out)
{
    char ip[NET_ADDR_TEXT];

    *out = (struct ctl_server){0};
    if (!is_call_manager(r))
        return false;
    if (!ctl_record_address(r, &out->addr) && !ip_text_parse(r->dns_name, &out->addr))
        out->addr = (struct net_addr){0};
    if (host_is_clean(r->dns_name) && r->dns_name.len < sizeof out->host)
        memcpy(out->host, r->dns_name.at, r->dns_name.len);
    else if (out->addr.family)
        snprintf(out->host, sizeof out->host, "%s", net_ip_text(&out->addr, ip));
    return out->host[0] != '\0';
}

static bool is_same_server(const struct ctl_server *a, const struct ctl_server *b)
{
    struct ctl_bytes host_a = {(const uint8_t *)a->host, strlen(a->host)};
    struct ctl_bytes host_b = {(const uint8_t *)b->host, strlen(b->host)};

    return host_equals(host_a, host_b) || (a->addr.family && net_ip_equal(&a->addr, &b->addr));
}

size_t ctl_servers(const struct ctl_file *f, struct ctl_server *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < f->count && n < cap; i++) {
        bool known = false;
        if (!server_of(&f->records[i], &out[n]))
            continue;
        for (size_t j = 0; j < n && !known; j++)
            known = is_same_server(&out[j], &out[n]);
        n += !known;
    }
    return n;
}
