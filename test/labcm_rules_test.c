/* The smaller rules of the lab call manager: numbers, hunting, registering, hearing, asking. */
#include "tools/labcm/ask.h"
#include "tools/labcm/hear.h"
#include "tools/labcm/registrar.h"

#include "test/labcm_fixture.h"

/* ---- numbers --------------------------------------------------------------------------------- */

static void a_number_is_what_the_dial_plan_says(void **state)
{
    static const struct plan p = {.first = 1, .count = 1200};
    static const struct {
        const char *digits;
        bool whole, subscriber;
        enum plan_kind kind;
        unsigned index;
    } rows[] = {
        {"8000", false, false, PLAN_IS_PILOT, 0},
        {"800", false, false, PLAN_MORE, 0},
        {"800", true, false, PLAN_UNKNOWN, 0},
        {"80000", false, false, PLAN_UNKNOWN, 0},
        {"1001", false, false, PLAN_IS_PHONE, 0},
        {"1999", false, false, PLAN_IS_PHONE, 998},
        {"1000", false, false, PLAN_UNKNOWN, 0},
        {"2001", false, false, PLAN_UNKNOWN, 0},
        {"999001", false, true, PLAN_IS_PORT, 0},
        {"999989", false, true, PLAN_IS_PORT, 988},
        {"99800990", false, true, PLAN_IS_PORT, 989}, /* beside the MWI numbers */
        {"99801200", false, true, PLAN_IS_PORT, 1199},
        {"99801201", false, true, PLAN_UNKNOWN, 0},
        {"99800989", false, true, PLAN_UNKNOWN, 0}, /* it has a short number */
        {"999000", false, true, PLAN_UNKNOWN, 0},
        {"999991", false, true, PLAN_IS_MWI, 0},
        {"999990", false, true, PLAN_IS_MWI, 0},
        {"999992", false, true, PLAN_UNKNOWN, 0},
        {"999991", false, false, PLAN_MORE, 0}, /* an extension may follow */
        {"999991", true, false, PLAN_IS_MWI, 0},
        {"9999911042", false, false, PLAN_IS_MWI, 41},
        {"9999912042", false, false, PLAN_UNKNOWN, 0},
        {"", false, false, PLAN_MORE, 0},
        {"", true, false, PLAN_UNKNOWN, 0},
        {"*1", false, false, PLAN_UNKNOWN, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan_route r = plan_look_up(&p, rows[i].digits, rows[i].whole, rows[i].subscriber);
        CHECK(r.kind == rows[i].kind, "row %zu: %s is %d", i, rows[i].digits, (int)r.kind);
        CHECK(r.index == rows[i].index, "row %zu: index %u", i, r.index);
    }
}

static void every_port_has_a_number_that_leads_to_it(void **state)
{
    static const struct plan p = {.first = 1, .count = 20000};
    char number[PLAN_NUMBER];

    (void)state;
    for (unsigned i = 0; i < p.count; i++) {
        plan_port_number(&p, i, number);
        struct plan_route r = plan_look_up(&p, number, false, true);
        CHECK(r.kind == PLAN_IS_PORT && r.index == i, "port %u: %s", i, number);
    }
}

/* ---- hunting --------------------------------------------------------------------------------- */

static void a_large_group_is_walked_whole(void **state)
{
    static const enum hunt_algorithm all[] = {HUNT_LONGEST_IDLE, HUNT_TOP_DOWN, HUNT_CIRCULAR,
                                              HUNT_BROADCAST};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct hunt *h = hunt_new(all[i], 200, &e);
        struct hunt_walk w = {0};
        bool seen[200] = {false};
        unsigned count = 0;
        for (uint32_t m = 0; m < 200; m += 3)
            hunt_set_free(h, m, true);
        for (uint32_t m; (m = hunt_next(h, &w)) != HUNT_NOBODY; count++) {
            CHECK(m % 3 == 0 && !seen[m], "algorithm %zu: member %u", i, m);
            seen[m] = true;
        }
        CHECK(count == 67 && hunt_free_members(h) == 67, "algorithm %zu: %u", i, count);
        hunt_walk_end(&w);
        hunt_free(h);
    }
}

