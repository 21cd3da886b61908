/* A CTL file as a whole and its header: CTL-01 to CTL-14. */
#include "ctl_parsing.h"

static const char example_name[] = "CN=cucm1.lab.test;OU=Lab;O=Example;L=Minato;ST=Tokyo;C=JP";

static void the_worked_example_is_read_as_appendix_a_annotates_it(void **state)
{
    struct err e;
    struct ctl_file *f;

    (void)state;
    ACCEPTED(f, parse(example, example_len, &e), e);
    CHECK(f->warning_count == 0, "%s", f->warnings[0].text);
    const struct ctl_header *h = &f->header;
    CHECK(h->major == 1 && h->minor == 2 && h->length == 328, "%u", h->length);
    CHECK(is_text(h->signer_name, example_name) && is_text(h->ca_name, example_name), "names");
    CHECK(h->serial.len == 16 && h->serial.at[0] == 0x5a && h->serial.at[15] == 0xe8, "serial");
    CHECK(h->digest == 1 && h->signature_algorithm == 0 && h->modulus_code == 1, "algorithms");
    CHECK(h->signature_at == 172 && h->signature.len == 128, "%zu", h->signature_at);
    CHECK(is_text(h->file_name, "CTLFile.tlv") && h->timestamp == EXAMPLE_TIME, "name, time");
    CHECK(h->padding == 3 && h->has_timestamp && !h->has_signer_version, "%zu", h->padding);
    CHECK(f->count == 3, "%zu", f->count);
    static const struct {
        size_t offset, length;
        uint16_t role;
        uint8_t last;
        const char *dns;
    } rows[] = {{328, 1139, 0, 10, "cucm1.lab.test"},
                {1467, 1139, 2, 10, "cucm1.lab.test"},
                {2606, 31, 2, 11, "192.0.2.11"}};
    for (size_t i = 0; i < 3; i++) {
        struct net_addr a;
        const struct ctl_record *r = &f->records[i];
        CHECK(r->offset == rows[i].offset && r->length == rows[i].length, "row %zu", i);
        CHECK(r->role == rows[i].role && is_text(r->dns_name, rows[i].dns), "row %zu", i);
        CHECK(ctl_record_address(r, &a) && a.ip[3] == rows[i].last, "row %zu", i);
    }
    CHECK(f->records[0].certificate.len == 686 && f->records[0].public_key.len == 140,
          "certificate");
    CHECK(!f->records[2].certificate.at && !f->records[2].subject.at, "record 3 has a certificate");
    ctl_free(f);
}

static void the_digests_are_those_that_md5sum_prints(void **state)
{
    char md5[33], sha1[41], sha256[65];

    (void)state;
    ctl_md5(example, example_len, md5);
    ctl_sha1(example, example_len, sha1);
    ctl_sha256(example, example_len, sha256);
    CHECK(strcmp(md5, "cea1389df4f9e5b8c9025188a69dcb9c") == 0, "%s", md5);
    CHECK(strcmp(sha1, "1e875220197a6a79beee6d279fdc60f5cff8b98b") == 0, "%s", sha1);
    CHECK(strcmp(sha256, "b37353a5664e01f99540f837c22295d07a711249ffe265724ece0e4ea3298f5d") == 0,
          "%s", sha256);
}

static void the_worked_example_is_rebuilt_byte_for_byte(void **state)
{
    struct ctl_build_record r[3];
    struct buf out = {0};
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    CHECK(ctl_build(&b, &out, &e), "%s", e.text);
    CHECK_BYTES(out.at, out.len, example, example_len);
    buf_free(&out);
}

/* --- the arithmetic of 1.11: lengths of values as real CUCMs listed them --- */

struct lengths {
    const char *what;
    size_t dns, subject, issuer, serial, key, signature, certificate, address, total;
};
#define NONE ((size_t)-1)

