#include "ctl/show.h"

#include "base/text.h"
#include "ctl/inside.h"
#include "ctl/page.h"
#include "ctl/tlv.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define VALUE_TEXT 200

/* The column BYTEPOS holds the tag's number; for containers and lengths LENGTH is 2 and VALUE is
 * the number. Both are CUCM's. */
static void put_columns(struct page *p)
{
    page_put(p, "BYTEPOS TAG                 LENGTH  VALUE\n");
    page_put(p, "------- ---                 ------  -----\n");
}

static void put_row(struct page *p, unsigned tag, const char *name, size_t len, const char *value)
{
    page_put(p, "%-7u %-19s ", tag, name ? name : "UNKNOWN");
    if (*value)
        page_put(p, "%-7zu %s\n", len, value);
    else
        page_put(p, "%zu\n", len);
}

static struct ctl_bytes value_of(const struct tlv_item *item)
{
    return (struct ctl_bytes){item->value, item->len};
}

static void string_value(const struct tlv_item *item, char *out)
{
    struct ctl_bytes text = value_of(item);

    if (text.len && text.at[text.len - 1] == '\0')
        text.len--;
    bytes_text(text, out);
}

static void spaced_hex(const uint8_t *bytes, size_t len, const char *fmt, char *out, size_t cap)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < len && n + 4 < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, *fmt == 'X' ? "%s%02X" : "%s%02x", i ? " " : "",
                              bytes[i]);
}

static void put_signature_rows(struct page *p, const struct tlv_item *item)
{
    char row[64];

    for (size_t i = 0; i < item->len; i += 16) {
        size_t n = item->len - i < 16 ? item->len - i : 16;
        spaced_hex(item->value + i, n, "x", row, sizeof row);
        page_put(p, "        %s\n", row);
    }
}

static uint32_t number_of(const struct tlv_item *item)
{
    uint32_t v = 0;

    for (size_t i = 0; i < item->len && i < 4; i++)
        v = v << 8 | item->value[i];
    return v;
}

static void timestamp_value(const struct tlv_item *item, char *out)
{
    char date[TEXT_DATE];
    uint32_t v = number_of(item);

    snprintf(out, VALUE_TEXT, "%u (%s)", v, text_date(v, date));
}

static void header_value(const struct tlv_item *item, char *out)
{
    out[0] = '\0';
    switch (item->tag) {
    case HEADER_SIGNER_NAME:
    case HEADER_CA_NAME:
    case HEADER_FILE_NAME:
        string_value(item, out);
        break;
    case HEADER_SERIAL:
        serial_text(value_of(item), out);
        break;
    case HEADER_DIGEST:
        snprintf(out, VALUE_TEXT, "%u (%s)", number_of(item),
                 digest_name((uint8_t)number_of(item)));
        break;
    case HEADER_SIGNATURE_ALGORITHM:
    case HEADER_MODULUS:
    case HEADER_SIGNER_VERSION:
        spaced_hex(item->value, item->len < 16 ? item->len : 16, "x", out, VALUE_TEXT);
        break;
    case HEADER_TIMESTAMP:
        timestamp_value(item, out);
        break;
    default:
        break;
    }
}

static bool is_container(uint8_t tag)
{
    return tag == HEADER_SIGNER_ID || tag == HEADER_SIGNATURE_INFO ||
           tag == HEADER_SIGNATURE_ALGO_INFO;
}

/* In the order of the file; the parser has seen that everything fits. */
static void put_header_rows(struct page *p, const struct ctl_file *f, size_t from, size_t to,
                            int bare)
{
    struct tlv_walk walk = tlv_walk_over(f->bytes, from, to, bare);
    struct tlv_item item;
    char value[VALUE_TEXT];

    while (tlv_next(&walk, &item) == TLV_ITEM) {
        if (!item.value) /* padding */
            continue;
        const char *name = header_tag_name(item.tag);
        size_t inside = item.offset + TLV_HEAD;
        if (is_container(item.tag) && item.tag < 10) {
            snprintf(value, sizeof value, "%zu", item.len);
            put_row(p, item.tag, name, 2, value);
            put_header_rows(p, f, inside, inside + item.len, -1);
            continue;
        }
        header_value(&item, value);
        put_row(p, item.tag, name, item.len, value);
        if (item.tag == HEADER_SIGNATURE)
            put_signature_rows(p, &item);
    }
}

static void certificate_value(const struct ctl_record *r, char *out)
{
    uint8_t sha1[20];

    if (EVP_Digest(r->certificate.at, r->certificate.len, sha1, NULL, EVP_sha1(), NULL) != 1)
        return;
    spaced_hex(sha1, sizeof sha1, "X", out, VALUE_TEXT);
    strcat(out, " (SHA1 Hash HEX)");
}