static void circular_goes_on_behind_the_last_one_and_wraps(void **state)
{
    struct err e;
    struct hunt *h = hunt_new(HUNT_CIRCULAR, 130, &e);
    static const uint32_t want[] = {5, 64, 129, 5, 64};

    (void)state;
    hunt_set_free(h, 5, true);
    hunt_set_free(h, 64, true);
    hunt_set_free(h, 129, true);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct hunt_walk w = {0};
        uint32_t m = hunt_next(h, &w);
        CHECK(m == want[i], "call %zu: member %u", i, m);
        hunt_walk_end(&w);
    }
    hunt_free(h);
}

static void the_longest_idle_is_the_one_that_was_freed_first(void **state)
{
    struct err e;
    struct hunt *h = hunt_new(HUNT_LONGEST_IDLE, 4, &e);
    struct hunt_walk w = {0};

    (void)state;
    for (uint32_t m = 0; m < 4; m++)
        hunt_set_free(h, m, true);
    hunt_set_free(h, 0, false);
    hunt_set_free(h, 2, false);
    hunt_set_free(h, 2, true);
    hunt_set_free(h, 2, true); /* twice changes nothing */
    hunt_set_free(h, 0, true);
    static const uint32_t want[] = {1, 3, 2, 0, HUNT_NOBODY};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        uint32_t m = hunt_next(h, &w);
        CHECK(m == want[i], "place %zu: member %u", i, m);
    }
    hunt_walk_end(&w);
    hunt_free(h);
}

/* ---- registering ----------------------------------------------------------------------------- */

static void a_register_is_refused_for_each_reason(void **state)
{
    static const struct {
        const char *name, *cn;
        uint32_t type;
        bool tls, null_cipher, secure, any_cn;
        enum lab_mode configured;
        const char *text; /* "": it passes */
    } rows[] = {
#define VI1 "CiscoUM1-VI1"
        {VI1, VI1, 80, true, false, true, false, LAB_ENCRYPTED, ""},
        {"CiscoUM1-VI9", "CiscoUM1-VI9", 80, true, false, true, false, LAB_ENCRYPTED,
         "Device not configured"},
        {"CiscoUM1-VI0", "", 80, true, false, true, false, LAB_ENCRYPTED, "Device not configured"},
        {"CiscoUM1-VI01", "CiscoUM1-VI01", 80, true, false, true, false, LAB_ENCRYPTED,
         "Device not configured"},
        {"CiscoUM1-VI1x", "", 80, true, false, true, false, LAB_ENCRYPTED, "Device not configured"},
        {"CiscoUM1", "", 80, true, false, true, false, LAB_ENCRYPTED, "Device not configured"},
        {"ciscoum1-vi1", "", 80, true, false, true, false, LAB_ENCRYPTED, "Device not configured"},
        {"", "", 80, true, false, true, false, LAB_ENCRYPTED, "Device not configured"},
        {VI1, VI1, 7, true, false, true, false, LAB_ENCRYPTED, "Device type mismatch"},
        {VI1, "", 80, false, false, true, false, LAB_ENCRYPTED, "Security mode mismatch"},
        {VI1, VI1, 80, true, true, true, false, LAB_ENCRYPTED, "Security mode mismatch"},
        {VI1, VI1, 80, true, false, true, false, LAB_AUTHENTICATED, "Security mode mismatch"},
        {VI1, VI1, 80, true, true, true, false, LAB_AUTHENTICATED, ""},
        {VI1, "", 80, false, false, true, false, LAB_NON_SECURE, ""},
        {VI1, VI1, 80, true, false, true, false, LAB_NON_SECURE, "Security mode mismatch"},
        {VI1, "", 80, false, false, false, false, LAB_ENCRYPTED, ""}, /* not mixed mode */
        {VI1, VI1, 80, true, false, false, false, LAB_ENCRYPTED, "Security mode mismatch"},
        {VI1, "CiscoUM1-VI2", 80, true, false, true, false, LAB_ENCRYPTED, "X.509 name mismatch"},
        {VI1, "", 80, true, false, true, false, LAB_ENCRYPTED, "X.509 name mismatch"},
        {VI1, "CiscoUM1-VI2", 80, true, false, true, true, LAB_ENCRYPTED, ""},
#undef VI1
    };
    struct world *w = world_new(HUNT_LONGEST_IDLE, 8);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct registrar_policy p = {rows[i].secure, rows[i].any_cn};
        const struct registrar_line line = {rows[i].tls, rows[i].null_cipher, rows[i].cn};
        struct sccp_register r = {.device_type = rows[i].type};
        struct device *d = NULL;
        struct err e = {0};
        char text[32] = "";
        strcpy(r.station.name, rows[i].name);
        w->m->s.mode = rows[i].configured;
        bool ok = registrar_judge(w->m, &p, &line, &r, &d, text, &e);
        CHECK(ok == (rows[i].text[0] == '\0'), "row %zu: %s", i, e.text);
        CHECK(strcmp(text, rows[i].text) == 0, "row %zu: \"%s\"", i, text);
        CHECK(ok || e.text[0], "row %zu: the log gets a reason", i);
        CHECK(!ok || d == port(w, 1), "row %zu: the device", i);
    }
    world_free(w);
}

