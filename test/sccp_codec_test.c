/* Over the whole table: every message in every version goes there and back, has the size of the
 * reference, and may be cut at every byte. */
#include "check.h"

#include "sccp/frame.h"
#include "sccp_fill.h"

static struct sccp_message full, got;

#define EACH_MESSAGE(id, version, other)                                                           \
    for (uint32_t id = 0; id < SCCP_ID_END; id++)                                                  \
        if (sccp_shape_of(id))                                                                     \
            for (uint32_t version = 0; version <= SCCP_VERSION_MAX; version++)                     \
                for (int other = 0; other < 2; other++)

static size_t encode(const struct sccp_message *m, uint8_t *body)
{
    size_t len = 0;
    struct err e;

    CHECK(sccp_encode(m, body, SCCP_BODY_MAX, &len, &e), "%s", e.text);
    return len;
}

/* Body bytes as sccp.md states them for each message, before padding to 4. */
static const struct {
    uint32_t id, first, last; /* versions */
    size_t bytes;
} sizes[] = {
    {SCCP_KEEP_ALIVE, 0, 22, 0},
    {SCCP_KEEP_ALIVE_ACK, 0, 22, 0},
    {SCCP_REGISTER, 0, 22, 172},
    {SCCP_REGISTER_ACK, 0, 22, 20},
    {SCCP_REGISTER_REJECT, 0, 22, 32},
    {SCCP_REGISTER_TOKEN_REQ, 0, 16, 36},
    {SCCP_REGISTER_TOKEN_REQ, 17, 22, 52},
    {SCCP_REGISTER_TOKEN_ACK, 0, 22, 0},
    {SCCP_REGISTER_TOKEN_REJECT, 0, 22, 4},
    {SCCP_UNREGISTER, 0, 22, 4},
    {SCCP_UNREGISTER_ACK, 0, 22, 4},
    {SCCP_IP_PORT, 0, 22, 4},
    {SCCP_MEDIA_PORT_LIST, 0, 22, 68},
    {SCCP_ALARM, 0, 22, 92},
    {SCCP_RESET, 0, 22, 4},
    {SCCP_VERSION_REQ, 0, 22, 0},
    {SCCP_VERSION_RES, 0, 22, 16},
    {SCCP_SERVER_REQ, 0, 22, 0},
    {SCCP_SERVER_RES, 0, 16, 280},
    {SCCP_SERVER_RES, 17, 22, 360},
    {SCCP_REGISTER_AVAILABLE_LINES, 0, 22, 4},
    {SCCP_HEADSET_STATUS, 0, 22, 4},
    {SCCP_MEDIA_PATH_EVENT, 0, 22, 8},
    {SCCP_MEDIA_PATH_CAPABILITY, 0, 22, 8},
    {SCCP_MEDIA_RESOURCE_NOTIFICATION, 0, 22, 16},
    {SCCP_CAPABILITIES_REQ, 0, 22, 0},
    {SCCP_CAPABILITIES_RES, 0, 22, 292},
    {SCCP_UPDATE_CAPABILITIES, 0, 22, 1840},
    {SCCP_UPDATE_CAPABILITIES_V2, 0, 22, 2000},
    {SCCP_UPDATE_CAPABILITIES_V3, 0, 15, 2100},
    {SCCP_UPDATE_CAPABILITIES_V3, 16, 22, 2140},
    {SCCP_BUTTON_TEMPLATE_REQ, 0, 22, 0},
    {SCCP_BUTTON_TEMPLATE_RES, 0, 22, 96},
    {SCCP_SOFT_KEY_TEMPLATE_REQ, 0, 22, 0},
    {SCCP_SOFT_KEY_TEMPLATE_RES, 0, 22, 652},
    {SCCP_SOFT_KEY_SET_REQ, 0, 22, 0},
    {SCCP_SOFT_KEY_SET_RES, 0, 22, 780},
    {SCCP_SELECT_SOFT_KEYS, 0, 22, 16},
    {SCCP_CONFIG_STAT_REQ, 0, 22, 0},
    {SCCP_CONFIG_STAT_RES, 0, 22, 112},
    {SCCP_LINE_STAT_REQ, 0, 22, 4},
    {SCCP_LINE_STAT_RES, 0, 22, 112},
    {SCCP_FORWARD_STAT_REQ, 0, 22, 4},
    {SCCP_FORWARD_STAT_RES, 0, 17, 92},
    {SCCP_FORWARD_STAT_RES, 18, 22, 95},
    {SCCP_SPEED_DIAL_STAT_REQ, 0, 22, 4},
    {SCCP_SPEED_DIAL_STAT_RES, 0, 22, 68},
    {SCCP_FEATURE_STAT_REQ, 0, 22, 8},
    {SCCP_FEATURE_STAT_RES, 0, 22, 52},
    {SCCP_SERVICE_URL_STAT_REQ, 0, 22, 4},
    {SCCP_SERVICE_URL_STAT_RES, 0, 22, 300},
    {SCCP_TIME_DATE_REQ, 0, 22, 0},
    {SCCP_TIME_DATE_RES, 0, 22, 36},
    {SCCP_OFF_HOOK, 0, 22, 8},
    {SCCP_ON_HOOK, 0, 22, 8},
    {SCCP_OFF_HOOK_WITH_CGPN, 0, 17, 52},
    {SCCP_OFF_HOOK_WITH_CGPN, 18, 22, 54},
    {SCCP_KEYPAD_BUTTON, 0, 22, 12},
    {SCCP_ENBLOC_CALL, 0, 17, 28},
    {SCCP_ENBLOC_CALL, 18, 22, 29},
    {SCCP_STIMULUS, 0, 22, 16},
    {SCCP_SOFT_KEY_EVENT, 0, 22, 12},
    {SCCP_HOOK_FLASH, 0, 22, 8},
    {SCCP_SET_HOOK_FLASH_DETECT, 0, 22, 0},
    {SCCP_BACK_SPACE_RES, 0, 22, 8},
    {SCCP_CALL_STATE, 0, 22, 24},
    {SCCP_CALL_INFO, 0, 22, 384},
    {SCCP_DIALED_NUMBER, 0, 17, 32},
    {SCCP_DIALED_NUMBER, 18, 22, 33},
    {SCCP_SET_RINGER, 0, 22, 16},
    {SCCP_SET_LAMP, 0, 22, 12},
    {SCCP_SET_SPEAKER_MODE, 0, 22, 4},
    {SCCP_SET_MICROPHONE_MODE, 0, 22, 4},
    {SCCP_START_TONE, 0, 22, 16},
    {SCCP_STOP_TONE, 0, 10, 8},
    {SCCP_STOP_TONE, 11, 22, 12},
    {SCCP_ACTIVATE_CALL_PLANE, 0, 22, 4},
    {SCCP_DEACTIVATE_CALL_PLANE, 0, 22, 0},
    {SCCP_DISPLAY_PROMPT_STATUS, 0, 22, 44},
    {SCCP_CLEAR_PROMPT_STATUS, 0, 22, 8},
    {SCCP_DISPLAY_NOTIFY, 0, 22, 36},
    {SCCP_CLEAR_NOTIFY, 0, 22, 0},
    {SCCP_DISPLAY_PRI_NOTIFY, 0, 22, 40},
    {SCCP_CLEAR_PRI_NOTIFY, 0, 22, 4},
    {SCCP_DISPLAY_TEXT, 0, 22, 32},
    {SCCP_CLEAR_DISPLAY, 0, 22, 0},
    {SCCP_CALL_SELECT_STAT_RES, 0, 22, 12},
    {SCCP_CALL_HISTORY_INFO, 0, 22, 12},
    {SCCP_OPEN_RECEIVE_CHANNEL, 0, 10, 92},
    {SCCP_OPEN_RECEIVE_CHANNEL, 11, 15, 108},
    {SCCP_OPEN_RECEIVE_CHANNEL, 16, 16, 112},
    {SCCP_OPEN_RECEIVE_CHANNEL, 17, 20, 132},
    {SCCP_OPEN_RECEIVE_CHANNEL, 21, 22, 168},
    {SCCP_OPEN_RECEIVE_CHANNEL_ACK, 0, 16, 20},
    {SCCP_OPEN_RECEIVE_CHANNEL_ACK, 17, 22, 36},
    {SCCP_CLOSE_RECEIVE_CHANNEL, 0, 22, 16},
    {SCCP_START_MEDIA_TRANSMISSION, 0, 14, 112},
    {SCCP_START_MEDIA_TRANSMISSION, 15, 16, 116},
    {SCCP_START_MEDIA_TRANSMISSION, 17, 20, 132},
    {SCCP_START_MEDIA_TRANSMISSION, 21, 22, 168},
    {SCCP_START_MEDIA_TRANSMISSION_ACK, 0, 16, 24},
    {SCCP_START_MEDIA_TRANSMISSION_ACK, 17, 22, 40},
    {SCCP_STOP_MEDIA_TRANSMISSION, 0, 22, 16},
    {SCCP_MEDIA_TRANSMISSION_FAILURE, 0, 16, 20},
    {SCCP_MEDIA_TRANSMISSION_FAILURE, 17, 22, 36},
    {SCCP_START_MEDIA_FAILURE_DETECTION, 0, 22, 28},
    {SCCP_PORT_REQ, 0, 22, 24},
    {SCCP_PORT_RES, 0, 16, 24},
    {SCCP_PORT_RES, 17, 18, 40},
    {SCCP_PORT_RES, 19, 22, 44},
    {SCCP_PORT_CLOSE, 0, 22, 16},
    {SCCP_CONNECTION_STATISTICS_REQ, 0, 17, 32},
    {SCCP_CONNECTION_STATISTICS_REQ, 18, 22, 36},
    {SCCP_START_MULTICAST_MEDIA_RECEPTION, 0, 16, 36},
    {SCCP_START_MULTICAST_MEDIA_RECEPTION, 17, 22, 52},
    {SCCP_START_MULTICAST_MEDIA_TRANSMISSION, 0, 16, 44},
    {SCCP_START_MULTICAST_MEDIA_TRANSMISSION, 17, 22, 60},
    {SCCP_STOP_MULTICAST_MEDIA_RECEPTION, 0, 22, 12},
    {SCCP_STOP_MULTICAST_MEDIA_TRANSMISSION, 0, 22, 12},
    {SCCP_MULTICAST_MEDIA_RECEPTION_ACK, 0, 22, 12},
    {SCCP_NOTIFY_DTMF_TONE, 0, 22, 12},
    {SCCP_SEND_DTMF_TONE, 0, 22, 12},
    {SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ, 0, 22, 16},
    {SCCP_SUBSCRIBE_DTMF_PAYLOAD_RES, 0, 22, 12},
    {SCCP_SUBSCRIBE_DTMF_PAYLOAD_ERR, 0, 22, 12},
    {SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_REQ, 0, 22, 16},
    {SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_RES, 0, 22, 12},
    {SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_ERR, 0, 22, 12},
    {SCCP_MWI_NOTIFICATION, 0, 22, 86},
    {SCCP_MWI_RES, 0, 22, 29},
};

