#include "ctl/diff.h"

#include "base/text.h"
#include "ctl/inside.h"
#include "ctl/names.h"
#include "ctl/page.h"

#include <stdio.h>
#include <string.h>

#define NOBODY     UINT16_MAX
#define PLACE_TEXT (TEXT_ESCAPED + NET_ADDR_TEXT + 48)

struct pairs {
    uint16_t of_old[CTL_RECORDS_MAX], of_new[CTL_RECORDS_MAX]; /* index on the other side */
};

struct differ {
    const struct ctl_file *old_list, *new_list;
    struct page page;
    size_t changes;
    struct pairs pairs;
};

/* --- which record became which --- */

static bool same_certificate(const struct ctl_record *a, const struct ctl_record *b)
{
    return bytes_equal(a->certificate, b->certificate);
}

static bool same_name(const struct ctl_record *a, const struct ctl_record *b)
{
    return host_equals(a->dns_name, b->dns_name);
}

static bool same_address(const struct ctl_record *a, const struct ctl_record *b)
{
    struct net_addr x, y;

    return ctl_record_address(a, &x) && ctl_record_address(b, &y) && net_ip_equal(&x, &y);
}

static bool same_name_and_certificate(const struct ctl_record *a, const struct ctl_record *b)
{
    return same_name(a, b) && same_certificate(a, b);
}

/* Two SAST records of one node differ in their subject. */
static bool same_name_and_subject(const struct ctl_record *a, const struct ctl_record *b)
{
    return same_name(a, b) && bytes_equal(a->subject, b->subject);
}

static bool same_subject(const struct ctl_record *a, const struct ctl_record *b)
{
    return bytes_equal(a->subject, b->subject);
}

static void pair_by(struct differ *d,
                    bool (*same)(const struct ctl_record *, const struct ctl_record *))
{
    for (size_t i = 0; i < d->old_list->count; i++)
        for (size_t j = 0; j < d->new_list->count && d->pairs.of_old[i] == NOBODY; j++) {
            const struct ctl_record *a = &d->old_list->records[i], *b = &d->new_list->records[j];
            if (d->pairs.of_new[j] != NOBODY || a->role != b->role || !same(a, b))
                continue;
            d->pairs.of_old[i] = (uint16_t)j;
            d->pairs.of_new[j] = (uint16_t)i;
        }
}

/* From the surest likeness to the weakest. */
static void pair_records(struct differ *d)
{
    memset(&d->pairs, 0xff, sizeof d->pairs);
    pair_by(d, same_name_and_certificate);
    pair_by(d, same_certificate);
    pair_by(d, same_name_and_subject);
    pair_by(d, same_name);
    pair_by(d, same_address);
    pair_by(d, same_subject);
}

/* --- in words --- */

/* "CCM+TFTP cucm1.lab.test (192.0.2.10)" */
static const char *record_words(const struct ctl_record *r, char *out)
{
    const char *role = ctl_role_words(r->role);
    char name[TEXT_ESCAPED], ip[NET_ADDR_TEXT] = "";
    struct net_addr a;

    bytes_text(r->dns_name.len ? r->dns_name : r->subject, name);
    if (ctl_record_address(r, &a))
        net_ip_text(&a, ip);
    snprintf(out, PLACE_TEXT, "%s %s%s%s%s", role ? role : "unknown role", *name ? name : "unnamed",
             *ip ? " (" : "", ip, *ip ? ")" : "");
    return out;
}

static const char *certificate_words(const struct ctl_record *r, char *out, size_t cap)
{
    char serial[SERIAL_TEXT], sha256[65];

    snprintf(out, cap, "serial %s, SHA-256 %s", serial_text(r->serial, serial),
             record_fingerprint(r, sha256));
    return out;
}

static void tell(struct differ *d, char mark, const struct ctl_record *r, const char *what)
{
    char words[PLACE_TEXT];

    page_put(&d->page, "%c %s: %s\n", mark, record_words(r, words), what);
    d->changes++;
}

static void tell_alone(struct differ *d, char mark, const struct ctl_record *r, const char *what)
{
    char text[256], cert[160];

    if (r->certificate.at)
        snprintf(text, sizeof text, "%s, certificate %s", what,
                 certificate_words(r, cert, sizeof cert));
    else
        snprintf(text, sizeof text, "%s, without certificate", what);
    tell(d, mark, r, text);
}

static void tell_certificate(struct differ *d, const struct ctl_record *a,
                             const struct ctl_record *b)
{
    char text[512], before[160], after[160];

    if (same_certificate(a, b) || (!a->certificate.at && !b->certificate.at))
        return;
    certificate_words(a, before, sizeof before);
    certificate_words(b, after, sizeof after);
    if (!b->certificate.at)
        snprintf(text, sizeof text, "certificate taken out (non-secure mode), it was %s", before);
    else if (!a->certificate.at)
        snprintf(text, sizeof text, "certificate put in, %s", after);
    else
        snprintf(text, sizeof text, "certificate renewed%s, %s -> %s",
                 bytes_equal(a->public_key, b->public_key) ? " with the same key" : "", before,
                 after);
    tell(d, '~', b, text);
}

