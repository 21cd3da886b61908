/* Calls of the lab call manager: hunting, channels and keys, and every way to fail. */
#include "test/labcm_calls.h"

static void a_call_is_offered_and_answered_in_callmanagers_order(void **state)
{
    struct world *w = world_new(HUNT_TOP_DOWN, 2);
    struct device *d = port(w, 1);

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    check_order(w, d, 0, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS, SCCP_DISPLAY_PROMPT_STATUS_V2,
                SCCP_DISPLAY_PRI_NOTIFY_V2, SCCP_CALL_INFO_V2, SCCP_SET_LAMP, SCCP_SET_RINGER, 0);
    CHECK(last_state(w, d) == SCCP_CALL_RING_IN, "ring in");
    size_t from = w->count;
    answer(w, d);
    check_order(w, d, from, SCCP_SET_RINGER, SCCP_SET_SPEAKER_MODE, SCCP_SET_LAMP, SCCP_CALL_STATE,
                SCCP_ACTIVATE_CALL_PLANE, SCCP_SET_RINGER, SCCP_STOP_TONE,
                SCCP_OPEN_RECEIVE_CHANNEL, SCCP_CALL_STATE, SCCP_SELECT_SOFT_KEYS,
                SCCP_DISPLAY_PROMPT_STATUS_V2, SCCP_CALL_INFO_V2, SCCP_START_MEDIA_TRANSMISSION, 0);
    CHECK(w->talks == 0, "the phone sends before the port's channel is open");
    say(w, d, channel_ack(d, SCCP_MEDIA_OK));
    CHECK(w->talks == 1 && w->heard_at.port == 20000, "the phone talks to the port");
    from = w->count;
    call_phone_hangs_up(w->m->phones[0].call);
    check_order(w, d, from, SCCP_CONNECTION_STATISTICS_REQ, SCCP_CLOSE_RECEIVE_CHANNEL,
                SCCP_STOP_MEDIA_TRANSMISSION, SCCP_STOP_TONE, SCCP_CALL_STATE,
                SCCP_SELECT_SOFT_KEYS, SCCP_SET_LAMP, SCCP_SET_SPEAKER_MODE, SCCP_SET_RINGER,
                SCCP_DISPLAY_PROMPT_STATUS_V2, SCCP_TIME_DATE_RES, 0);
    CHECK(last_state(w, d) == SCCP_CALL_ON_HOOK, "on hook");
    CHECK(w->overs == 1 && w->end == CALL_OVER_PHONE, "%s", call_end_words(w->end));
    world_free(w);
}

static void each_direction_has_a_key_of_its_own_and_both_ends_agree(void **state)
{
    struct world *w = world_new(HUNT_TOP_DOWN, 1);
    struct device *d = port(w, 1);

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    answer(w, d);
    const struct sccp_open_receive *orc = &last(w, d, SCCP_OPEN_RECEIVE_CHANNEL)->open_receive;
    const struct sccp_start_transmit *smt =
        &last(w, d, SCCP_START_MEDIA_TRANSMISSION)->start_transmit;
    CHECK(orc->srtp.algorithm == 1 && smt->srtp.algorithm == 1, "algorithm");
    CHECK(orc->srtp.key_len == 16 && orc->srtp.salt_len == 14, "lengths");
    CHECK(memcmp(orc->srtp.key, smt->srtp.key, 16) != 0, "one key for both directions");
    CHECK_BYTES(orc->srtp.key, 16, w->media.to_device.key, 16);
    CHECK_BYTES(smt->srtp.key, 16, w->media.from_device.key, 16);
    CHECK(orc->conference == orc->call && orc->call == d->leg.reference, "conference = call");
    CHECK(orc->party == smt->party && orc->party != orc->call, "one party for both");
    CHECK(orc->call >> 24 == 1 && orc->party >> 24 == 1, "the node is in front");
    CHECK(smt->remote_port == 16384 && smt->precedence == 184, "where to, and DSCP");
    CHECK(last(w, d, SCCP_CALL_INFO_V2)->call_info.security == SCCP_SECURITY_ENCRYPTED, "padlock");
    world_free(w);
}