static void each_body_has_the_size_of_the_reference(void **state)
{
    uint8_t body[SCCP_BODY_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (uint32_t v = sizes[i].first; v <= sizes[i].last; v++) {
            fill_message(&full, sizes[i].id, v, false);
            size_t len = encode(&full, body), want = (sizes[i].bytes + 3) / 4 * 4;
            CHECK(len == want, "%s version %u: %zu bytes, not %zu", sccp_name(sizes[i].id), v, len,
                  want);
        }
}

/* The dynamic ones have no size; all others must be in the list, in each version. */
static void the_list_of_sizes_forgets_no_message(void **state)
{
    static const uint32_t dynamic[] = {
        SCCP_CONFIG_STAT_V2_RES,        SCCP_LINE_STAT_V2_RES,        SCCP_SPEED_DIAL_STAT_V2_RES,
        SCCP_FEATURE_STAT_V2_RES,       SCCP_SERVICE_URL_STAT_V2_RES, SCCP_DISPLAY_PROMPT_STATUS_V2,
        SCCP_DISPLAY_NOTIFY_V2,         SCCP_DISPLAY_PRI_NOTIFY_V2,   SCCP_CALL_INFO_V2,
        SCCP_CONNECTION_STATISTICS_RES,
    };

    (void)state;
    EACH_MESSAGE(id, version, other)
    {
        unsigned listed = 0;
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            listed += sizes[i].id == id && version >= sizes[i].first && version <= sizes[i].last;
        for (size_t i = 0; i < sizeof dynamic / sizeof dynamic[0]; i++)
            listed += dynamic[i] == id;
        CHECK(listed == 1, "%s version %u stands %u times", sccp_name(id), version, listed);
        (void)other;
    }
}

static void every_message_in_every_version_goes_there_and_back(void **state)
{
    uint8_t body[SCCP_BODY_MAX];
    struct err e;

    (void)state;
    EACH_MESSAGE(id, version, other)
    {
        fill_message(&full, id, version, other);
        size_t len = encode(&full, body);
        CHECK(len % 4 == 0, "%s: %zu bytes", sccp_name(id), len);
        CHECK(sccp_decode(&got, id, version, body, len, &e), "version %u: %s", version, e.text);
        if (memcmp(&got, &full, sizeof got) != 0)
            fprintf(stderr, "%s version %u form %d\n", sccp_name(id), version, other);
        CHECK_BYTES(&got, sizeof got, &full, sizeof full);
    }
}

/* ---- cut at every byte ---- */

static void check_rows(const struct sccp_field *rows, size_t count, uint32_t version,
                       const char *part, const char *whole, size_t cut);

/* A field of a body that was cut is as it was, or zero; text may be its beginning. */
static void check_field(const struct sccp_field *f, uint32_t version, const char *part,
                        const char *whole, size_t cut)
{
    static const char zeros[1024];
    const char *a = part + f->at, *b = whole + f->at;

    if (f->kind == SCCP_PAD)
        return;
    if (f->kind == SCCP_ARRAY) {
        size_t n = f->other ? sccp_load(part + f->other, 4) : 0;
        CHECK(n <= f->times, "%s counts %zu", f->name, n);
        for (size_t i = 0; i < n; i++)
            check_rows(f->of, f->of_count, version, a + i * f->stride, b + i * f->stride, cut);
        return;
    }
    if (f->kind == SCCP_TEXT || f->kind == SCCP_STRING || f->kind == SCCP_NUMBER ||
        f->kind == SCCP_COUNTED)
        CHECK(strncmp(a, b, strnlen(a, f->size)) == 0, "%s cut at %zu", f->name, cut);
    else
        CHECK(memcmp(a, b, f->size) == 0 || memcmp(a, zeros, f->size) == 0, "%s cut at %zu",
              f->name, cut);
}

static bool is_count(const struct sccp_field *rows, size_t count, const struct sccp_field *f)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].other == f->at && (rows[i].kind == SCCP_ARRAY || rows[i].kind == SCCP_COUNTED))
            return true;
    return false;
}

