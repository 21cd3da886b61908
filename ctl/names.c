#include "ctl/names.h"

#include "base/addr.h"
#include "ctl/inside.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>

#define PAIRS_MAX 64 /* a longer name is unlike any certificate's; keeps comparing cheap */

static bool add_text(char *out, size_t cap, size_t *n, const void *text, size_t len)
{
    if (len >= cap - *n)
        return false;
    memcpy(out + *n, text, len);
    *n += len;
    out[*n] = '\0';
    return true;
}

static bool add_pair(char *out, size_t cap, size_t *n, const char *type,
                     const X509_NAME_ENTRY *entry)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    uint8_t *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, value);
    bool ok = len >= 0 && (*n == 0 || add_text(out, cap, n, ";", 1)) &&
              add_text(out, cap, n, type, strlen(type)) && add_text(out, cap, n, "=", 1) &&
              add_text(out, cap, n, utf8, (size_t)len);

    OPENSSL_free(utf8);
    return ok;
}

size_t name_text(const X509_NAME *name, char *out, size_t cap)
{
    static const struct {
        int nid;
        const char *type;
    } order[] = {
        {NID_commonName, "CN"},  {NID_organizationalUnitName, "OU"}, {NID_organizationName, "O"},
        {NID_localityName, "L"}, {NID_stateOrProvinceName, "ST"},    {NID_countryName, "C"},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        for (int at = -1; (at = X509_NAME_get_index_by_NID(name, order[i].nid, at)) >= 0;)
            if (!add_pair(out, cap, &n, order[i].type, X509_NAME_get_entry(name, at)))
                return 0;
    return n;
}

/* Takes "type=value" off the front of `text`, up to a separator that no backslash precedes. */
static struct ctl_bytes next_pair(struct ctl_bytes *text, char separator)
{
    struct ctl_bytes pair = {text->at, 0};

    while (pair.len < text->len && text->at[pair.len] != separator)
        pair.len += text->at[pair.len] == '\\' && pair.len + 1 < text->len ? 2 : 1;
    size_t used = pair.len < text->len ? pair.len + 1 : pair.len;
    text->at += used;
    text->len -= used;
    return pair;
}

static struct ctl_bytes trimmed(struct ctl_bytes b)
{
    while (b.len && (b.at[0] == ' ' || b.at[0] == '"')) {
        b.at++;
        b.len--;
    }
    while (b.len && (b.at[b.len - 1] == ' ' || b.at[b.len - 1] == '"'))
        b.len--;
    return b;
}

static bool equal_but_for_case(struct ctl_bytes b, const void *text, size_t len)
{
    /* an absent tag has no bytes to point at, and strncasecmp may not be given NULL for none */
    return b.len == len && (len == 0 || strncasecmp((const char *)b.at, text, len) == 0);
}

static bool is_type(struct ctl_bytes type, const ASN1_OBJECT *object)
{
    char oid[80];
    const char *name = OBJ_nid2sn(OBJ_obj2nid(object)); /* "UNDEF" for one without a name */

    if (type.len == 0 || *type.at < '0' || *type.at > '9')
        return name && equal_but_for_case(type, name, strlen(name));
    int len = OBJ_obj2txt(oid, sizeof oid, object, 1);
    return len > 0 && len < (int)sizeof oid && equal_but_for_case(type, oid, (size_t)len);
}

/* The record's text may escape what its separator forbids. */
static bool is_value(struct ctl_bytes text, const uint8_t *value, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\' && i + 1 < text.len)
            i++;
        if (n >= len || strncasecmp((const char *)text.at + i, (const char *)value + n, 1) != 0)
            return false;
        n++;
    }
    return n == len;
}

static bool is_entry(struct ctl_bytes type, struct ctl_bytes value, const X509_NAME_ENTRY *entry)
{
    uint8_t *utf8 = NULL;

    if (!is_type(type, X509_NAME_ENTRY_get_object(entry)))
        return false;
    int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    struct ctl_bytes have = trimmed((struct ctl_bytes){utf8, len > 0 ? (size_t)len : 0});
    bool same = len >= 0 && is_value(trimmed(value), have.at, have.len);
    OPENSSL_free(utf8);
    return same;
}

/* Finds an entry that no earlier pair took. */
static bool take_entry(struct ctl_bytes pair, const X509_NAME *name, int count, uint64_t *taken)
{
    const uint8_t *equals = pair.len ? memchr(pair.at, '=', pair.len) : NULL;

    if (!equals)
        return false;
    struct ctl_bytes type = trimmed((struct ctl_bytes){pair.at, (size_t)(equals - pair.at)});
    struct ctl_bytes value = {equals + 1, pair.len - (size_t)(equals - pair.at) - 1};
    for (int i = 0; i < count; i++) {
        if (*taken >> i & 1 || !is_entry(type, value, X509_NAME_get_entry(name, i)))
            continue;
        *taken |= UINT64_C(1) << i;
        return true;
    }
    return false;
}

bool name_matches(struct ctl_bytes text, const X509_NAME *name)
{
    int count = X509_NAME_entry_count(name), pairs = 0;
    char separator = text.len && memchr(text.at, ';', text.len) ? ';' : ',';
    uint64_t taken = 0;

    if (!text.at || count > PAIRS_MAX)
        return false;
    for (; text.len; pairs++)
        if (pairs == count || !take_entry(next_pair(&text, separator), name, count, &taken))
            return false;
    return pairs == count;
}

bool host_is_clean(struct ctl_bytes host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.at[i] <= ' ' || host.at[i] >= 0x7f)
            return false;
    return host.len > 0;
}

static struct ctl_bytes without_dot(struct ctl_bytes b)
{
    if (b.len > 1 && b.at[b.len - 1] == '.')
        b.len--;
    return b;
}

bool host_equals(struct ctl_bytes a, struct ctl_bytes b)
{
    a = without_dot(a);
    b = without_dot(b);
    return equal_but_for_case(a, b.at, b.len) && host_is_clean(a);
}

static bool is_first_label(struct ctl_bytes label, struct ctl_bytes of)
{
    const uint8_t *dot = memchr(of.at, '.', of.len);

    return dot && !memchr(label.at, '.', label.len) &&
           equal_but_for_case(label, of.at, (size_t)(dot - of.at));
}

bool host_equals_short(struct ctl_bytes a, struct ctl_bytes b)
{
    struct net_addr ip;

    if (!host_is_clean(a) || !host_is_clean(b) || ip_text_parse(a, &ip) || ip_text_parse(b, &ip))
        return false;
    a = without_dot(a);
    b = without_dot(b);
    return is_first_label(a, b) || is_first_label(b, a);
}
