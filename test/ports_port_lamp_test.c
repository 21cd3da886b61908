/* Lamp calls: dialled, answered, failed, and what comes between. Walked with a scripted call
 * manager that speaks bytes, in invented time. */
#include "port_talk.h"

static void a_lamp_is_dialled_as_the_subscriber_in_every_version(void **state)
{
    static const uint32_t versions[] = {3, 11, 17, 18, 20, 22};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct rig *r = registered(versions[i]);
        rig_lamp(r, 7, "1001");
        STATE(r, PORT_IDLE);
        const struct sccp_message *as = rig_last(r, SCCP_OFF_HOOK_WITH_CGPN);
        CHECK(as && strcmp(as->off_hook_with_cgpn.calling_party, "1001") == 0 &&
                  strcmp(as->off_hook_with_cgpn.voice_mailbox, "1001") == 0 &&
                  as->off_hook_with_cgpn.line == 1,
              "0x24");
        CHECK(strcmp(r->cm.digits, "999991") == 0, "dialled %s", r->cm.digits);
        CHECK(rig_times(r, SCCP_KEYPAD_BUTTON) == 6, "by keys");
        CHECK(r->lamps == 1 && r->lamp_result == LAMP_CONFIRMED && r->lamp_id == 7, "confirmed");
        CHECK(rig_times(r, SCCP_ON_HOOK) == 1, "and hung up");
        CHECK(r->unexpected == 0 && r->told_free, "free again");
        WELL(r);
    }
}

static void the_lamp_settings_change_what_is_dialled(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->group.mwi.mailbox = MWI_MAILBOX_EMPTY;
    r->group.mwi.dialling = MWI_DIAL_ENBLOC;
    rig_lamp(r, 1, "1001");
    CHECK(rig_last(r, SCCP_OFF_HOOK_WITH_CGPN)->off_hook_with_cgpn.voice_mailbox[0] == '\0',
          "empty");
    CHECK(strcmp(rig_last(r, SCCP_ENBLOC_CALL)->enbloc_call.called_party, "999991") == 0,
          "en bloc");
    CHECK(r->lamp_result == LAMP_CONFIRMED, "confirmed");
    r->group.mwi.method = MWI_PREFIX;
    rig_forget(r);
    rig_lamp(r, 2, "1001");
    CHECK(!rig_last(r, SCCP_OFF_HOOK_WITH_CGPN) && rig_last(r, SCCP_OFF_HOOK)->off_hook.call == 0,
          "an ordinary call");
    CHECK(strcmp(rig_last(r, SCCP_ENBLOC_CALL)->enbloc_call.called_party, "9999911001") == 0,
          "code and extension");
    CHECK(r->lamp_result == LAMP_CONFIRMED, "confirmed");
    WELL(r);
}