static const struct lengths real_records[] = {
    {"SAST and CCM+TFTP, RSA-1024", 16, 62, 62, 16, 140, 128, 694, 4, 1156},
    {"CAPF", 16, 60, 60, 16, 140, 128, 680, 4, 1138},
    {"CCM+TFTP subscriber", 17, 63, 63, 16, 140, 128, 696, 4, 1161},
    {"SAST eToken", 1, 56, 42, 10, 140, NONE, 902, 4, 1186},
    {"CAPF without tag 8", 13, 60, 60, 16, 140, NONE, 680, 4, 1004},
    {"CCM+TFTP RSA-2048", 16, 62, 62, 16, 270, 256, 955, 4, 1675},
    {"CCM+TFTP non-secure", 13, NONE, NONE, NONE, NONE, NONE, NONE, 4, 33},
};

/* Edits that give record `n` values of these lengths. */
static size_t edits_for(const struct lengths *l, size_t n, struct ctl_build_edit *edits)
{
    const struct {
        uint8_t tag;
        size_t len;
    } items[] = {{2, l->dns}, {3, l->subject},   {5, l->issuer},      {6, l->serial},
                 {7, l->key}, {8, l->signature}, {9, l->certificate}, {10, l->address}};
    size_t count = 0;

    for (size_t i = 0; i < 8; i++)
        edits[count++] =
            (struct ctl_build_edit){.record = n,
                                    .tag = items[i].tag,
                                    .kind = items[i].len == NONE ? CTL_EDIT_OMIT : CTL_EDIT_VALUE,
                                    .bytes = filler,
                                    .len = items[i].len == NONE ? 0 : items[i].len};
    return count;
}

static size_t header_edits(size_t subject, size_t serial, size_t issuer,
                           struct ctl_build_edit *edits)
{
    edits[0] = (struct ctl_build_edit){
        .tag = HEADER_SIGNER_NAME, .kind = CTL_EDIT_VALUE, .bytes = filler, .len = subject};
    edits[1] = (struct ctl_build_edit){
        .tag = HEADER_SERIAL, .kind = CTL_EDIT_VALUE, .bytes = filler, .len = serial};
    edits[2] = (struct ctl_build_edit){
        .tag = HEADER_CA_NAME, .kind = CTL_EDIT_VALUE, .bytes = filler, .len = issuer};
    return 3;
}

/* Builds a list of the given rows and looks at what its length fields say. */
static void check_layout(size_t subject, size_t serial, size_t issuer, size_t header_length,
                         const size_t *rows, size_t count, size_t file_length)
{
    struct ctl_build_record records[8];
    struct ctl_build_edit edits[80];
    struct buf out = {0};
    struct err e;
    size_t n = header_edits(subject, serial, issuer, edits);

    for (size_t i = 0; i < count; i++) {
        example_records(records);
        n += edits_for(&real_records[rows[i]], i + 1, edits + n);
    }
    for (size_t i = 0; i < count; i++)
        records[i] = (struct ctl_build_record){.role = CTL_ROLE_CCM_TFTP,
                                               .dns_name = "x",
                                               .cert = example_cert,
                                               .address = example_ip[0],
                                               .address_len = 4};
    struct ctl_build b = example_build(records, count);
    b.faults = &(struct ctl_build_faults){.edits = edits, .edit_count = n};
    CHECK(ctl_build(&b, &out, &e), "%s", e.text);
    CHECK(out.at[8] << 8 == (int)(header_length & 0xff00) && out.at[9] == (header_length & 0xff),
          "HEADERLENGTH is %d, wanted %zu", out.at[8] << 8 | out.at[9], header_length);
    size_t at = header_length;
    for (size_t i = 0; i < count; i++) {
        size_t length = (size_t)(out.at[at + 3] << 8 | out.at[at + 4]);
        CHECK(length == real_records[rows[i]].total, "%s: %zu", real_records[rows[i]].what, length);
        at += length;
    }
    CHECK(at == out.len, "the records end at %zu of %zu", at, out.len);
    CHECK(!file_length || out.len == file_length, "%zu", out.len);
    buf_free(&out);
}

static void lengths_are_those_of_real_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < 7; i++)
        check_layout(62, 16, 62, 336, &i, 1, 0);
    check_layout(62, 16, 62, 336, (size_t[]){0, 0, 1, 2}, 4, 4947);    /* tokenless, two nodes */
    check_layout(56, 10, 42, 304, (size_t[]){3, 3, 6, 4, 6}, 5, 3746); /* set back to non-secure */
}