static void versions_that_no_one_knows_are_not_agreed_on(void **state)
{
    static const struct {
        uint32_t offered, agreed;
    } rows[] = {{0, 0},   {3, 3},   {11, 11}, {12, 11}, {14, 11},
                {15, 15}, {17, 17}, {22, 22}, {23, 22}, {255, 22}};
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(manager_negotiate(w->m, rows[i].offered) == rows[i].agreed, "row %zu: %u", i,
              manager_negotiate(w->m, rows[i].offered));
    w->m->s.version_max = 17;
    CHECK(manager_negotiate(w->m, 22) == 17, "our own limit");
    world_free(w);
}

static void a_port_is_in_service_from_its_time_date_request_on(void **state)
{
    static const uint32_t asked[] = {
        SCCP_BUTTON_TEMPLATE_REQ,  SCCP_SOFT_KEY_TEMPLATE_REQ,
        SCCP_SOFT_KEY_SET_REQ,     SCCP_CONFIG_STAT_REQ,
        SCCP_LINE_STAT_REQ,        SCCP_FORWARD_STAT_REQ,
        SCCP_SPEED_DIAL_STAT_REQ,  SCCP_FEATURE_STAT_REQ,
        SCCP_SERVICE_URL_STAT_REQ, SCCP_VERSION_REQ,
        SCCP_SERVER_REQ,           SCCP_KEEP_ALIVE,
        SCCP_TIME_DATE_REQ,
    };
    static const uint32_t answers[] = {
        SCCP_BUTTON_TEMPLATE_RES,
        SCCP_SOFT_KEY_TEMPLATE_RES,
        SCCP_SOFT_KEY_SET_RES,
        SCCP_CONFIG_STAT_V2_RES,
        SCCP_LINE_STAT_V2_RES,
        SCCP_FORWARD_STAT_RES,
        SCCP_SPEED_DIAL_STAT_V2_RES,
        SCCP_FEATURE_STAT_V2_RES,
        SCCP_SERVICE_URL_STAT_V2_RES,
        SCCP_VERSION_RES,
        SCCP_SERVER_RES,
        SCCP_KEEP_ALIVE_ACK,
        SCCP_TIME_DATE_RES,
    };
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct sccp_register r = {
        .device_type = 80, .protocol_version = 17, .features = {0, 0x70, 0x05}};
    struct device *d = port(w, 1);

    (void)state;
    manager_register(w->m, d, &r, LAB_ENCRYPTED);
    CHECK(w->count == 2 && w->sent[0].m.id == SCCP_REGISTER_ACK &&
              w->sent[1].m.id == SCCP_CAPABILITIES_REQ,
          "RegisterAck, CapabilitiesReq");
    CHECK(w->sent[0].m.register_ack.keepalive_s == 30 &&
              w->sent[0].m.register_ack.protocol_version == 17,
          "its content");
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        CHECK(d->state == DEVICE_REGISTERED && hunt_free_members(w->m->hunt) == 0,
              "in service before %s", sccp_name(asked[i]));
        struct sccp_message q = {.id = asked[i]};
        if (asked[i] == SCCP_LINE_STAT_REQ)
            q.line_stat_req.line = 1;
        say(w, d, q);
        CHECK(last(w, d, answers[i]) != NULL, "%s is not answered", sccp_name(asked[i]));
    }
    CHECK(strcmp(last(w, d, SCCP_LINE_STAT_V2_RES)->line_stat_res.number, "999001") == 0,
          "its number");
    CHECK(d->state == DEVICE_IN_SERVICE && hunt_free_members(w->m->hunt) == 1, "in service");
    world_free(w);
}