static void tell_name(struct differ *d, const struct ctl_record *a, const struct ctl_record *b)
{
    char before[TEXT_ESCAPED], after[TEXT_ESCAPED], text[2 * TEXT_ESCAPED + 32];

    if (bytes_equal(a->dns_name, b->dns_name) || (!a->dns_name.len && !b->dns_name.len))
        return;
    snprintf(text, sizeof text, "name changed, \"%s\" -> \"%s\"", bytes_text(a->dns_name, before),
             bytes_text(b->dns_name, after));
    tell(d, '~', b, text);
}

static void tell_address(struct differ *d, const struct ctl_record *a, const struct ctl_record *b)
{
    char before[NET_ADDR_TEXT] = "none", after[NET_ADDR_TEXT] = "none", text[160];
    struct net_addr x, y;
    bool had = ctl_record_address(a, &x), has = ctl_record_address(b, &y);

    if (had == has && (!had || net_ip_equal(&x, &y)))
        return;
    if (had)
        net_ip_text(&x, before);
    if (has)
        net_ip_text(&y, after);
    snprintf(text, sizeof text, "address changed, %s -> %s", before, after);
    tell(d, '~', b, text);
}

static void tell_records(struct differ *d)
{
    for (size_t i = 0; i < d->old_list->count; i++)
        if (d->pairs.of_old[i] == NOBODY)
            tell_alone(d, '-', &d->old_list->records[i], "removed");
    for (size_t j = 0; j < d->new_list->count; j++) {
        const struct ctl_record *b = &d->new_list->records[j];
        if (d->pairs.of_new[j] == NOBODY) {
            tell_alone(d, '+', b, "added");
            continue;
        }
        const struct ctl_record *a = &d->old_list->records[d->pairs.of_new[j]];
        tell_name(d, a, b);
        tell_address(d, a, b);
        tell_certificate(d, a, b);
    }
}

static void signer_words(const struct ctl_file *f, char *out, size_t cap)
{
    static const struct ctl_policy anyone = {.first = CTL_FIRST_ACCEPT};
    struct ctl_verdict v;
    struct err why;
    char name[TEXT_ESCAPED], sha256[65];

    if (ctl_verify(f, NULL, &anyone, &v, &why))
        snprintf(out, cap, "%s, SHA-256 %s", bytes_text(f->header.signer_name, name),
                 record_fingerprint(&f->records[v.signer], sha256));
    else
        snprintf(out, cap, "nobody we could verify (%s)", err_id(why.kind));
}

static void tell_fact(struct differ *d, const char *what, const char *before, const char *after)
{
    if (strcmp(before, after) == 0)
        return;
    page_put(&d->page, "~ %s: %s -> %s\n", what, before, after);
    d->changes++;
}

static void date_words(const struct ctl_file *f, char *out)
{
    if (f->header.has_timestamp)
        text_date(f->header.timestamp, out);
    else
        snprintf(out, TEXT_DATE, "no date");
}

static void tell_header(struct differ *d)
{
    char date[2][TEXT_DATE], signer[2][256];

    date_words(d->old_list, date[0]);
    date_words(d->new_list, date[1]);
    tell_fact(d, "made", date[0], date[1]);
    signer_words(d->old_list, signer[0], sizeof signer[0]);
    signer_words(d->new_list, signer[1], sizeof signer[1]);
    tell_fact(d, "signed by", signer[0], signer[1]);
    tell_fact(d, "signed with", digest_name(d->old_list->header.digest),
              digest_name(d->new_list->header.digest));
}

static void tell_verdict(struct differ *d, const struct ctl_policy *policy)
{
    struct ctl_verdict v;
    struct err why;

    if (ctl_verify(d->new_list, d->old_list, policy, &v, &why))
        page_put(&d->page, "A port that holds the old list %s.\n",
                 v.unchanged ? "has nothing to change" : "accepts the new one");
    else
        page_put(&d->page, "A port that holds the old list refuses the new one: %s %s\n",
                 err_id(why.kind), why.text);
}

static bool same_bytes(const struct ctl_file *a, const struct ctl_file *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool ctl_diff(const struct ctl_file *old_list, const struct ctl_file *new_list,
              const struct ctl_policy *policy, struct buf *out, size_t *changes, struct err *e)
{
    struct differ d = {
        .old_list = old_list, .new_list = new_list, .page = {.out = out, .ok = true, .e = e}};

    if (!same_bytes(old_list, new_list)) {
        pair_records(&d);
        tell_header(&d);
        tell_records(&d);
    }
    if (d.changes == 0)
        page_put(&d.page, "No changes.\n");
    tell_verdict(&d, policy);
    if (changes)
        *changes = d.changes;
    return d.page.ok;
}