/* --- structure, CTL-01 to CTL-14 --- */

static void every_cut_is_refused_and_its_end_is_not_read_past(void **state)
{
    struct err e;

    (void)state;
    for (size_t len = 0; len < example_len; len++) {
        uint8_t *exact = malloc(len ? len : 1); /* a sanitizer sees a read past its end */
        memcpy(exact, example, len);
        err_clear(&e);
        struct ctl_file *f = ctl_parse(exact, len, &e);
        if (len == 1467 || len == 2606) /* cut between records: the signature finds it */
            CHECK(f, "cut at %zu: %s", len, e.text);
        else
            CHECK(!f && *err_id(e.kind), "cut at %zu", len);
        ctl_free(f);
        free(exact);
    }
}

static void where_a_file_is_cut_is_said(void **state)
{
    static const struct {
        size_t len;
        enum err_kind kind;
        const char *part;
    } rows[] = {
        {0, ERR_CTL_01, "0 bytes"},
        {3, ERR_CTL_07, "VERSION at offset 0: 5 bytes needed, 3 left"},
        {9, ERR_CTL_07, "HEADERLENGTH at offset 5: 5 bytes needed, 4 left"},
        {10, ERR_CTL_06, "length 328 is impossible in a file of 10 bytes"},
        {327, ERR_CTL_06, "328"},
        {328, ERR_CTL_29, "no records"},
        {330, ERR_CTL_13, "record 1: no record length at offset 328 (found 0100)"},
        {1466, ERR_CTL_14, "record 1: length 1139 does not fit (offset 328, 1138 bytes left)"},
        {2607, ERR_CTL_13, "record 3"},
        {2636, ERR_CTL_14, "record 3: length 31 does not fit (offset 2606, 30 bytes left)"},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        REFUSED(parse(example, rows[i].len, &e), e, rows[i].kind, rows[i].part);
}

static void a_file_above_the_limit_is_refused_at_once(void **state)
{
    size_t cap = CTL_FILE_MAX + 1;
    uint8_t *big = calloc(1, cap);
    struct err e;

    (void)state;
    memcpy(big, example, example_len);
    REFUSED(parse(big, cap, &e), e, ERR_CTL_02, "1048577 bytes, limit is 1048576");
    REFUSED(parse(big, cap - 1, &e), e, ERR_CTL_13, "record 4"); /* the size alone is allowed */
    free(big);
}

static void more_than_1024_records_are_refused(void **state)
{
    struct ctl_build_record *r = calloc(1025, sizeof *r);
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 1025; i++)
        r[i] = (struct ctl_build_record){.role = CTL_ROLE_CAPF};
    struct ctl_build b = example_build(r, 1025);
    REFUSED(build_and_parse(&b, &e), e, ERR_CTL_02, "1025 records, limit is 1024");
    b.count = 1024;
    ACCEPTED(f, build_and_parse(&b, &e), e);
    CHECK(f->count == 1024, "%zu", f->count);
    ctl_free(f);
    free(r);
}

static void what_is_not_a_ctl_is_called_so(void **state)
{
    static const struct {
        const char *bytes;
        const char *part;
    } rows[] = {
        {"<html><body>404</body></html>",
         "begins with 3c68746d6c3e3c62 instead of 010002; it looks "
         "like HTML"},
        {"\n  <!DOCTYPE html>", "HTML"},
        {"<?xml version='1.0'?>", "XML"},
        {"-----BEGIN CERTIFICATE-----", "PEM"},
        {"hello there", "68656c6c6f207468"},
        {"x", "78"},
        {"\x01\x00\x03\x01\x02\x02\x00\x02\x00\x0a", "0100030102020002"},
        {"\x01\x00\x02\x01\x02\x03\x00\x02\x00\x0a", "0100020102030002"},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = i < 6 ? strlen(rows[i].bytes) : 10;
        REFUSED(parse((const uint8_t *)rows[i].bytes, len, &e), e, ERR_CTL_03, rows[i].part);
    }
}