/* ---- hearing --------------------------------------------------------------------------------- */

static void what_was_heard_is_compared_from_the_first_voiced_sample(void **state)
{
    static const int16_t want[] = {0, 8, 100, -200, 0, 300};
    static const struct {
        int16_t heard[12];
        size_t len;
        bool whole, equal;
        size_t compared, skipped;
    } rows[] = {
        {{0, 0, 0, 100, -200, 0, 300, 0}, 8, true, true, 4, 3},
        {{100, -200, 0, 300}, 4, true, true, 4, 0},
        {{100, -200, 0}, 3, true, false, 3, 0}, /* cut off */
        {{100, -200, 0}, 3, false, true, 3, 0}, /* listened no longer */
        {{100, -200, 0, 301}, 4, true, false, 4, 0},
        {{100, -201, 0, 300}, 4, true, false, 4, 0},
        {{100, -200, 0, 300, 0, 8, 0}, 7, true, true, 4, 0},    /* silence to the packet's end */
        {{100, -200, 0, 300, 0, 8, 9}, 7, true, false, 4, 0},   /* the file is cut off */
        {{100, -200, 0, 300, 0, 8, 9}, 7, false, false, 4, 0},  /* so it is to who hangs up */
        {{100, -200, 0, 300, 0, 8, 100}, 7, false, true, 4, 0}, /* again from its start */
        {{100, -200, 0, 300, 0, 8, 100}, 7, true, false, 4, 0}, /* but a port that hangs up plays
                                                                   once */
        {{0, 0, 0}, 3, false, false, 0, 3},                     /* silence is not the sound */
        {{0}, 0, false, false, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hear_result r = hear_compare(rows[i].heard, rows[i].len, want, 6, 0, rows[i].whole);
        CHECK(r.equal == rows[i].equal, "row %zu", i);
        CHECK(r.compared == rows[i].compared && r.skipped == rows[i].skipped,
              "row %zu: %zu compared, %zu skipped", i, r.compared, r.skipped);
        CHECK(r.wanted == 4, "row %zu", i);
    }
}

static void a_late_sender_pauses_and_its_sound_is_still_the_sound(void **state)
{
    enum { SOUND = 400, CUT = 170, GAP = 160 };
    int16_t want[SOUND], heard[SOUND + GAP] = {0};
    (void)state;

    for (int i = 0; i < SOUND; i++)
        want[i] = (int16_t)(i % 7 == 3 ? 0 : 100 + i);
    memcpy(heard, want, CUT * sizeof *want);
    memcpy(heard + CUT + GAP, want + CUT, (SOUND - CUT) * sizeof *want);
    struct hear_result r = hear_compare(heard, SOUND + GAP, want, SOUND, GAP, true);
    CHECK(r.equal && r.compared == SOUND, "%zu compared, differs at %zu", r.compared, r.differs_at);
    CHECK(r.pauses == 1 && r.paused >= GAP - 1 && r.paused <= GAP, "%zu, %zu", r.pauses, r.paused);
    /* Silence that was sent is not a pause, ... */
    r = hear_compare(heard, SOUND + GAP, want, SOUND, 0, true);
    CHECK(!r.equal && r.differs_at >= CUT && r.differs_at <= CUT + 1, "%zu", r.differs_at);
    /* ... samples lost in one are missed, ... */
    memmove(heard + CUT + GAP, heard + CUT + GAP + 20, (SOUND - CUT - 20) * sizeof *want);
    r = hear_compare(heard, SOUND + GAP - 20, want, SOUND, GAP, true);
    CHECK(!r.equal, "%zu compared", r.compared);
    /* ... and a sound that ends in silence has not been heard. */
    r = hear_compare(heard, CUT + GAP, want, SOUND, GAP, false);
    CHECK(!r.equal, "%zu compared", r.compared);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool ask(const char *text, struct call_ask *out, struct err *e)
{
    json_t *body = json_loads(text, 0, NULL);

    CHECK(body != NULL, "%s", text);
    bool ok = ask_read(out, body, e);
    json_decref(body);
    return ok;
}

static void a_call_is_asked_for_strictly(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"from\":\"1001\"}",
        "{\"from\":\"1000\",\"to\":\"8000\"}",
        "{\"from\":1001,\"to\":\"8000\"}",
        "{\"from\":\"1001\",\"to\":\"8000 \"}",
        "{\"from\":\"1001\",\"to\":\"80000000000000000000000000\"}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"dtmf\":\"12x\"}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"dtmf\":\"00000000000000000000000000000000\"}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"for\":-1}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"for\":\"1\"}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"packet_ms\":25}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"packet_ms\":70}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"suite\":3}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"suite\":6}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"codec\":\"g729\"}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"reason\":\"bored\"}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"forwarded_by\":\"1002,,\"}",
        "{\"from\":\"1001\",\"to\":\"8000\",\"forwarded_by\":\"abc\"}",
    };
    struct call_ask a;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct err e = {0};
        CHECK(!ask(wrong[i], &a, &e), "%s", wrong[i]);
        CHECK(e.kind == ERR_USAGE && e.text[0], "%s", wrong[i]);
    }
}

