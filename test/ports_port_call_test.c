/* Calls: rung, answered, ended, refused; what a call does besides its voice. Walked with a scripted
 * call manager that speaks bytes, in invented time. */
#include "port_talk.h"

static void a_call_is_answered_and_hears_the_greeting_in_every_version(void **state)
{
    static const uint32_t versions[] = {0, 3, 5, 8, 11, 15, 17, 18, 20, 22};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct rig *r = talking(versions[i]);
        const struct sccp_message *off = rig_last(r, SCCP_OFF_HOOK);
        const struct sccp_message *ack = rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
        CHECK(off && off->off_hook.line == 1 && off->off_hook.call == r->cm.call, "OffHook");
        CHECK(ack && ack->open_receive_ack.status == 0 && ack->open_receive_ack.port == 20000 &&
                  ack->open_receive_ack.party == r->cm.party &&
                  ack->open_receive_ack.addr.ip[0] == 10,
              "version %u: the ack", versions[i]);
        const struct sccp_message *sent = rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK);
        CHECK((sent != NULL) == (versions[i] >= 17), "version %u: SMT's ack", versions[i]);
        CHECK(r->media.listening && r->media.sending && r->media.greeting, "media");
        CHECK(r->media.heard.key.key[0] == 0x10 && r->media.said.key.key[0] == 0x80, "whose keys");
        CHECK(port_encrypted(&r->port), "locked");
        CHECK(r->media.heard.packet_ms == 20 && r->media.to.port == 16384, "format");
        CHECK(strcmp(r->port.info.caller, "1002") == 0 && strcmp(r->port.info.redir, "5000") == 0 &&
                  r->port.info.reason == 2,
              "who calls");
        rig_kind(r, EV_PLAYED);
        rig_settle(r);
        STATE(r, PORT_IDLE);
        CHECK(rig_last(r, SCCP_ON_HOOK)->on_hook.call == off->off_hook.call, "OnHook");
        CHECK(r->answered == 1 && r->ended == 1 && r->ended_connected == 1, "told");
        CHECK(r->media.closed == 1 && !r->media.open, "closed");
        WELL(r);
    }
}

static void a_caller_who_hangs_up_frees_the_port(void **state)
{
    struct rig *r = talking(17);
    const uint32_t call = r->cm.call;

    (void)state;
    rig_far_end_hangs_up(r);
    STATE(r, PORT_IDLE);
    CHECK(rig_last(r, SCCP_ON_HOOK)->on_hook.call == call, "OnHook keeps the server in step");
    CHECK(r->ended == 1, "told");
    WELL(r);
}

/* Everything of 7.4 that may come in another order: each permutation ends in a call with sound. */
enum piece { RINGS, INFORMS, OPENS, CONNECTS, SENDS, PIECES };

static void deliver(struct rig *r, enum piece what, uint32_t call)
{
    static const uint32_t state_of[PIECES] = {
        [RINGS] = SCCP_CALL_RING_IN, [CONNECTS] = SCCP_CALL_CONNECTED};

    if (what == INFORMS)
        hear(r, say_call_info(call, "1002", "8000", "", 0));
    else if (what == OPENS)
        hear(r, say_open_receive(r, call, 5));
    else if (what == SENDS)
        hear(r, say_start_transmit(r, call, 5));
    else
        hear(r, say_call_state(state_of[what], call));
}

static void try_order(const enum piece *order, size_t n, bool repeat)
{
    struct rig *r = registered(17);
    const uint32_t call = 0x80000001u; /* more than a signed word holds */

    r->cm.silent = true;
    hear(r, say_call_state(SCCP_CALL_RING_IN, call));
    for (size_t i = 0; i < n; i++) {
        /* The call manager opens nothing before it has heard OffHook. */
        if (order[i] != INFORMS)
            rig_advance(r, 250);
        deliver(r, order[i], call);
        if (repeat)
            deliver(r, order[i], call);
    }
    STATE(r, PORT_TALKING);
    CHECK(r->media.listening && r->media.sending, "order %d%d%d%d", order[0], order[1], order[2],
          order[3]);
    CHECK(r->media.opened == 1, "one stream");
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status == 0, "ack");
    CHECK(strcmp(r->port.info.caller, "1002") == 0, "informed");
    CHECK(rig_times(r, SCCP_OFF_HOOK) == 1, "one answer");
    CHECK(r->unexpected == 0, "nothing is unexpected");
    WELL(r);
}

static void permute(enum piece *order, size_t k, size_t n)
{
    if (k == n) {
        try_order(order, n, false);
        try_order(order, n, true);
        return;
    }
    for (size_t i = k; i < n; i++) {
        enum piece t = order[k];
        order[k] = order[i];
        order[i] = t;
        permute(order, k + 1, n);
        order[i] = order[k];
        order[k] = t;
    }
}