static void versions_1_0_to_1_2_are_read_alike(void **state)
{
    struct ctl_build_faults faults = {.set_version = true};
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (uint8_t minor = 0; minor <= 3; minor++) {
        faults.version[0] = 1;
        faults.version[1] = minor;
        ACCEPTED(f, example_with(&faults, &e), e);
        CHECK((f->warning_count == 1) == (minor == 3), "minor %u: %zu", minor, f->warning_count);
        CHECK(minor < 3 || has_warning(f->warnings, 1, ERR_CTL_05, "1.3 is newer than 1.2"), "%s",
              f->warnings[0].text);
        ctl_free(f);
    }
    faults.version[0] = 2;
    REFUSED(example_with(&faults, &e), e, ERR_CTL_04, "version 2.3");
}

static void a_header_length_must_fit_the_file_and_its_items(void **state)
{
    struct ctl_build_faults faults = {0};
    struct err e;

    (void)state;
    faults.header_length_off = -319;
    REFUSED(example_with(&faults, &e), e, ERR_CTL_06, "length 9 ");
    faults.header_length_off = 2310; /* 2638 of 2637 */
    REFUSED(example_with(&faults, &e), e, ERR_CTL_06, "length 2638 ");
    faults.header_length_off = -3; /* without the padding: the records begin with it */
    REFUSED(example_with(&faults, &e), e, ERR_CTL_13, "offset 325 (found 0d0d0d01");
    faults.header_length_off = -4; /* into TIMESTAMP */
    REFUSED(example_with(&faults, &e), e, ERR_CTL_08, "tag 15 at offset 318");
    faults.header_length_off = 31; /* the first record's items are no header */
    REFUSED(example_with(&faults, &e), e, ERR_CTL_09, "VERSION twice");
}

static void an_item_may_not_reach_beyond_its_container(void **state)
{
    struct err e;

    (void)state;
    REFUSED(EDIT(.tag = HEADER_SERIAL, .kind = CTL_EDIT_LENGTH, .length = 120), e, ERR_CTL_08,
            "tag 5 at offset 74");
    REFUSED(EDIT(.tag = HEADER_TIMESTAMP, .kind = CTL_EDIT_LENGTH, .length = 60000), e, ERR_CTL_07,
            "ends inside TIMESTAMP at offset 318: 60000 bytes announced, 7 left");
    REFUSED(EDIT(.tag = HEADER_SIGNATURE_ALGO_INFO, .kind = CTL_EDIT_LENGTH, .length = 9), e,
            ERR_CTL_08, "tag 9 at offset 161");
    REFUSED(EDIT(.record = 2, .tag = RECORD_CERTIFICATE, .kind = CTL_EDIT_LENGTH, .length = 694), e,
            ERR_CTL_14, "record 2: length 694 of CERTIFICATE does not fit (offset 1910, 693 bytes");
}

static void a_header_tag_twice_is_refused(void **state)
{
    static const uint8_t tags[] = {
        HEADER_SIGNER_ID, HEADER_SIGNER_NAME,         HEADER_SERIAL,        HEADER_CA_NAME,
        HEADER_DIGEST,    HEADER_SIGNATURE_ALGORITHM, HEADER_MODULUS,       HEADER_SIGNATURE,
        HEADER_FILE_NAME, HEADER_TIMESTAMP,           HEADER_SIGNATURE_INFO};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof tags; i++)
        REFUSED(EDIT(.tag = tags[i], .kind = CTL_EDIT_TWICE), e, ERR_CTL_09,
                header_tag_name(tags[i]));
    static const uint8_t signer_version[] = {28, 0, 2, 1, 0};
    struct ctl_build_edit again = {.tag = HEADER_TIMESTAMP,
                                   .kind = CTL_EDIT_AFTER,
                                   .bytes = signer_version,
                                   .len = sizeof signer_version};
    struct ctl_build_faults faults = {
        .signer_version = true, .signer_version_value = {1, 1}, .edits = &again, .edit_count = 1};
    REFUSED(example_with(&faults, &e), e, ERR_CTL_09, "SIGNERVERSION twice (offsets 10, 330)");
    struct ctl_file *f;
    faults.edit_count = 0;
    ACCEPTED(f, example_with(&faults, &e), e);
    CHECK(f->header.has_signer_version && f->header.signer_version[1] == 1, "28");
    CHECK(f->header.length == 332 && f->header.padding == 2, "%u", f->header.length);
    ctl_free(f);
}

