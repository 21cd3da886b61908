/* Two lists made of bytes and rightly signed, the first one held, the second one fetched: whatever
 * is accepted was signed with the key of the record that signs, and, where a list is held, with a
 * key that this one knows; and all that is done with two lists can be done with them.
 *
 * A list is: signer, key, digest, time, name; edit; count of records; each record role, name,
 * certificate, address, hash. A byte each, an index of values that mean something. */
#include "../ctl_fixture.h"
#include "must.h"

#include "ctl/diff.h"
#include "ctl/show.h"

#define OF(list, n)  ((list)[(n) % (sizeof(list) / sizeof(list)[0])])

#define KEYS         3
#define CERTS        8
#define RECORDS_MOST 6

/* The first and the second look alike: all names and the serial, but for the key. */
static const struct {
    size_t key;
    struct cert_spec spec;
} specs[CERTS] = {
    {0, {.cn = "cucm1.lab.test", .serial = 1}},
    {1, {.cn = "cucm1.lab.test", .serial = 1}},
    {0, {.cn = "cucm1.lab.test", .serial = 2, .to_s = 1700000000}},
    {1, {.cn = "cucm2.lab.test", .serial = 3, .san = "DNS:cucm2.lab.test,IP:192.0.2.11"}},
    {2, {.cn = "sub", .serial = 4, .san = "IP:2001:db8::1,DNS:*.lab.test", .organization = "B"}},
    {2, {.cn = "cucm3", .serial = 5, .from_s = 1900000000}},
    {1, {.cn = "CAPF-0a1b", .serial = 6}},
    {2, {.cn = "", .serial = 7}},
};
static EVP_PKEY *keys[KEYS];
static X509 *certs[CERTS];

static void make_certificates(void)
{
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = EVP_RSA_gen(1024);
    for (size_t i = 0; i < CERTS; i++)
        certs[i] = cert_make(keys[specs[i].key], &specs[i].spec);
}

/* ---- lists ----------------------------------------------------------------------------------- */

struct script {
    const uint8_t *at, *end;
};

struct list {
    struct ctl_build_record records[RECORDS_MOST];
    size_t cert_of[RECORDS_MOST]; /* CERTS: none */
    struct ctl_build build;
    struct ctl_build_edit edit;
    struct ctl_build_faults faults;
    size_t signer, key;
    struct ctl_file *file; /* NULL: refused */
};

static uint8_t next(struct script *s)
{
    return s->at < s->end ? *s->at++ : 0;
}

static void choose_record(struct list *l, size_t at, struct script *s)
{
    static const uint16_t roles[] = {CTL_ROLE_SAST, CTL_ROLE_CCM_TFTP, CTL_ROLE_CCM,
                                     CTL_ROLE_TFTP, CTL_ROLE_CAPF,     9};
    static const char *const names[] = {"cucm1.lab.test",
                                        "cucm2.lab.test",
                                        "192.0.2.10",
                                        "sub",
                                        NULL,
                                        "",
                                        "no name\x7f\n",
                                        "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"};
    static const uint8_t address[16] = {192, 0, 2, 10, 0x20, 1, 0xd, 0xb8};
    static const size_t lengths[] = {4, 0, 16, 5};
    struct ctl_build_record *r = &l->records[at];

    r->role = OF(roles, next(s));
    r->dns_name = OF(names, next(s));
    l->cert_of[at] = next(s) % (CERTS + 1);
    r->cert = l->cert_of[at] < CERTS ? certs[l->cert_of[at]] : NULL;
    r->address_len = OF(lengths, next(s));
    r->address = r->address_len ? address : NULL;
    const uint8_t hash = next(s);
    r->hash = r->cert ? (enum ctl_digest)(hash % 4) : 0;
    r->hash_only = r->hash && hash & 4;
    r->no_signature_tag = hash & 8;
}

static void choose_edit(struct list *l, struct script *s)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t how = next(s);

    if (how < 128)
        return;
    l->edit = (struct ctl_build_edit){.record = how % 4,
                                      .tag = next(s) % 18,
                                      .kind = (enum ctl_edit_kind)(how / 4 % 5),
                                      .bytes = bytes,
                                      .len = how / 4 % 8,
                                      .length = next(s)};
    l->faults = (struct ctl_build_faults){.edits = &l->edit, .edit_count = 1};
    l->build.faults = &l->faults;
}