static void every_order_of_messages_ends_in_a_call_with_sound(void **state)
{
    enum piece order[] = {INFORMS, OPENS, CONNECTS, SENDS};

    (void)state;
    permute(order, 0, 4);
}

static void call_info_before_ring_in_is_kept(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.silent = true;
    hear(r, say_call_info(9, "1003", "8000", "5001", 1));
    STATE(r, PORT_IDLE);
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    STATE(r, PORT_ANSWERING);
    CHECK(strcmp(r->port.info.caller, "1003") == 0, "%s", r->port.info.caller);
    WELL(r);
}

static void ring_in_without_call_info_is_answered_a_little_later(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    STATE(r, PORT_RINGING);
    CHECK(!rig_last(r, SCCP_OFF_HOOK), "not yet");
    r->cm.call = 9;
    rig_advance(r, 200);
    STATE(r, PORT_TALKING);
    CHECK(rig_last(r, SCCP_OFF_HOOK)->off_hook.call == 9, "answered");
    WELL(r);

    r = registered(17);
    r->group.wait_for_call_info_ms = 0;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    r->cm.call = 9;
    rig_advance(r, 0);
    STATE(r, PORT_TALKING);
    WELL(r);
}

static void a_caller_who_gives_up_before_the_answer_costs_nothing(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    hear(r, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, 9, 4)); /* for media never opened (8.4) */
    hear(r, say_close(SCCP_STOP_MEDIA_TRANSMISSION, 9, 4));
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 9));
    STATE(r, PORT_IDLE);
    CHECK(r->answered == 0 && r->said_count == 0 && r->unexpected == 0, "nothing said");
    WELL(r);
}

static void a_second_call_rings_on_without_harm_and_is_taken_when_free(void **state)
{
    struct rig *r = talking(17);
    const uint32_t first = r->cm.call;

    (void)state;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 0x999));
    hear(r, say_call_info(0x999, "1009", "8000", "", 0));
    STATE(r, PORT_TALKING);
    CHECK(r->port.call.call == first && strcmp(r->port.info.caller, "1002") == 0,
          "the first is ours");
    CHECK(rig_noted(r, NOTE_SECOND_CALL), "noted");
    rig_far_end_hangs_up(r);
    r->cm.call = 0x999;
    rig_advance(r, 200);
    rig_settle(r);
    STATE(r, PORT_TALKING);
    CHECK(r->port.call.call == 0x999 && r->answered == 2, "then the second");
    WELL(r);
}

static void a_second_call_that_goes_away_is_forgotten(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    hear(r, say_call_state(SCCP_CALL_CALL_WAITING, 0x999));
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 0x998)); /* never offered: chan_skinny */
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 0x999));
    STATE(r, PORT_TALKING);
    rig_far_end_hangs_up(r);
    rig_advance(r, 1000);
    STATE(r, PORT_IDLE);
    CHECK(r->answered == 1 && r->port.calls_refused == 1, "refused one");
    WELL(r);
}

static void a_port_that_may_not_answer_lets_calls_ring_and_counts_each_once(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->port.never_answers = true;
    rig_forget(r);
    hear(r, say_call_state(SCCP_CALL_RING_IN, 0x70));
    hear(r, say_call_state(SCCP_CALL_RING_IN, 0x70));
    rig_advance(r, 9000);
    STATE(r, PORT_IDLE);
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 0x70));
    hear(r, say_call_state(SCCP_CALL_RING_IN, 0x71));
    rig_advance(r, 9000);
    STATE(r, PORT_IDLE);
    CHECK(r->answered == 0 && r->port.calls == 0, "%u answered", r->answered);
    CHECK(r->port.calls_refused == 2, "%u counted", r->port.calls_refused);
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 0x71));
    rig_lamp(r, 7, "1001");
    rig_advance(r, 3000);
    CHECK(r->lamps == 1 && r->lamp_result == LAMP_CONFIRMED, "it still switches lamps");
    WELL(r);
}

static void a_call_offered_while_configuring_is_answered_then(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    rig.cm.no_soft_keys = true; /* two steps take three seconds each */
    rig_register(&rig);
    STATE(&rig, PORT_CONFIGURING);
    hear(&rig, say_call_state(SCCP_CALL_RING_IN, 5));
    rig.cm.call = 5;
    rig_advance(&rig, 7000);
    STATE(&rig, PORT_TALKING);
    CHECK(rig.answered == 1, "answered");
    WELL(&rig);
}