static void each_answer_to_a_lamp_call_is_told_by_its_name(void **state)
{
    static const struct {
        const char *why;
        uint32_t tone;
        enum port_lamp_result want;
    } rows[] = {
        {"confirmation", SCCP_TONE_CONFIRMATION, LAMP_CONFIRMED},
        {"reorder", SCCP_TONE_REORDER, LAMP_REORDER},
        {"no such number", SCCP_TONE_NO_SUCH_NUMBER, LAMP_REORDER},
        {"busy", SCCP_TONE_LINE_BUSY, LAMP_BUSY},
        {"ringing on", SCCP_TONE_ALERTING, LAMP_TIMEOUT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = registered(17);
        r->cm.lamp_tone = rows[i].tone;
        rig_lamp(r, 1, "1001");
        rig_advance(r, 5000);
        STATE(r, PORT_IDLE);
        CHECK(r->lamps == 1 && r->lamp_result == rows[i].want, "%s: %d", rows[i].why,
              (int)r->lamp_result);
        WELL(r);
    }
}

static void call_states_answer_a_lamp_call_too(void **state)
{
    static const struct {
        uint32_t state;
        bool proceed;
        enum port_lamp_result want;
    } rows[] = {
        {SCCP_CALL_BUSY, true, LAMP_BUSY},
        {SCCP_CALL_CONGESTION, true, LAMP_REORDER},
        {SCCP_CALL_INVALID_NUMBER, false, LAMP_REORDER},
        {SCCP_CALL_ON_HOOK, true, LAMP_CONFIRMED}, /* "and clears the call" */
        {SCCP_CALL_ON_HOOK, false, LAMP_REORDER},  /* OnHook alone refuses (8.4) */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = registered(17);
        r->cm.silent = true;
        rig_lamp(r, 1, "1001");
        STATE(r, PORT_MWI_OFF_HOOK);
        hear(r, say_call_state(SCCP_CALL_OFF_HOOK, 55));
        STATE(r, PORT_MWI_DIAL_TONE);
        rig_advance(r, 500); /* no dial tone: dialled all the same */
        STATE(r, PORT_MWI_DIALLED);
        if (rows[i].proceed)
            hear(r, say_call_state(SCCP_CALL_PROCEED, 55));
        hear(r, say_call_state(rows[i].state, 55));
        CHECK(r->lamps == 1 && r->lamp_result == rows[i].want, "row %zu: %d", i,
              (int)r->lamp_result);
        rig_advance(r, 4000);
        STATE(r, PORT_IDLE);
        WELL(r);
    }
}

static void a_server_that_ignores_0x24_is_noticed_in_two_seconds(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.ignores_cgpn = true;
    rig_lamp(r, 1, "1001");
    rig_advance(r, 1999);
    STATE(r, PORT_MWI_OFF_HOOK);
    rig_advance(r, 1);
    STATE(r, PORT_IDLE);
    CHECK(r->lamp_result == LAMP_NOT_UNDERSTOOD && rig_noted(r, NOTE_LAMP_IGNORED), "said");
    WELL(r);
}

static void the_fallback_dials_code_and_extension_and_remembers(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.ignores_cgpn = true;
    r->group.mwi.fallback_to_prefix = true;
    rig_lamp(r, 1, "1001");
    rig_advance(r, 2000);
    STATE(r, PORT_IDLE);
    CHECK(r->lamp_result == LAMP_CONFIRMED && strncmp(r->cm.digits, "999991", 6) == 0, "confirmed");
    rig_forget(r);
    rig_lamp(r, 2, "1002");
    STATE(r, PORT_IDLE);
    CHECK(!rig_last(r, SCCP_OFF_HOOK_WITH_CGPN) && r->lamps == 2, "the next time at once");
    WELL(r);
}

static void a_call_that_rings_into_a_lamp_call_is_not_lost(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.silent = true;
    rig_lamp(r, 1, "1001");
    hear(r, say_call_state(SCCP_CALL_RING_IN, 0x44)); /* glare: it crossed our 0x24 */
    STATE(r, PORT_MWI_OFF_HOOK);
    r->cm.silent = false;
    r->cm.call = 0x44;
    rig_forget(r);
    rig_advance(r, 2000);
    CHECK(r->lamps == 1 && r->lamp_result == LAMP_PORT_BUSY, "another port shall dial");
    rig_advance(r, 300);
    STATE(r, PORT_TALKING);
    CHECK(r->port.call.call == 0x44, "and the call is answered");
    WELL(r);
}

static void an_off_hook_that_answers_the_ringing_call_is_understood(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.silent = true;
    r->group.mwi.method = MWI_PREFIX;
    rig_lamp(r, 1, "1001");
    hear(r, say_call_state(SCCP_CALL_RING_IN, 0x44));
    hear(r, say_call_state(SCCP_CALL_OFF_HOOK, 0x44)); /* chan-sccp took OffHook for the answer */
    CHECK(r->lamp_result == LAMP_PORT_BUSY, "the lamp goes elsewhere");
    STATE(r, PORT_TALKING);
    hear(r, say_open_receive(r, 0x44, 8));
    hear(r, say_start_transmit(r, 0x44, 8));
    CHECK(r->media.listening && r->media.sending && r->media.greeting, "and hears the greeting");
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 0x44));
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void a_lamp_call_opened_too_late_is_put_down(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.silent = true;
    rig_lamp(r, 1, "1001");
    rig_advance(r, 2000);
    STATE(r, PORT_IDLE);
    hear(r, say_call_state(SCCP_CALL_OFF_HOOK, 0x66));
    CHECK(rig_last(r, SCCP_ON_HOOK)->on_hook.call == 0x66, "put down");
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void what_comes_late_for_the_last_call_means_nothing_to_a_lamp(void **state)
{
    struct rig *r = talking(17);
    const uint32_t old = r->cm.call;

    (void)state;
    rig_far_end_hangs_up(r);
    r->cm.silent = true;
    rig_lamp(r, 1, "1001");
    hear(r, say_tone(SCCP_TONE_REORDER, old));
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, old));
    STATE(r, PORT_MWI_OFF_HOOK);
    CHECK(r->lamps == 0, "no answer yet");
    hear(r, say_call_state(SCCP_CALL_OFF_HOOK, old)); /* libsccp: two calls in one second */
    STATE(r, PORT_MWI_DIAL_TONE);
    WELL(r);
}