static void a_call_that_says_little_gets_callmanagers_defaults(void **state)
{
    struct call_ask a;
    struct err e = {0};

    (void)state;
    CHECK(ask("{\"from\":\"1007\",\"to\":\"8000\"}", &a, &e), "%s", e.text);
    CHECK(a.request.phone == 6 && a.request.packet_ms == 20 && a.request.suite == 1 &&
              a.request.codec == 0 && !a.request.clear && a.request.dtmf_payload == 0,
          "defaults");
    CHECK(
        ask("{\"from\":\"1001\",\"to\":\"8000\",\"forwarded_by\":\"1002,1003\",\"reason\":\"all\","
            "\"dtmf_form\":\"rfc2833\",\"dtmf\":\"1#\",\"clear\":true}",
            &a, &e),
        "%s", e.text);
    CHECK(strcmp(a.request.first_forwarder, "1002") == 0 &&
              strcmp(a.request.last_forwarder, "1003") == 0 && a.request.reason == 15,
          "forwarders");
    CHECK(a.request.dtmf_payload == 101 && a.request.clear, "digits by RTP");
    CHECK(ask("{\"from\":\"1001\",\"to\":\"8000\",\"forwarded_by\":\"1002\"}", &a, &e), "%s",
          e.text);
    CHECK(strcmp(a.request.last_forwarder, "1002") == 0 && a.request.reason == 2, "one hop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_what_the_dial_plan_says),
        cmocka_unit_test(every_port_has_a_number_that_leads_to_it),
        cmocka_unit_test(a_large_group_is_walked_whole),
        cmocka_unit_test(circular_goes_on_behind_the_last_one_and_wraps),
        cmocka_unit_test(the_longest_idle_is_the_one_that_was_freed_first),
        cmocka_unit_test(a_register_is_refused_for_each_reason),
        cmocka_unit_test(versions_that_no_one_knows_are_not_agreed_on),
        cmocka_unit_test(a_port_is_in_service_from_its_time_date_request_on),
        cmocka_unit_test(what_was_heard_is_compared_from_the_first_voiced_sample),
        cmocka_unit_test(a_late_sender_pauses_and_its_sound_is_still_the_sound),
        cmocka_unit_test(a_call_is_asked_for_strictly),
        cmocka_unit_test(a_call_that_says_little_gets_callmanagers_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