static void a_clear_phone_gets_no_keys(void **state)
{
    struct world *w = world_new(HUNT_TOP_DOWN, 1);
    struct device *d = port(w, 1);
    struct call_request r = from_1001;
    enum call_end end;

    (void)state;
    register_all(w);
    r.clear = true;
    CHECK(call_place(w->m, &r, w, &end) != NULL, "placed");
    answer(w, d);
    static const uint8_t nothing[16];
    const struct sccp_srtp *k = &last(w, d, SCCP_OPEN_RECEIVE_CHANNEL)->open_receive.srtp;
    CHECK(k->algorithm == 0 && k->key_len == 0, "algorithm %u", k->algorithm);
    CHECK_BYTES(k->key, 16, nothing, 16);
    CHECK(w->next_random == 0, "no key was made");
    CHECK(last(w, d, SCCP_CALL_INFO_V2)->call_info.security == SCCP_SECURITY_NOT_AUTHENTICATED,
          "no padlock");
    world_free(w);
}

static void hunting_goes_by_its_algorithm(void **state)
{
    static const struct {
        enum hunt_algorithm algorithm;
        const char *rung;
    } rows[] = {
        /* Four calls one after the other, each answered and ended: */
        {HUNT_LONGEST_IDLE, "1 2 3 1 "},
        {HUNT_TOP_DOWN, "1 1 1 1 "},
        {HUNT_CIRCULAR, "1 2 3 1 "},
        {HUNT_BROADCAST, "1 2 3 1 2 3 1 2 3 1 2 3 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = world_new(rows[i].algorithm, 3);
        register_all(w);
        for (int n = 0; n < 4; n++) {
            struct call *c = call_pilot(w, 0);
            answer(w, c->ringing);
            call_phone_hangs_up(c);
        }
        CHECK(strcmp(w->rung, rows[i].rung) == 0, "row %zu: %s", i, w->rung);
        world_free(w);
    }
}

static void who_does_not_answer_is_left_after_ten_seconds(void **state)
{
    static const struct {
        enum hunt_algorithm algorithm;
        const char *rung;
    } rows[] = {
        {HUNT_LONGEST_IDLE, "1 2 3 "},
        {HUNT_TOP_DOWN, "1 2 3 "},
        {HUNT_CIRCULAR, "1 2 3 "},
        {HUNT_BROADCAST, "1 2 3 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = world_new(rows[i].algorithm, 3);
        register_all(w);
        call_pilot(w, 0);
        for (int n = 0; n < 4 && w->overs == 0; n++) {
            CHECK(w->alarm_ms == 10000, "row %zu: %u ms", i, w->alarm_ms);
            call_alarm(w->call);
        }
        CHECK(w->overs == 1 && w->end == CALL_OVER_NO_ANSWER, "row %zu", i);
        CHECK(strcmp(w->rung, rows[i].rung) == 0, "row %zu: %s", i, w->rung);
        for (unsigned p = 1; p <= 3; p++)
            CHECK(last_state(w, port(w, p)) == SCCP_CALL_ON_HOOK, "row %zu: port %u rings on", i,
                  p);
        CHECK(hunt_free_members(w->m->hunt) == 3, "row %zu: all are free again", i);
        world_free(w);
    }
}

static void the_first_to_answer_a_broadcast_gets_it(void **state)
{
    struct world *w = world_new(HUNT_BROADCAST, 3);

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    answer(w, port(w, 2));
    CHECK(last_state(w, port(w, 1)) == SCCP_CALL_ON_HOOK, "port 1");
    CHECK(last_state(w, port(w, 2)) == SCCP_CALL_CONNECTED, "port 2");
    CHECK(last_state(w, port(w, 3)) == SCCP_CALL_ON_HOOK, "port 3");
    answer(w, port(w, 3)); /* too late: it opens a call of its own */
    CHECK(last_state(w, port(w, 3)) == SCCP_CALL_OFF_HOOK, "dial tone");
    CHECK(port(w, 2)->leg.call == w->m->phones[0].call, "port 2 has it");
    world_free(w);
}

static void busy_and_nobody_are_told_apart(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct call_request r = from_1001;
    enum call_end end;

    (void)state;
    CHECK(!call_place(w->m, &r, w, &end) && end == CALL_OVER_NOBODY, "%s", call_end_words(end));
    register_all(w);
    call_pilot(w, 0);
    answer(w, port(w, 1));
    r.phone = 1;
    CHECK(!call_place(w->m, &r, w, &end) && end == CALL_OVER_BUSY, "%s", call_end_words(end));
    strcpy(r.to, "999001");
    CHECK(!call_place(w->m, &r, w, &end) && end == CALL_OVER_BUSY, "%s", call_end_words(end));
    r.phone = 0;
    CHECK(!call_place(w->m, &r, w, &end) && end == CALL_OVER_PHONE_BUSY, "%s", call_end_words(end));
    r.phone = 1;
    strcpy(r.to, "5555");
    CHECK(!call_place(w->m, &r, w, &end) && end == CALL_OVER_UNKNOWN, "%s", call_end_words(end));
    CHECK(w->overs == 0, "nothing that began has ended");
    world_free(w);
}

static void a_forwarded_call_names_mailbox_hops_and_reason(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct call_request r = from_1001;
    enum call_end end;

    (void)state;
    register_all(w);
    strcpy(r.first_forwarder, "1002");
    strcpy(r.last_forwarder, "1003");
    r.reason = SCCP_REDIRECT_NO_ANSWER;
    CHECK(call_place(w->m, &r, w, &end) != NULL, "placed");
    const struct sccp_call_info *i = &last(w, port(w, 1), SCCP_CALL_INFO_V2)->call_info;
    CHECK(strcmp(i->calling_party, "1001") == 0 && strcmp(i->calling_mailbox, "1001") == 0, "%s %s",
          i->calling_party, i->calling_mailbox);
    CHECK(strcmp(i->called_party, "8000") == 0, "%s", i->called_party);
    CHECK(strcmp(i->original_called_party, "1002") == 0 &&
              strcmp(i->original_called_mailbox, "1002") == 0,
          "%s", i->original_called_party);
    CHECK(strcmp(i->last_redirecting_party, "1003") == 0 &&
              strcmp(i->last_redirecting_mailbox, "1003") == 0,
          "%s", i->last_redirecting_party);
    CHECK(i->original_called_reason == 2 && i->last_redirecting_reason == 2, "reasons");
    CHECK(strcmp(i->hunt_pilot, "8000") == 0 && i->type == SCCP_CALL_TYPE_INBOUND, "pilot, type");
    world_free(w);
}

static void a_direct_call_has_no_redirecting_number(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);

    (void)state;
    register_all(w);
    call_pilot(w, 41);
    const struct sccp_call_info *i = &last(w, port(w, 1), SCCP_CALL_INFO_V2)->call_info;
    CHECK(strcmp(i->calling_party, "1042") == 0, "%s", i->calling_party);
    CHECK(strcmp(i->original_called_party, "8000") == 0, "%s", i->original_called_party);
    CHECK(i->last_redirecting_party[0] == 0 && i->original_called_reason == 0, "direct");
    world_free(w);
}

static void old_versions_get_static_messages(void **state)
{
    static const uint32_t versions[] = {0, 3, 11, 16};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
        register_port(w, 1, versions[i]);
        call_pilot(w, 0);
        CHECK(port(w, 1)->version == versions[i], "version %u", port(w, 1)->version);
        CHECK(last(w, port(w, 1), SCCP_CALL_INFO) && !last(w, port(w, 1), SCCP_CALL_INFO_V2),
              "version %u", versions[i]);
        world_free(w);
    }
}

