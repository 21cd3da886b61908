/* Any bytes as a CTL file: refused, or every record and string lies inside the file, and everything
 * that is done with a list can be done with it. */
#include "must.h"

#include "ctl/diff.h"
#include "ctl/place.h"
#include "ctl/show.h"
#include "ctl/verify.h"

#include <string.h>

static void check_inside(const struct ctl_file *f, struct ctl_bytes b)
{
    if (!b.at)
        return;
    MUST(b.at >= f->bytes && b.len <= f->len && b.at + b.len <= f->bytes + f->len);
}

static void check_record(const struct ctl_file *f, const struct ctl_record *r)
{
    const struct ctl_bytes all[] = {r->dns_name,   r->subject,       r->issuer,  r->serial,
                                    r->public_key, r->signature,     r->address, r->certificate,
                                    r->cert_hash,  r->hash_algorithm};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_inside(f, all[i]);
}

/* The header and the records cover the file without a gap. */
static void check_layout(const struct ctl_file *f)
{
    size_t at = f->header.length;

    check_inside(f, f->header.signer_name);
    check_inside(f, f->header.ca_name);
    check_inside(f, f->header.serial);
    check_inside(f, f->header.signature);
    check_inside(f, f->header.file_name);
    MUST(f->count > 0 && f->count <= CTL_RECORDS_MAX);
    for (size_t i = 0; i < f->count; i++) {
        MUST(f->records[i].offset == at);
        at += f->records[i].length;
        check_record(f, &f->records[i]);
    }
    MUST(at == f->len);
}

/* Every byte stands somewhere. */
static void check_places(const struct ctl_file *f)
{
    char place[CTL_PLACE_TEXT];

    for (size_t at = 0; at < f->len; at += 1 + f->len / 64)
        MUST(strncmp(ctl_place_text(f, at, place), at < f->header.length ? "the header" : "record ",
                     7) == 0);
}

static void check_text(const struct err *e)
{
    MUST(memchr(e->text, '\0', sizeof e->text));
    for (const char *p = e->text; *p; p++)
        MUST(*p >= ' ' && *p < 0x7f);
}

static void check_verify(const struct ctl_file *f)
{
    static const struct ctl_policy policies[] = {
        {.now_s = 1768435200},
        {.strict = true, .now_s = 4000000000},
        {.first = CTL_FIRST_REFUSE},
        {.first = CTL_FIRST_PIN, .pin_sha256 = "b37353a5"},
    };
    struct ctl_verdict v;
    struct err e = {.kind = ERR_NONE};

    for (size_t i = 0; i < 4; i++) {
        if (ctl_verify(f, NULL, &policies[i], &v, &e))
            MUST(v.signer < f->count && f->records[v.signer].role == CTL_ROLE_SAST);
        else
            check_text(&e);
        if (ctl_verify(f, f, &policies[i], &v, &e))
            MUST(v.unchanged);
    }
}

static void check_servers(const struct ctl_file *f)
{
    struct ctl_server servers[16];
    struct ctl_bytes pins[16];
    struct err e = {.kind = ERR_NONE};
    size_t n = ctl_servers(f, servers, 16);

    for (size_t i = 0; i < n; i++)
        if (ctl_pins(f, servers[i].host, &servers[i].addr, false, pins, 16, &e) == 0)
            check_text(&e);
    if (ctl_pins(f, "cucm1.lab.test", NULL, true, pins, 16, &e) == 0)
        check_text(&e);
}

static void check_print(const struct ctl_file *f)
{
    static const struct ctl_policy policy;
    struct buf page = {0};
    struct err e = {.kind = ERR_NONE};
    size_t changes = 9;

    MUST(ctl_show(f, NULL, &e, &page, &e));
    for (size_t i = 0; i < page.len; i++)
        MUST(page.at[i] == '\n' || (page.at[i] >= ' ' && page.at[i] < 0x7f));
    MUST(ctl_diff(f, f, &policy, &page, &changes, &e) && changes == 0);
    buf_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {.kind = ERR_NONE};
    struct ctl_file *f = ctl_parse(data, size, &e);

    if (!f) {
        MUST(e.kind != ERR_NONE);
        check_text(&e);
        return 0;
    }
    check_layout(f);
    check_places(f);
    check_verify(f);
    check_servers(f);
    check_print(f);
    ctl_free(f);
    return 0;
}