static void check_rows(const struct sccp_field *rows, size_t count, uint32_t version,
                       const char *part, const char *whole, size_t cut)
{
    for (size_t i = 0; i < count; i++)
        if (sccp_field_in(&rows[i], version) && !is_count(rows, count, &rows[i]))
            check_field(&rows[i], version, part, whole, cut);
}

/* Where a shorter body is another form, on purpose: sccp_peers_test has those. */
static bool has_forms(uint32_t id, size_t cut)
{
    static const struct {
        uint32_t id;
        size_t cuts[2];
    } rows[] = {
        {SCCP_OPEN_RECEIVE_CHANNEL_ACK, {16, 20}},
        {SCCP_START_MEDIA_TRANSMISSION_ACK, {24, 24}},
        {SCCP_MEDIA_TRANSMISSION_FAILURE, {20, 20}},
        {SCCP_PORT_RES, {24, 24}},
        {SCCP_SERVER_RES, {280, 280}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].id == id && (rows[i].cuts[0] == cut || rows[i].cuts[1] == cut))
            return true;
    return id == SCCP_CONNECTION_STATISTICS_RES || (id == SCCP_REGISTER_ACK && cut < 16);
}

static void check_cut(uint32_t id, uint32_t version, const uint8_t *body, size_t cut)
{
    const struct sccp_shape *shape = sccp_shape_of(id);
    struct err e = {0};
    /* On the heap in its exact size, so that a sanitizer sees a read past its end. */
    uint8_t *exact = malloc(cut ? cut : 1);

    if (cut)
        memcpy(exact, body, cut);
    if (!sccp_decode(&got, id, version, exact, cut, &e)) {
        CHECK(e.kind == ERR_SHORT, "%s", e.text);
        CHECK(strncmp(e.text, sccp_name(id), strlen(sccp_name(id))) == 0, "%s", e.text);
    } else if (!has_forms(id, cut)) {
        check_rows(shape->fields, shape->count, version, (const char *)&got, (const char *)&full,
                   cut);
    }
    free(exact);
}