static void a_call_that_is_never_connected_is_given_up(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    r->cm.silent = true;
    rig_advance(r, 200 + 9999);
    STATE(r, PORT_ANSWERING);
    rig_advance(r, 1);
    STATE(r, PORT_CLEARING);
    rig_advance(r, 4000);
    STATE(r, PORT_IDLE);
    CHECK(r->ended == 1 && r->ended_connected == 0, "failed");
    WELL(r);
}

static void a_call_without_media_ends_after_five_minutes(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.smt_never = true;
    rig_ring(r);
    STATE(r, PORT_TALKING);
    rig_advance(r, 400000);
    STATE(r, PORT_TALKING); /* it listens, so it is a call */
    hear(r, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, r->cm.call, r->cm.party));
    rig_advance(r, 299000);
    STATE(r, PORT_TALKING);
    rig_advance(r, 2000);
    STATE(r, PORT_IDLE);
    CHECK(rig_noted(r, NOTE_QUIET), "noted");
    WELL(r);
}

static void a_call_lasts_as_long_as_the_setting_says(void **state)
{
    static const struct {
        enum after_greeting after;
        unsigned max_s;
        int64_t still_ms, over_ms; /* 0: never */
    } rows[] = {
        {AFTER_LOOP, 90, 89000, 91000},
        {AFTER_SILENCE, 43200, 43199000, 43201000},
        {AFTER_LOOP, 0, 999999000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = registered(17);
        r->group.after = rows[i].after;
        r->group.max_call_s = rows[i].max_s;
        rig_ring(r);
        rig_kind(r, EV_PLAYED);
        for (int64_t t = 0; t < rows[i].still_ms; t += 20000) {
            r->media.counts.received++;
            rig_advance(r, t + 20000 < rows[i].still_ms ? 20000 : rows[i].still_ms - t);
        }
        STATE(r, PORT_TALKING);
        rig_advance(r, rows[i].over_ms ? rows[i].over_ms - rows[i].still_ms : 1000);
        CHECK((r->port.state == PORT_IDLE) == (rows[i].over_ms != 0), "row %zu: %s", i,
              port_state_words(r->port.state));
        CHECK(rig_noted(r, NOTE_TOO_LONG) == (rows[i].over_ms != 0), "row %zu: noted", i);
        WELL(r);
    }
}

static void a_silent_call_is_dropped_only_where_that_is_set(void **state)
{
    (void)state;
    for (int drop = 0; drop < 2; drop++) {
        struct rig *r = registered(17);
        r->group.drop_inactive = drop;
        rig_ring(r);
        rig_advance(r, 200000); /* the first look finds packets, the next ones no more */
        STATE(r, PORT_TALKING);
        r->media.counts.received++;
        rig_advance(r, 290000);
        STATE(r, PORT_TALKING);
        rig_advance(r, 130000);
        CHECK((r->port.state == PORT_IDLE) == drop, "%s", port_state_words(r->port.state));
        CHECK(rig_noted(r, NOTE_SILENT) == drop, "noted");
        WELL(r);
    }
}

static void after_the_greeting_the_setting_decides(void **state)
{
    static const struct {
        enum after_greeting after;
        bool hangs_up;
    } rows[] = {{AFTER_HANGUP, true}, {AFTER_LOOP, false}, {AFTER_SILENCE, false}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig *r = talking(17);
        r->group.after = rows[i].after;
        rig_kind(r, EV_PLAYED);
        rig_settle(r);
        CHECK((r->port.state == PORT_IDLE) == rows[i].hangs_up, "row %zu: %s", i,
              port_state_words(r->port.state));
        WELL(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_answered_and_hears_the_greeting_in_every_version),
        cmocka_unit_test(a_caller_who_hangs_up_frees_the_port),
        cmocka_unit_test(every_order_of_messages_ends_in_a_call_with_sound),
        cmocka_unit_test(call_info_before_ring_in_is_kept),
        cmocka_unit_test(ring_in_without_call_info_is_answered_a_little_later),
        cmocka_unit_test(a_caller_who_gives_up_before_the_answer_costs_nothing),
        cmocka_unit_test(a_second_call_rings_on_without_harm_and_is_taken_when_free),
        cmocka_unit_test(a_second_call_that_goes_away_is_forgotten),
        cmocka_unit_test(a_port_that_may_not_answer_lets_calls_ring_and_counts_each_once),
        cmocka_unit_test(a_call_offered_while_configuring_is_answered_then),
        cmocka_unit_test(a_call_that_is_never_connected_is_given_up),
        cmocka_unit_test(a_call_without_media_ends_after_five_minutes),
        cmocka_unit_test(a_call_lasts_as_long_as_the_setting_says),
        cmocka_unit_test(a_silent_call_is_dropped_only_where_that_is_set),
        cmocka_unit_test(after_the_greeting_the_setting_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