static void a_channel_that_is_refused_or_never_opened_ends_the_call(void **state)
{
    static const struct {
        uint32_t status, port;
        bool late;
        enum call_end end;
    } rows[] = {
        {SCCP_MEDIA_INVALID_CODEC, 20000, false, CALL_OVER_MEDIA_REFUSED},
        {SCCP_MEDIA_ON_HOOK, 20000, false, CALL_OVER_MEDIA_REFUSED},
        {SCCP_MEDIA_OK, 0, false, CALL_OVER_MEDIA_REFUSED},     /* where to? */
        {SCCP_MEDIA_OK, 70000, false, CALL_OVER_MEDIA_REFUSED}, /* no such port */
        {SCCP_MEDIA_OK, 20000, true, CALL_OVER_MEDIA_LATE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
        struct device *d = port(w, 1);
        register_all(w);
        call_pilot(w, 0);
        answer(w, d);
        CHECK(w->alarm_ms == CALL_MEDIA_MS, "%u", w->alarm_ms);
        struct sccp_message ack = channel_ack(d, rows[i].status);
        ack.open_receive_ack.port = rows[i].port;
        if (rows[i].late)
            call_alarm(w->call);
        else
            say(w, d, ack);
        CHECK(w->overs == 1 && w->end == rows[i].end, "row %zu: %s", i, call_end_words(w->end));
        CHECK(last_state(w, d) == SCCP_CALL_ON_HOOK && w->talks == 0, "row %zu", i);
        world_free(w);
    }
}

static struct sccp_message sending_ack(const struct device *d)
{
    struct sccp_message m = {.id = SCCP_START_MEDIA_TRANSMISSION_ACK};

    m.start_transmit_ack.party = d->leg.party;
    m.start_transmit_ack.call = d->leg.reference;
    return m;
}

static void a_device_that_does_not_say_that_it_sends_is_reported_from_version_17(void **state)
{
    static const struct {
        uint32_t version;
        bool said_before, said_after;
        unsigned alarm_ms, warnings;
    } rows[] = {
        {17, false, false, CALL_MEDIA_MS, 1},
        {17, true, false, 0, 0},
        {22, false, true, 0, 0},
        {11, false, false, 0, 0}, /* phones of that age do not */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
        struct device *d = port(w, 1);
        register_all(w);
        d->version = rows[i].version;
        call_pilot(w, 0);
        answer(w, d);
        if (rows[i].said_before)
            say(w, d, sending_ack(d));
        say(w, d, channel_ack(d, SCCP_MEDIA_OK));
        if (rows[i].said_after)
            say(w, d, sending_ack(d));
        CHECK(w->alarm_ms == rows[i].alarm_ms, "row %zu: %u ms", i, w->alarm_ms);
        if (w->alarm_ms)
            call_alarm(w->call);
        CHECK(w->warnings == rows[i].warnings, "row %zu: %u warnings", i, w->warnings);
        CHECK(w->overs == 0 && w->talks == 1, "row %zu: the call goes on", i);
        world_free(w);
    }
}

static void an_acknowledgement_of_something_else_is_ignored(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);

    (void)state;
    register_all(w);
    struct sccp_message stray = channel_ack(d, SCCP_MEDIA_OK);
    say(w, d, stray); /* no call at all */
    call_pilot(w, 0);
    say(w, d, channel_ack(d, SCCP_MEDIA_OK)); /* not answered yet */
    answer(w, d);
    stray = channel_ack(d, SCCP_MEDIA_OK);
    stray.open_receive_ack.party ^= 1;
    say(w, d, stray);
    stray = channel_ack(d, SCCP_MEDIA_OK);
    stray.open_receive_ack.call ^= 1;
    say(w, d, stray);
    CHECK(w->talks == 0 && w->overs == 0, "nothing happened");
    say(w, d, channel_ack(d, SCCP_MEDIA_OK));
    CHECK(w->talks == 1, "the right one counts");
    world_free(w);
}