static void every_body_may_be_cut_at_every_byte(void **state)
{
    uint8_t body[SCCP_BODY_MAX];

    (void)state;
    EACH_MESSAGE(id, version, other)
    {
        fill_message(&full, id, version, other);
        size_t len = encode(&full, body);
        for (size_t cut = 0; cut <= len; cut++)
            check_cut(id, version, body, cut);
    }
}

static void bytes_past_the_layout_are_ignored(void **state)
{
    uint8_t body[SCCP_BODY_MAX + 64];
    struct err e;

    (void)state;
    EACH_MESSAGE(id, version, other)
    {
        if (id == SCCP_CALL_INFO_V2 || id == SCCP_CONNECTION_STATISTICS_RES)
            continue; /* late strings; forms told by the length */
        if (id == SCCP_REGISTER || id == SCCP_UNREGISTER || id == SCCP_OPEN_RECEIVE_CHANNEL_ACK)
            continue; /* optional at the end; forms told by the length */
        fill_message(&full, id, version, other);
        size_t len = encode(&full, body);
        memset(body + len, 0xee, 64);
        CHECK(sccp_decode(&got, id, version, body, len + 64, &e), "%s", e.text);
        CHECK_BYTES(&got, sizeof got, &full, sizeof full);
    }
}

/* ---- the tables themselves ---- */