static void mandatory_header_tags_must_be_there_others_are_missed(void **state)
{
    static const uint8_t must[] = {HEADER_SERIAL, HEADER_CA_NAME, HEADER_DIGEST, HEADER_SIGNATURE};
    static const uint8_t should[] = {HEADER_SIGNER_NAME, HEADER_SIGNATURE_ALGORITHM, HEADER_MODULUS,
                                     HEADER_FILE_NAME, HEADER_TIMESTAMP};
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof must; i++)
        REFUSED(EDIT(.tag = must[i], .kind = CTL_EDIT_OMIT), e, ERR_CTL_10,
                header_tag_name(must[i]));
    for (size_t i = 0; i < sizeof should; i++) {
        ACCEPTED(f, EDIT(.tag = should[i], .kind = CTL_EDIT_OMIT), e);
        CHECK(f->warning_count == 1 &&
                  has_warning(f->warnings, 1, ERR_CTL_10, header_tag_name(should[i])),
              "%s: %s", header_tag_name(should[i]), f->warnings[0].text);
        ctl_free(f);
    }
}

static void fixed_lengths_are_fixed(void **state)
{
    static const struct {
        uint8_t tag;
        size_t len;
        const char *part;
    } rows[] = {
        {HEADER_DIGEST, 2, "DIGESTALGORITHM at offset 157 has length 2, must be 1"},
        {HEADER_SIGNATURE_ALGORITHM, 0, "must be 1"},
        {HEADER_MODULUS, 2, "must be 1"},
        {HEADER_TIMESTAMP, 8, "has length 8, must be 4"},
        {HEADER_SERIAL, 0, "must be 1 to 20"},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        REFUSED(
            EDIT(.tag = rows[i].tag, .kind = CTL_EDIT_VALUE, .bytes = filler, .len = rows[i].len),
            e, ERR_CTL_11, rows[i].part);
    static const uint8_t signer_version[] = {28, 0, 1, 1};
    REFUSED(
        EDIT(.tag = HEADER_TIMESTAMP, .kind = CTL_EDIT_AFTER, .bytes = signer_version, .len = 4), e,
        ERR_CTL_11, "SIGNERVERSION at offset 325 has length 1, must be 2");
}

static void unknown_tags_are_skipped_aloud(void **state)
{
    static const uint8_t unknown[] = {77, 0, 2, 'h', 'i'};
    struct ctl_file *f;
    struct err e;

    (void)state;
    ACCEPTED(f,
             EDIT(.tag = HEADER_TIMESTAMP, .kind = CTL_EDIT_AFTER, .bytes = unknown,
                  .len = sizeof unknown),
             e);
    CHECK(has_warning(f->warnings, 1, ERR_CTL_12, "tag 77 (2 bytes) at offset 325"), "%s",
          f->warnings[0].text);
    ctl_free(f);
    ACCEPTED(f,
             EDIT(.record = 3, .tag = RECORD_IP_ADDRESS, .kind = CTL_EDIT_AFTER, .bytes = unknown,
                  .len = sizeof unknown),
             e);
    CHECK(has_warning(f->warnings, 1, ERR_CTL_12, "at offset 2637"), "%s", f->warnings[0].text);
    ctl_free(f);
    /* A known tag where it does not belong is not taken for the one that is missing. */
    static const uint8_t serial_outside[] = {5, 0, 1, 9};
    struct ctl_build_edit edits[] = {
        {.tag = HEADER_SERIAL, .kind = CTL_EDIT_OMIT},
        {.tag = HEADER_TIMESTAMP, .kind = CTL_EDIT_AFTER, .bytes = serial_outside, .len = 4}};
    REFUSED(example_edited(edits, 2, &e), e, ERR_CTL_10, "SERIALNUMBER");
}

static void padding_is_a_bare_tag_anywhere_in_the_outer_header(void **state)
{
    static const uint8_t after_signature[] = {3, 7, 12, 13, 14, 15};
    static const uint8_t first[] = {13, 15, 14, 12, 7, 3};
    struct ctl_build_faults faults[] = {
        {.set_padding = true, .padding = 0},
        {.set_padding = true, .padding = 1},
        {.set_padding = true, .padding = 200},
        {.set_padding = true, .padding = 7, .header_order = after_signature, .header_order_len = 6},
        {.header_order = first, .header_order_len = 6},
    };
    static const size_t counts[] = {0, 1, 200, 7, 3};
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        ACCEPTED(f, example_with(&faults[i], &e), e);
        CHECK(f->header.padding == counts[i] && f->count == 3, "row %zu: %zu", i,
              f->header.padding);
        CHECK(f->warning_count == 0, "row %zu: %s", i, f->warnings[0].text);
        ctl_free(f);
    }
}