static void no_common_codec_is_no_call(void **state)
{
    static const struct {
        uint32_t codec;
        unsigned packet_ms;
        bool ok;
    } rows[] = {
        {0, 20, true},
        {SCCP_CODEC_G711U, 40, true},
        {SCCP_CODEC_G711A, 20, true},
        {0, 60, false}, /* the port offers 40 ms at most */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
        struct call_request r = from_1001;
        enum call_end end;
        register_all(w);
        r.codec = rows[i].codec;
        r.packet_ms = rows[i].packet_ms;
        CHECK(call_place(w->m, &r, w, &end) != NULL, "row %zu", i);
        answer(w, port(w, 1));
        CHECK((w->overs == 0) == rows[i].ok, "row %zu", i);
        CHECK(rows[i].ok || w->end == CALL_OVER_NO_CODEC, "row %zu", i);
        if (rows[i].ok && rows[i].codec)
            CHECK(last(w, port(w, 1), SCCP_OPEN_RECEIVE_CHANNEL)->open_receive.codec ==
                      rows[i].codec,
                  "row %zu", i);
        world_free(w);
    }
}

static void a_lost_port_ends_its_call_and_a_ringing_one_passes_it_on(void **state)
{
    struct world *w = world_new(HUNT_TOP_DOWN, 2);

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    manager_lost(w->m, port(w, 1));
    CHECK(strcmp(w->rung, "1 2 ") == 0, "%s", w->rung);
    answer(w, port(w, 2));
    manager_lost(w->m, port(w, 2));
    CHECK(w->overs == 1 && w->end == CALL_OVER_DEVICE_LOST, "%s", call_end_words(w->end));
    CHECK(w->m->in_service == 0 && w->m->talking == 0, "counted");
    world_free(w);
}

static void a_hook_for_another_call_changes_nothing(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    uint32_t reference = d->leg.reference;
    say(w, d, hook(SCCP_OFF_HOOK, reference + 7));
    say(w, d, hook(SCCP_ON_HOOK, reference)); /* it rings on */
    CHECK(d->leg.state == LEG_RINGING, "rings");
    say(w, d, hook(SCCP_OFF_HOOK, 0)); /* an empty one takes the ringing call */
    CHECK(d->leg.state == LEG_CONNECTED, "answered");
    say(w, d, hook(SCCP_ON_HOOK, reference + 7));
    CHECK(d->leg.state == LEG_CONNECTED, "talks on");
    say(w, d, hook(SCCP_ON_HOOK, reference));
    CHECK(w->overs == 1 && w->end == CALL_OVER_DEVICE, "over");
    say(w, d, hook(SCCP_ON_HOOK, reference)); /* once more, as a device confirms */
    CHECK(d->leg.state == LEG_NONE, "free");
    world_free(w);
}