static void choose_list(struct list *l, struct script *s)
{
    static const enum ctl_digest digests[] = {CTL_SHA1, CTL_SHA256, CTL_SHA512};
    static const uint32_t times[] = {EXAMPLE_TIME, EXAMPLE_TIME + 1, EXAMPLE_TIME - 86400, 0,
                                     UINT32_MAX};
    static const char *const names[] = {NULL, "ITLFile.tlv", "", "CTLFile.tlv"};

    *l = (struct list){.signer = next(s) % CERTS};
    l->key = next(s) % KEYS;
    l->build =
        (struct ctl_build){.records = l->records, .signer = certs[l->signer], .key = keys[l->key]};
    l->build.digest = OF(digests, next(s));
    l->build.timestamp = OF(times, next(s));
    l->build.file_name = OF(names, next(s));
    choose_edit(l, s);
    l->build.count = 1 + next(s) % RECORDS_MOST;
    for (size_t i = 0; i < l->build.count; i++)
        choose_record(l, i, s);
}

static void check_text(const struct err *e)
{
    MUST(e->kind != ERR_NONE && memchr(e->text, '\0', sizeof e->text));
    for (const char *p = e->text; *p; p++)
        MUST(*p >= ' ' && *p < 0x7f);
}

static void make_list(struct list *l)
{
    struct buf out = {0};
    struct err e = {0};

    if (ctl_build(&l->build, &out, &e)) {
        l->file = ctl_parse(out.at, out.len, &e);
        if (!l->file)
            check_text(&e);
    }
    buf_free(&out);
}

/* ---- what is done with them ------------------------------------------------------------------ */

static size_t key_of(const struct list *l, size_t record)
{
    return l->cert_of[record] < CERTS ? specs[l->cert_of[record]].key : KEYS;
}

static bool knows_key(const struct list *l, size_t key)
{
    for (size_t i = 0; i < l->build.count; i++)
        if (l->records[i].role == CTL_ROLE_SAST && key_of(l, i) == key)
            return true;
    return false;
}

static void judge(const struct list *l, const struct list *held)
{
    static const struct ctl_policy policies[] = {
        {.now_s = NOW_S},
        {.now_s = NOW_S, .strict = true},
        {.now_s = NOW_S, .least = CTL_SHA256},
    };
    struct ctl_verdict v;
    struct err e = {0};

    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (!ctl_verify(l->file, held ? held->file : NULL, &policies[i], &v, &e)) {
            check_text(&e);
            continue;
        }
        if (held && v.unchanged)
            continue;
        MUST(l->records[v.signer].role == CTL_ROLE_SAST && key_of(l, v.signer) == l->key);
        MUST(!held || knows_key(held, l->key));
        for (size_t w = 0; w < v.warning_count && w < CTL_WARNINGS_MAX; w++)
            check_text(&v.warnings[w]);
    }
}

static bool resolves(void *arg, const char *name, const struct net_addr *ip)
{
    (void)arg;
    return name[0] && ip->ip[3] == 10;
}

static void look_for_servers(const struct ctl_file *f)
{
    static const char *const hosts[] = {"cucm1.lab.test", "CUCM2.lab.test.", "192.0.2.10", "sub",
                                        "2001:db8::1",    "elsewhere"};
    const struct ctl_match how[] = {{0}, {.any_ccm = true}, {.is = resolves}};
    struct net_addr addr;
    struct ctl_bytes pins[16];
    struct err e = {0};

    for (size_t h = 0; h < sizeof hosts / sizeof hosts[0]; h++)
        for (size_t i = 0; i < 3; i++) {
            const bool is_address = net_addr_parse(&addr, hosts[h], 0);
            if (ctl_pins_by(f, hosts[h], is_address ? &addr : NULL, &how[i], pins, 16, &e) == 0)
                check_text(&e);
        }
}

static void compare(const struct list *was, const struct list *is)
{
    const struct ctl_policy policy = {.now_s = NOW_S};
    struct buf page = {0};
    struct err e = {0};
    size_t changes = 0;

    MUST(ctl_diff(was->file, is->file, &policy, &page, &changes, &e));
    MUST(ctl_show(is->file, NULL, &e, &page, &e));
    for (size_t i = 0; i < page.len; i++)
        MUST(page.at[i] == '\n' || (page.at[i] >= ' ' && page.at[i] < 0x7f));
    buf_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script s = {data, data + size};
    struct list held, fetched;

    if (!keys[0])
        make_certificates();
    choose_list(&held, &s);
    choose_list(&fetched, &s);
    make_list(&held);
    make_list(&fetched);
    if (held.file)
        judge(&held, NULL);
    if (fetched.file)
        look_for_servers(fetched.file);
    if (held.file && fetched.file) {
        judge(&fetched, &held);
        compare(&held, &fetched);
    }
    ctl_free(held.file);
    ctl_free(fetched.file);
    return 0;
}
