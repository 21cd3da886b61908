/* Lamps of the lab call manager: dialled in each way, and every way to fail. */
#include "test/labcm_calls.h"

static void off_hook_as(struct world *w, struct device *d, const char *who, const char *mailbox)
{
    struct sccp_message m = {.id = SCCP_OFF_HOOK_WITH_CGPN};

    strcpy(m.off_hook_with_cgpn.calling_party, who);
    strcpy(m.off_hook_with_cgpn.voice_mailbox, mailbox);
    m.off_hook_with_cgpn.line = 1;
    say(w, d, m);
}

static void a_lamp_call_lights_the_lamp_of_its_calling_party(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);
    const struct lamp *lamp = &w->m->phones[1].lamp;

    (void)state;
    register_all(w);
    off_hook_as(w, d, "1002", "");
    check_order(w, d, 0, SCCP_SET_RINGER, SCCP_SET_SPEAKER_MODE, SCCP_SET_LAMP, SCCP_CALL_STATE,
                SCCP_SELECT_SOFT_KEYS, SCCP_DISPLAY_PROMPT_STATUS_V2, SCCP_ACTIVATE_CALL_PLANE,
                SCCP_START_TONE, 0);
    CHECK(last(w, d, SCCP_START_TONE)->start_tone.tone == SCCP_TONE_INSIDE_DIAL, "dial tone");
    size_t from = w->count;
    dial(w, d, "999991");
    check_order(w, d, from, SCCP_STOP_TONE, SCCP_SELECT_SOFT_KEYS, SCCP_DIALED_NUMBER,
                SCCP_CALL_STATE, SCCP_CALL_INFO_V2, SCCP_START_TONE, 0);
    CHECK(last(w, d, SCCP_START_TONE)->start_tone.tone == SCCP_TONE_CONFIRMATION, "confirmation");
    CHECK(lamp->on && strcmp(lamp->by, "CiscoUM1-VI1") == 0, "on, by %s", lamp->by);
    CHECK(strcmp(last(w, d, SCCP_CALL_INFO_V2)->call_info.calling_party, "1002") == 0, "caller");
    CHECK(d->leg.state == LEG_TONE && last_state(w, d) == SCCP_CALL_PROCEED, "until it hangs up");
    say(w, d, hook(SCCP_ON_HOOK, d->leg.reference));
    CHECK(last_state(w, d) == SCCP_CALL_ON_HOOK && d->leg.state == LEG_NONE, "cleared");
    off_hook_as(w, d, "", "1002"); /* the mailbox stands in */
    dial(w, d, "999990");
    CHECK(!lamp->on && lamp->changes == 2, "off again");
    world_free(w);
}

static void lamps_can_be_dialled_in_each_way(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);
    struct sccp_message enbloc = {.id = SCCP_ENBLOC_CALL};

    (void)state;
    register_all(w);
    off_hook_as(w, d, "1003", "1003"); /* en bloc after 0x24 */
    strcpy(enbloc.enbloc_call.called_party, "999991");
    say(w, d, enbloc);
    CHECK(w->m->phones[2].lamp.on, "en bloc");
    say(w, d, hook(SCCP_ON_HOOK, 0));
    say(w, d, hook(SCCP_OFF_HOOK, 0)); /* CME: code and extension, digit by digit */
    dial(w, d, "9999911004");
    CHECK(w->m->phones[3].lamp.on, "by prefix");
    say(w, d, hook(SCCP_ON_HOOK, 0));
    strcpy(enbloc.enbloc_call.called_party, "9999901004"); /* en bloc opens the call itself */
    say(w, d, enbloc);
    CHECK(!w->m->phones[3].lamp.on, "by prefix, en bloc");
    world_free(w);
}