static void a_digit_for_another_call_or_line_is_not_dialled(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);
    struct sccp_message key = {.id = SCCP_KEYPAD_BUTTON};

    (void)state;
    register_all(w);
    say(w, d, hook(SCCP_OFF_HOOK, 0));
    CHECK(sccp_digit_to_key('9', &key.keypad_button.button), "a key");
    key.keypad_button.line = 1;
    key.keypad_button.call = d->leg.reference + 1;
    say(w, d, key);
    key.keypad_button.line = 2;
    key.keypad_button.call = d->leg.reference;
    say(w, d, key);
    CHECK(d->leg.digits[0] == '\0', "neither counts");
    key.keypad_button.line = 1;
    say(w, d, key);
    CHECK(strcmp(d->leg.digits, "9") == 0, "its own does");
    world_free(w);
}

static void digits_reach_the_port_in_each_form(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);
    const struct outlet *o = &w->m->edge.outlet;

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    answer(w, d);
    size_t from = w->count;
    present_digit(o, d, DIGIT_KEYPAD, '0');
    present_digit(o, d, DIGIT_TONE, '#');
    present_digit(o, d, DIGIT_NOTIFY, '*');
    present_digit(o, d, DIGIT_RFC2833, '1');
    check_order(w, d, from, SCCP_KEYPAD_BUTTON, SCCP_START_TONE, SCCP_STOP_TONE,
                SCCP_NOTIFY_DTMF_TONE, 0);
    CHECK(last(w, d, SCCP_KEYPAD_BUTTON)->keypad_button.button == 10, "'0' is 10 to a device");
    CHECK(last(w, d, SCCP_START_TONE)->start_tone.tone == 0x0F, "pound");
    CHECK(last(w, d, SCCP_NOTIFY_DTMF_TONE)->dtmf_tone.party == d->leg.party, "party");
    world_free(w);
}

static void unregister_waits_for_a_call(void **state)
{
    struct world *w = world_new(HUNT_LONGEST_IDLE, 1);
    struct device *d = port(w, 1);
    struct sccp_message bye = {.id = SCCP_UNREGISTER};

    (void)state;
    register_all(w);
    call_pilot(w, 0);
    answer(w, d);
    CHECK(!manager_message(w->m, d, &bye), "it stays");
    CHECK(last(w, d, SCCP_UNREGISTER_ACK)->unregister_ack.status == SCCP_UNREGISTER_NAK, "NAK");
    say(w, d, hook(SCCP_ON_HOOK, 0));
    CHECK(manager_message(w->m, d, &bye), "it goes");
    CHECK(last(w, d, SCCP_UNREGISTER_ACK)->unregister_ack.status == SCCP_UNREGISTER_OK, "ok");
    CHECK(d->state == DEVICE_ABSENT && w->m->in_service == 0, "absent");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_offered_and_answered_in_callmanagers_order),
        cmocka_unit_test(each_direction_has_a_key_of_its_own_and_both_ends_agree),
        cmocka_unit_test(a_clear_phone_gets_no_keys),
        cmocka_unit_test(hunting_goes_by_its_algorithm),
        cmocka_unit_test(who_does_not_answer_is_left_after_ten_seconds),
        cmocka_unit_test(the_first_to_answer_a_broadcast_gets_it),
        cmocka_unit_test(busy_and_nobody_are_told_apart),
        cmocka_unit_test(a_forwarded_call_names_mailbox_hops_and_reason),
        cmocka_unit_test(a_direct_call_has_no_redirecting_number),
        cmocka_unit_test(old_versions_get_static_messages),
        cmocka_unit_test(a_channel_that_is_refused_or_never_opened_ends_the_call),
        cmocka_unit_test(a_device_that_does_not_say_that_it_sends_is_reported_from_version_17),
        cmocka_unit_test(an_acknowledgement_of_something_else_is_ignored),
        cmocka_unit_test(no_common_codec_is_no_call),
        cmocka_unit_test(a_lost_port_ends_its_call_and_a_ringing_one_passes_it_on),
        cmocka_unit_test(a_hook_for_another_call_changes_nothing),
        cmocka_unit_test(a_digit_for_another_call_or_line_is_not_dialled),
        cmocka_unit_test(digits_reach_the_port_in_each_form),
        cmocka_unit_test(unregister_waits_for_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
