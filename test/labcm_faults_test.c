/* The fault menu: what is on for whom, and each wrong list judged by ctl itself. */
#include "check.h"
#include "ctl/verify.h"
#include "tls/identity.h"
#include "tools/labcm/lists.h"
#include "tools/labcm/mischief.h"

#include <openssl/x509.h>
#include <string.h>

#define NOW_S 1768435200

static struct tls_identity *node, *stranger, *twin, *capf;

static struct tls_identity *make(const char *cn, const struct tls_identity *as)
{
    const struct tls_node_spec spec = {
        .cn = cn,
        .bits = 2048,
        .not_before_s = NOW_S - 1000,
        .not_after_s = NOW_S + 100000,
        .serial = as ? ASN1_STRING_get0_data(X509_get0_serialNumber(tls_identity_cert(as))) : NULL};
    struct err e = {0};
    struct tls_identity *id = tls_identity_make_node(&spec, &e);

    CHECK(id, "%s", e.text);
    return id;
}

static int make_all(void **state)
{
    (void)state;
    node = make("cucm1", NULL);
    stranger = make("cucm1", NULL);
    twin = make("cucm1", node);
    capf = make("CAPF-1", NULL);
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    tls_identity_free(node);
    tls_identity_free(stranger);
    tls_identity_free(twin);
    tls_identity_free(capf);
    return 0;
}

static void build(enum fault_id fault, uint32_t timestamp, struct buf *out)
{
    static const uint8_t ip[4] = {10, 0, 0, 1};
    const struct ctl_build_record records[] = {
        {CTL_ROLE_SAST, "cucm1", tls_identity_cert(node), ip, 4, false, 0, false},
        {CTL_ROLE_CCM_TFTP, "cucm1", tls_identity_cert(node), ip, 4, false, 0, false},
        {CTL_ROLE_CAPF, "cucm1", tls_identity_cert(capf), ip, 4, false, 0, false},
    };
    const struct ctl_build b = {
        .records = records,
        .count = 3,
        .signer = tls_identity_cert(node),
        .key = tls_identity_key(node),
        .digest = CTL_SHA1, /* labcm's default, as CUCM's */
        .timestamp = timestamp,
    };
    const struct list_makings with = {tls_identity_cert(capf),     tls_identity_key(capf),
                                      tls_identity_cert(stranger), tls_identity_key(stranger),
                                      tls_identity_cert(twin),     tls_identity_key(twin)};
    struct err e = {0};

    CHECK(list_build(&b, &with, fault, out, &e), "%s", e.text);
}

static bool warned(const struct ctl_verdict *v, const char *id)
{
    for (size_t i = 0; i < v->warning_count && i < CTL_WARNINGS_MAX; i++)
        if (strcmp(err_id(v->warnings[i].kind), id) == 0)
            return true;
    return false;
}

/* Is the list refused with this id, or taken with a warning of it? "": taken without a word. */
static bool judged(const struct buf *list, const struct ctl_file *held, const char *id)
{
    const struct ctl_policy policy = {.first = CTL_FIRST_ACCEPT, .now_s = NOW_S};
    struct ctl_verdict v = {0};
    struct err e = {0};
    struct ctl_file *f = ctl_parse(list->at, list->len, &e);
    bool ok = f && ctl_verify(f, held, &policy, &v, &e);

    ctl_free(f);
    if (!ok)
        print_message("%s %s\n", err_id(e.kind), e.text);
    if (ok && v.warning_count)
        return warned(&v, id);
    return strcmp(err_id(e.kind), id) == 0;
}

static void each_wrong_list_is_refused_as_the_menu_says(void **state)
{
    struct buf right = {0};
    struct err e = {0};

    (void)state;
    build(FAULT_NONE, NOW_S - 10, &right);
    struct ctl_file *held = ctl_parse(right.at, right.len, &e);
    CHECK(held, "%s", e.text);
    CHECK(judged(&right, NULL, ""), "the right list");
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        const struct fault *f = &fault_table[i];
        struct buf list = {0};
        if (f->group != FAULTS_OF_CTL)
            continue;
        build((enum fault_id)i, NOW_S, &list);
        CHECK(judged(&list, held, strstr(f->verdict, "accepted") ? "" : f->verdict), "%s", f->name);
        buf_free(&list);
    }
    ctl_free(held);
    buf_free(&right);
}

static void a_fault_may_be_one_devices_alone(void **state)
{
    struct faults f = {0};

    (void)state;
    CHECK(!fault_on(NULL, FAULT_MWI_BUSY, "a"), "no faults at all");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, "a"), "off");
    fault_set(&f, FAULT_MWI_BUSY, true, "a");
    CHECK(fault_on(&f, FAULT_MWI_BUSY, "a"), "its own");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, "b"), "another's");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, NULL), "nobody's yet");
    CHECK(fault_of_group(&f, FAULTS_OF_MWI, "a") == FAULT_MWI_BUSY, "by group");
    CHECK(fault_of_group(&f, FAULTS_OF_MWI, "b") == FAULT_NONE, "by group, another's");
    fault_set(&f, FAULT_MWI_BUSY, true, "");
    CHECK(fault_on(&f, FAULT_MWI_BUSY, NULL), "everybody's");
    fault_set(&f, FAULT_MWI_BUSY, false, "a");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, "a"), "off again");
}

static void a_message_is_swallowed_or_changed_for_its_device_alone(void **state)
{
    struct faults f = {0};
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL};
    struct device d = {.name = "a"}, other = {.name = "b"};
    uint8_t bytes[12];

    (void)state;
    fault_set(&f, FAULT_SCCP_NO_LINE, true, "a");
    CHECK(mischief_swallows(&f, &d, SCCP_LINE_STAT_RES), "the static form");
    CHECK(mischief_swallows(&f, &d, SCCP_LINE_STAT_V2_RES), "the dynamic form");
    CHECK(!mischief_swallows(&f, &d, SCCP_REGISTER_ACK), "another message");
    CHECK(!mischief_swallows(&f, &other, SCCP_LINE_STAT_RES), "another device");
    CHECK(mischief_bytes(&f, "a", bytes) == 0, "nothing behind RegisterAck");
    fault_set(&f, FAULT_SCCP_LENGTH_4G, true, "a");
    CHECK(mischief_bytes(&f, "a", bytes) == 12 && memcmp(bytes, "\xff\xff\xff\xff", 4) == 0,
          "4 GiB");
    CHECK(mischief_bytes(&f, "b", bytes) == 0, "another device");
    fault_set(&f, FAULT_MEDIA_KEY_15, true, "a");
    m.open_receive.srtp.key_len = 16;
    mischief_changes(&f, "a", &m);
    CHECK(m.open_receive.srtp.key_len == 16, "a call in the clear has no key to spoil");
    m.open_receive.srtp.algorithm = 1;
    mischief_changes(&f, "b", &m);
    CHECK(m.open_receive.srtp.key_len == 16, "another device");
    mischief_changes(&f, "a", &m);
    CHECK(m.open_receive.srtp.key_len == 15, "its own");
}

static void a_fault_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        CHECK(fault_by_name(fault_table[i].name) == (enum fault_id)i, "%s", fault_table[i].name);
    CHECK(fault_by_name("tftp") == FAULT_NONE, "a part of a name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_list_is_refused_as_the_menu_says),
        cmocka_unit_test(a_fault_may_be_one_devices_alone),
        cmocka_unit_test(a_message_is_swallowed_or_changed_for_its_device_alone),
        cmocka_unit_test(a_fault_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, make_all, free_all);
}