static void a_busy_port_turns_a_lamp_away(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    rig_lamp(r, 9, "1001");
    CHECK(r->lamps == 1 && r->lamp_result == LAMP_PORT_BUSY && r->lamp_id == 9, "turned away");
    STATE(r, PORT_TALKING);
    WELL(r);
}

static void a_lost_link_ends_the_lamp_call_with_a_result(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.silent = true;
    rig_lamp(r, 3, "1001");
    r->linked = false;
    rig_kind(r, EV_LINK_LOST);
    CHECK(r->lamps == 1 && r->lamp_result == LAMP_LINK_LOST, "told");
    WELL(r);
}

static void media_in_a_lamp_call_is_acked_and_silent(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.silent = true;
    rig_lamp(r, 3, "1001");
    hear(r, say_call_state(SCCP_CALL_OFF_HOOK, 55));
    hear(r, say_open_receive(r, 55, 8));
    hear(r, say_start_transmit(r, 55, 8));
    CHECK(r->media.listening && r->media.sending && !r->media.greeting, "silence");
    hear(r, say_tone(SCCP_TONE_CONFIRMATION, 55));
    CHECK(r->lamp_result == LAMP_CONFIRMED && !r->media.open && r->ended == 0, "over");
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 55));
    STATE(r, PORT_IDLE);
    WELL(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lamp_is_dialled_as_the_subscriber_in_every_version),
        cmocka_unit_test(the_lamp_settings_change_what_is_dialled),
        cmocka_unit_test(each_answer_to_a_lamp_call_is_told_by_its_name),
        cmocka_unit_test(call_states_answer_a_lamp_call_too),
        cmocka_unit_test(a_server_that_ignores_0x24_is_noticed_in_two_seconds),
        cmocka_unit_test(the_fallback_dials_code_and_extension_and_remembers),
        cmocka_unit_test(a_call_that_rings_into_a_lamp_call_is_not_lost),
        cmocka_unit_test(an_off_hook_that_answers_the_ringing_call_is_understood),
        cmocka_unit_test(a_lamp_call_opened_too_late_is_put_down),
        cmocka_unit_test(what_comes_late_for_the_last_call_means_nothing_to_a_lamp),
        cmocka_unit_test(a_busy_port_turns_a_lamp_away),
        cmocka_unit_test(a_lost_link_ends_the_lamp_call_with_a_result),
        cmocka_unit_test(media_in_a_lamp_call_is_acked_and_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