static void warnings_are_counted_beyond_their_array(void **state)
{
    uint8_t many[4 * 40];
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 40; i++)
        memcpy(many + 4 * i, (uint8_t[]){200, 0, 1, (uint8_t)i}, 4);
    ACCEPTED(f,
             EDIT(.record = 3, .tag = RECORD_IP_ADDRESS, .kind = CTL_EDIT_AFTER, .bytes = many,
                  .len = sizeof many),
             e);
    CHECK(f->warning_count == 40, "%zu", f->warning_count);
    ctl_free(f);
}

static void hostile_names_are_escaped_and_cut_in_messages(void **state)
{
    char evil[600] = "\x1b[2J\"\\\n";
    struct err e;

    (void)state;
    memset(evil + 7, 'A', 500);
    struct ctl_build_edit edits[] = {{.record = 1,
                                      .tag = RECORD_DNS_NAME,
                                      .kind = CTL_EDIT_VALUE,
                                      .bytes = (uint8_t *)evil,
                                      .len = 508},
                                     {.record = 1,
                                      .tag = RECORD_CERTIFICATE,
                                      .kind = CTL_EDIT_VALUE,
                                      .bytes = filler,
                                      .len = 4}};
    REFUSED(example_edited(edits, 2, &e), e, ERR_CTL_20, "\\x1b[2J\\x22\\x5c\\x0aAAA");
    for (const char *p = e.text; *p; p++)
        CHECK(*p >= ' ' && *p < 0x7f, "%02x in a message", (unsigned char)*p);
    CHECK(strlen(e.text) < 300, "%zu", strlen(e.text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_is_read_as_appendix_a_annotates_it),
        cmocka_unit_test(the_digests_are_those_that_md5sum_prints),
        cmocka_unit_test(the_worked_example_is_rebuilt_byte_for_byte),
        cmocka_unit_test(lengths_are_those_of_real_lists),
        cmocka_unit_test(every_cut_is_refused_and_its_end_is_not_read_past),
        cmocka_unit_test(where_a_file_is_cut_is_said),
        cmocka_unit_test(a_file_above_the_limit_is_refused_at_once),
        cmocka_unit_test(more_than_1024_records_are_refused),
        cmocka_unit_test(what_is_not_a_ctl_is_called_so),
        cmocka_unit_test(versions_1_0_to_1_2_are_read_alike),
        cmocka_unit_test(a_header_length_must_fit_the_file_and_its_items),
        cmocka_unit_test(an_item_may_not_reach_beyond_its_container),
        cmocka_unit_test(a_header_tag_twice_is_refused),
        cmocka_unit_test(mandatory_header_tags_must_be_there_others_are_missed),
        cmocka_unit_test(fixed_lengths_are_fixed),
        cmocka_unit_test(unknown_tags_are_skipped_aloud),
        cmocka_unit_test(padding_is_a_bare_tag_anywhere_in_the_outer_header),
        cmocka_unit_test(warnings_are_counted_beyond_their_array),
        cmocka_unit_test(hostile_names_are_escaped_and_cut_in_messages),
    };
    return cmocka_run_group_tests(tests, fixture_load, fixture_unload);
}