static void check_row(const struct sccp_field *f)
{
    size_t wire = sccp_field_wire(f, SCCP_VERSION_MAX);

    CHECK(f->since <= f->until, "%s", f->name);
    if (f->kind == SCCP_UINT || f->kind == SCCP_DIGIT || f->kind == SCCP_TONED)
        CHECK(f->wire <= f->size && (f->size == 1 || f->size == 2 || f->size == 4), "%s", f->name);
    if (f->kind == SCCP_BYTES || f->kind == SCCP_IP || f->kind == SCCP_SECRET)
        CHECK(f->wire == f->size, "%s", f->name);
    if (f->kind == SCCP_TEXT || f->kind == SCCP_NUMBER)
        CHECK(f->size > wire, "%s holds %u bytes, %zu come", f->name, f->size, wire);
    if (f->kind == SCCP_ADDRESS)
        CHECK(f->size == sizeof(struct sccp_addr), "%s", f->name);
    if (f->kind == SCCP_PARAMS || f->kind == SCCP_PARAMS_SINCE_11)
        CHECK(f->size == sizeof(struct sccp_codec_params), "%s", f->name);
    if (f->kind == SCCP_ARRAY)
        CHECK((size_t)f->times * f->stride == f->size && f->of_count > 0, "%s", f->name);
}

static void every_row_fits_its_field(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < SCCP_ID_END; id++) {
        const struct sccp_shape *s = sccp_shape_of(id);
        for (size_t i = 0; s && i < s->count; i++) {
            check_row(&s->fields[i]);
            for (size_t j = 0; j < s->fields[i].of_count; j++)
                check_row(&s->fields[i].of[j]);
        }
    }
}

/* Behind a row with which a body may end, no row can be needed. */
static void no_row_is_needed_behind_one_that_may_be_missing(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < SCCP_ID_END; id++) {
        const struct sccp_shape *s = sccp_shape_of(id);
        bool may_end = false;
        for (size_t i = 0; s && i < s->count; i++) {
            CHECK(s->fields[i].may_end || !may_end, "%s: %s", sccp_name(id), s->fields[i].name);
            may_end |= s->fields[i].may_end;
        }
    }
}

static void every_known_message_has_a_name_and_a_sender(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < SCCP_ID_END; id++) {
        if (!sccp_knows(id))
            continue;
        CHECK(strcmp(sccp_name(id), "unknown") != 0, "0x%04x", id);
        CHECK(sccp_sender_of(id) != SCCP_SENDER_NONE, "0x%04x", id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_body_has_the_size_of_the_reference),
        cmocka_unit_test(the_list_of_sizes_forgets_no_message),
        cmocka_unit_test(every_message_in_every_version_goes_there_and_back),
        cmocka_unit_test(every_body_may_be_cut_at_every_byte),
        cmocka_unit_test(bytes_past_the_layout_are_ignored),
        cmocka_unit_test(every_row_fits_its_field),
        cmocka_unit_test(no_row_is_needed_behind_one_that_may_be_missing),
        cmocka_unit_test(every_known_message_has_a_name_and_a_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