static void role_value(uint16_t role, char *out)
{
    const char *words = ctl_role_words(role);

    if (words)
        snprintf(out, VALUE_TEXT, "%s", words);
    else
        snprintf(out, VALUE_TEXT, "%u", role);
}

static void address_value(const struct ctl_record *r, char *out)
{
    struct net_addr a;

    if (ctl_record_address(r, &a))
        net_ip_text(&a, out);
    else
        spaced_hex(r->address.at, r->address.len < 16 ? r->address.len : 16, "x", out, VALUE_TEXT);
}

static void record_value(const struct ctl_record *r, const struct tlv_item *item, char *out)
{
    out[0] = '\0';
    switch (item->tag) {
    case RECORD_DNS_NAME:
    case RECORD_SUBJECT:
    case RECORD_ISSUER:
        string_value(item, out);
        break;
    case RECORD_FUNCTION:
        role_value(r->role, out);
        break;
    case RECORD_SERIAL:
        serial_text(value_of(item), out);
        break;
    case RECORD_CERTIFICATE:
        certificate_value(r, out);
        break;
    case RECORD_IP_ADDRESS:
        address_value(r, out);
        break;
    case RECORD_CERT_HASH:
    case RECORD_HASH_ALGORITHM:
        text_hex(item->value, item->len < 64 ? item->len : 64, out, VALUE_TEXT);
        break;
    default: /* PUBLICKEY and SIGNATURE show their length alone */
        break;
    }
}

static void put_record(struct page *p, const struct ctl_file *f, size_t index)
{
    const struct ctl_record *r = &f->records[index];
    struct tlv_walk walk =
        tlv_walk_over(f->bytes, r->offset + RECORD_HEAD, r->offset + r->length, -1);
    struct tlv_item item;
    char value[VALUE_TEXT];

    page_put(p, "\nCTL Record #:%zu\n           ----\n", index + 1);
    put_columns(p);
    snprintf(value, sizeof value, "%zu", r->length);
    put_row(p, RECORD_LENGTH, record_tag_name(RECORD_LENGTH), 2, value);
    while (tlv_next(&walk, &item) == TLV_ITEM) {
        record_value(r, &item, value);
        put_row(p, item.tag, record_tag_name(item.tag), item.len, value);
    }
}

static void put_start(struct page *p, const struct ctl_file *f)
{
    char md5[33], sha1[41], date[TEXT_DATE];

    ctl_md5(f->bytes, f->len, md5);
    ctl_sha1(f->bytes, f->len, sha1);
    page_put(p, "The checksum value of the CTL file:\n%s(MD5)\n%s(SHA1)\n\n", md5, sha1);
    page_put(p, "Length of CTL file: %zu\n", f->len);
    if (f->header.has_timestamp)
        page_put(p, "The CTL File was last modified on %s\n",
                 text_long_date(f->header.timestamp, date));
    page_put(p, "\nParse CTL File\n----------------\n\n");
    page_put(p, "Version:        %u.%u\n", f->header.major, f->header.minor);
    page_put(p, "HeaderLength:   %u (BYTES)\n\n", f->header.length);
}

static void put_end(struct page *p, const struct ctl_verdict *verdict, const struct err *why)
{
    if (verdict) {
        page_put(p, "\nThe CTL file was verified successfully.\n");
        return;
    }
    const char *id = err_id(why->kind);
    page_put(p, "\nError verifying the CTL File: %s%s%s\n", id, *id ? " " : "", why->text);
}

bool ctl_show(const struct ctl_file *f, const struct ctl_verdict *verdict, const struct err *why,
              struct buf *out, struct err *e)
{
    struct page p = {.out = out, .ok = true, .e = e};

    put_start(&p, f);
    put_columns(&p);
    put_header_rows(&p, f, HEADER_HEAD, f->header.length, HEADER_PADDING);
    for (size_t i = 0; i < f->count; i++) {
        put_record(&p, f, i);
        if (f->records[i].role == CTL_ROLE_SAST)
            page_put(&p, "This etoken was %sused to sign the CTL file.\n",
                     verdict && verdict->signer == i ? "" : "not ");
    }
    put_end(&p, verdict, why);
    return p.ok;
}

bool ctl_show_nothing(struct buf *out, struct err *e)
{
    struct page p = {.out = out, .ok = true, .e = e};

    page_put(&p, "Length of CTL file: 0\n"
                 "CTL File not found . Please run CTLClient plugin or run the CLI - utils ctl.. to "
                 "generate the CTL file.\n"
                 "Error parsing the CTL File.\n");
    return p.ok;
}