static void a_lamp_of_nobody_is_a_reorder(void **state)
{
    static const struct {
        const char *subscriber, *digits;
        uint32_t call_state;
    } rows[] = {
        {"5555", "999991", SCCP_CALL_CONGESTION}, /* no such line */
        {"", "999991", SCCP_CALL_CONGESTION},     /* nobody named */
        {"1002", "7", SCCP_CALL_INVALID_NUMBER},  /* no number begins so */
        {"1002", "999992", SCCP_CALL_INVALID_NUMBER},
        {"1002", "8000", SCCP_CALL_CONGESTION}, /* voicemail calls itself */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
        struct device *d = port(w, 1);
        register_all(w);
        off_hook_as(w, d, rows[i].subscriber, rows[i].subscriber);
        dial(w, d, rows[i].digits);
        CHECK(last_state(w, d) == rows[i].call_state, "row %zu: state %u", i, last_state(w, d));
        CHECK(last(w, d, SCCP_START_TONE)->start_tone.tone == SCCP_TONE_REORDER, "row %zu", i);
        CHECK(w->m->lamps_set == 0, "row %zu: a lamp changed", i);
        CHECK(w->alarm_ms == CALL_TONE_MS, "row %zu", i);
        call_alarm(w->call); /* it never hangs up */
        CHECK(d->leg.state == LEG_NONE, "row %zu: cleared", i);
        world_free(w);
    }
}

static void digits_that_stop_are_taken_as_they_are(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);

    (void)state;
    register_all(w);
    off_hook_as(w, d, "1002", "");
    dial(w, d, "9999");
    CHECK(d->leg.state == LEG_DIALLING && w->alarm_ms == CALL_DIGIT_MS, "waits for more");
    call_alarm(w->call);
    CHECK(last_state(w, d) == SCCP_CALL_INVALID_NUMBER, "no such number");
    world_free(w);
}

static void a_number_without_end_is_refused(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);
    struct sccp_message enbloc = {.id = SCCP_ENBLOC_CALL};

    (void)state;
    register_all(w);
    memset(enbloc.enbloc_call.called_party, '9', 25);
    say(w, d, enbloc);
    CHECK(last_state(w, d) == SCCP_CALL_INVALID_NUMBER, "%u", last_state(w, d));
    dial(w, d, "99999999999999999999999999999999999");
    CHECK(d->leg.state == LEG_TONE, "digits after the number are not taken");
    world_free(w);
}

static void glare_passes_the_offer_on(void **state)
{
    struct world *w = world_new(HUNT_TOP_DOWN, 2);
    struct device *d = port(w, 1);

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    uint32_t offered = d->leg.reference;
    off_hook_as(w, d, "1002", "");
    CHECK(strcmp(w->rung, "1 2 ") == 0, "%s", w->rung);
    CHECK(d->leg.state == LEG_DIALLING && d->leg.reference != offered, "a call of its own");
    dial(w, d, "999991");
    CHECK(w->m->phones[1].lamp.on, "the lamp");
    world_free(w);
}

static void mwi_notification_is_answered(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct sccp_message n = {.id = SCCP_MWI_NOTIFICATION};

    (void)state;
    register_all(w);
    strcpy(n.mwi_notification.target, "1007");
    n.mwi_notification.waiting = 1;
    say(w, port(w, 1), n);
    CHECK(w->m->phones[6].lamp.on, "on");
    CHECK(last(w, port(w, 1), SCCP_MWI_RES)->mwi_res.result == SCCP_MWI_OK, "ok");
    strcpy(n.mwi_notification.target, "77");
    say(w, port(w, 1), n);
    CHECK(last(w, port(w, 1), SCCP_MWI_RES)->mwi_res.result == SCCP_MWI_GENERAL_ERROR, "error");
    world_free(w);
}

static void a_phone_that_dials_the_lamp_number_lights_its_own(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct call_request r = from_1001;
    enum call_end end;

    (void)state;
    strcpy(r.to, "999991");
    CHECK(!call_place(w->m, &r, w, &end) && end == CALL_OVER_LAMP, "%s", call_end_words(end));
    CHECK(w->m->phones[0].lamp.on, "on");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lamp_call_lights_the_lamp_of_its_calling_party),
        cmocka_unit_test(lamps_can_be_dialled_in_each_way),
        cmocka_unit_test(a_lamp_of_nobody_is_a_reorder),
        cmocka_unit_test(digits_that_stop_are_taken_as_they_are),
        cmocka_unit_test(a_number_without_end_is_refused),
        cmocka_unit_test(glare_passes_the_offer_on),
        cmocka_unit_test(mwi_notification_is_answered),
        cmocka_unit_test(a_phone_that_dials_the_lamp_number_lights_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
