/* Several call managers: standing by, failing over, keeping a call's voice. Walked with a scripted
 * call manager, in invented time. */
#include "port_servers.h"

/* ---- standing by -------------------------------------------------------------------------- */

static void a_second_line_is_kept_alive_at_the_next_server(void **state)
{
    struct rig *r = at_first_of(3);

    (void)state;
    SECOND(r, SECOND_HELD);
    CHECK(r->second_server == 1, "at %u", r->second_server);
    r->port.standby_s = 60;
    rig_advance(r, 10 * 60000);
    CHECK(r->other.keepalives >= 9 && r->other.keepalives <= 11, "%u keepalives",
          r->other.keepalives);
    CHECK(rig_times(r, SCCP_KEEP_ALIVE) >= 19, "twice as many on the line");
    CHECK(r->other.tokens_asked == 0, "nobody of higher order, no token");
    CHECK(r->port.registrations == 1 && r->unexpected == 0, "nothing else");
    WELL(r);
}

static void the_standby_interval_is_the_servers(void **state)
{
    struct sccp_message ack = {.id = SCCP_REGISTER_ACK};
    struct port_event ev;

    (void)state;
    rig_init(&rig, 17);
    ack.register_ack.keepalive_s = 30;
    ack.register_ack.secondary_keepalive_s = 60;
    translate_in(&rig.port, &ack, &ev);
    CHECK(ev.session.keepalive_s == 30 && ev.session.standby_s == 60, "both");
}

static void without_the_setting_or_a_second_server_there_is_no_second_line(void **state)
{
    static const struct {
        size_t servers;
        bool standby;
    } rows[] = {{1, true}, {2, false}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        rig_init(&rig, 17);
        port_set_servers(&rig.port, rows[i].servers);
        rig.group.standby = rows[i].standby;
        rig_register(&rig);
        rig_advance(&rig, 600000);
        SECOND(&rig, SECOND_NONE);
        CHECK(rig.other.connected == 0, "row %zu", i);
        WELL(&rig);
    }
}

static void a_standby_that_does_not_answer_is_left_and_tried_again(void **state)
{
    struct rig *r = at_first_of(2);

    (void)state;
    rig_advance(r, 60000); /* it has answered: it can */
    r->other.silent = true;
    rig_advance(r, 4 * 30000);
    CHECK(r->other.connected >= 2, "connected again: %u", r->other.connected);
    STATE(r, PORT_IDLE);
    WELL(r);
}

/* libsccp answers no KeepAlive before Register. */
static void a_standby_that_never_answered_is_not_called_dead(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    port_set_servers(&rig.port, 2);
    rig.other.silent = true;
    rig_register(&rig);
    rig_advance(&rig, 20 * 30000);
    SECOND(&rig, SECOND_HELD);
    CHECK(rig.other.connected == 1 && rig.other.keepalives >= 19, "%u connections, %u keepalives",
          rig.other.connected, rig.other.keepalives);
    WELL(&rig);
}

static void a_standby_that_is_down_is_tried_ever_more_rarely(void **state)
{
    unsigned tries = 0;

    (void)state;
    rig_init(&rig, 17);
    port_set_servers(&rig.port, 2);
    rig.down = 2;
    rig_register(&rig);
    for (unsigned s = 0; s < 3600; s++) {
        const enum second_state was = rig.port.second.state;
        const uint32_t failures = rig.port.second.failures;
        rig_advance(&rig, 1000);
        tries += rig.port.second.failures != failures;
        CHECK(was == SECOND_PAUSED, "%s", port_second_words(was));
    }
    CHECK(tries >= 55 && tries <= 90, "%u tries in an hour", tries);
    STATE(&rig, PORT_IDLE);
    WELL(&rig);
}

static void the_next_one_of_many_stands_by_when_the_first_choice_is_down(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    port_set_servers(&rig.port, 4);
    rig.down = 1u << 1 | 1u << 2;
    rig_register(&rig);
    rig_advance(&rig, 10000);
    SECOND(&rig, SECOND_HELD);
    CHECK(rig.second_server == 3, "at %u", rig.second_server);
    WELL(&rig);
}

/* Servers come from the list of trust, and a new one names them in another order. */
static void after_a_new_list_no_port_stands_by_where_it_is_registered(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    port_set_servers(&rig.port, 2);
    rig.group.auto_failback = false;
    rig.down = 1u << 1;
    rig_register(&rig);
    rig_advance(&rig, 3000);
    SECOND(&rig, SECOND_PAUSED);
    port_set_servers(&rig.port, 2);
    port_stands_at(&rig.port, 1);
    AT(&rig, 1u);
    rig.down = 0;
    rig_advance(&rig, 120000);
    SECOND(&rig, SECOND_HELD);
    CHECK(rig.second_server == 0, "at %u", rig.second_server);
    CHECK(rig.port.failovers == 0 && rig.port.registrations == 1, "it has not moved");
    WELL(&rig);
}

static void after_a_new_list_a_port_goes_back_to_who_is_of_higher_order_now(void **state)
{
    struct rig *r = at_first_of(3);

    (void)state;
    port_stands_at(&r->port, 2);
    port_stands_at(&r->port, SIZE_MAX); /* not in it at all: as it was */
    AT(r, 2u);
    rig_advance(r, 300000);
    AT(r, 0u);
    STATE(r, PORT_IDLE);
    CHECK(r->port.failbacks == 2, "by way of the one that stood by: %u", r->port.failbacks);
    WELL(r);
}

/* ---- failing over ------------------------------------------------------------------------- */

static void a_lost_server_is_replaced_by_the_standby_at_once(void **state)
{
    struct rig *r = at_first_of(2);
    const int64_t before = r->now_ms;

    (void)state;
    rig_forget(r);
    rig_server_dies(r);
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    CHECK(r->now_ms == before && rig_last(r, SCCP_REGISTER), "at once");
    CHECK(r->lost == 1 && r->told_registered && rig_noted(r, NOTE_STANDBY), "told");
    CHECK(r->port.failovers == 1 && r->port.failbacks == 0, "counted");
    WELL(r);
}

static void three_unanswered_keepalives_fail_over_too(void **state)
{
    struct rig *r = at_first_of(2);

    (void)state;
    r->cm.no_keepalive_ack = true;
    r->down = 1u << 0; /* for whoever dials anew */
    rig_advance(r, 4 * 30000 + 1000);
    CHECK(rig_noted(r, NOTE_LINK_DEAD) && rig_noted(r, NOTE_STANDBY), "said");
    AT(r, 1u);
    CHECK(port_registered(&r->port), "%s", port_state_words(r->port.state));
    WELL(r);
}

static void a_lamp_call_ends_with_its_result_and_the_port_fails_over(void **state)
{
    struct rig *r = at_first_of(2);

    (void)state;
    r->cm.silent = true;
    rig_lamp(r, 3, "1001");
    STATE(r, PORT_MWI_OFF_HOOK);
    r->cm.silent = false;
    rig_server_dies(r);
    CHECK(r->lamps == 1 && r->lamp_result == LAMP_LINK_LOST, "told");
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    WELL(r);
}

static void without_a_standby_the_list_is_walked_down(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    port_set_servers(&rig.port, 3);
    rig.group.standby = rig.group.auto_failback = false;
    rig_register(&rig);
    rig.down = 1u << 1;
    rig_server_dies(&rig);
    STATE(&rig, PORT_DOWN);
    rig_advance(&rig, 3000);
    STATE(&rig, PORT_IDLE);
    AT(&rig, 2u);
    WELL(&rig);
}

static void a_standby_that_rejects_the_register_is_followed_by_the_next_try(void **state)
{
    struct rig *r = at_first_of(2);

    (void)state;
    r->cm.rejects = true;
    rig_server_dies(r);
    STATE(r, PORT_DOWN);
    SECOND(r, SECOND_NONE);
    r->cm.rejects = false;
    rig_advance(r, 120000);
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    WELL(r);
}

/* ---- a call that outlives its call manager ------------------------------------------------ */

static struct rig *kept(size_t servers)
{
    struct rig *r = at_first_of(servers);

    rig_ring(r);
    STATE(r, PORT_TALKING);
    rig_server_dies(r);
    STATE(r, PORT_KEPT);
    return r;
}

static void the_voice_goes_on_until_the_greeting_is_over_then_the_port_registers(void **state)
{
    struct rig *r = kept(2);

    (void)state;
    CHECK(r->media.open && r->media.listening && r->media.sending && r->media.sounds == 1,
          "the voice was not touched");
    CHECK(!port_registered(&r->port) && port_in_call(&r->port) && port_encrypted(&r->port),
          "in a call, not registered");
    CHECK(r->ended == 0 && rig_noted(r, NOTE_CALL_KEPT) && r->port.calls_kept == 1, "told");
    rig_forget(r);
    for (unsigned i = 0; i < 60; i++) {
        r->media.counts.received += 50;
        rig_advance(r, 1000);
    }
    STATE(r, PORT_KEPT);
    CHECK(!rig_last(r, SCCP_REGISTER), "not before the call ends");
    SECOND(r, SECOND_HELD);
    rig_kind(r, EV_PLAYED);
    rig_settle(r);
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    CHECK(r->ended == 1 && r->ended_connected == 1 && r->media.closed == 1, "ended once");
    WELL(r);
}

static void a_kept_call_ends_by_silence_or_when_nobody_is_there(void **state)
{
    struct rig *r = kept(2);

    (void)state;
    r->group.kept_call_quiet_ms = 10000;
    for (unsigned i = 0; i < 30; i++) {
        r->media.counts.received += 50;
        rig_advance(r, 1000);
    }
    STATE(r, PORT_KEPT);
    rig_advance(r, 8000);
    STATE(r, PORT_KEPT);
    rig_advance(r, 4000); /* the last packet was at most a second before its count */
    STATE(r, PORT_IDLE);

    r = kept(2);
    rig_kind(r, EV_UNREACHABLE);
    rig_settle(r);
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void a_kept_call_without_a_standby_dials_when_it_is_over(void **state)
{
    struct rig *r;

    (void)state;
    rig_init(&rig, 17);
    r = &rig;
    rig_register(r);
    rig_ring(r);
    rig_server_dies(r);
    STATE(r, PORT_KEPT);
    r->down = 0;
    rig_kind(r, EV_PLAYED);
    STATE(r, PORT_DOWN);
    CHECK(!r->media.open && r->ended == 1, "over");
    rig_advance(r, 3000);
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void by_its_setting_a_call_ends_with_the_connection(void **state)
{
    struct rig *r = at_first_of(2);

    (void)state;
    r->group.kept_call_quiet_ms = 0;
    rig_ring(r);
    rig_server_dies(r);
    STATE(r, PORT_IDLE);
    CHECK(r->ended == 1 && !r->media.open, "over");
    AT(r, 1u);
    WELL(r);
}

static void a_call_without_media_is_not_kept(void **state)
{
    struct rig *r = at_first_of(2);

    (void)state;
    r->cm.silent = true;
    rig_ring(r);
    STATE(r, PORT_ANSWERING);
    r->cm.silent = false;
    rig_server_dies(r);
    STATE(r, PORT_IDLE);
    CHECK(r->ended == 1 && r->ended_connected == 0, "told as failed");
    WELL(r);
}

static void a_kept_call_can_be_drained_stopped_and_reset(void **state)
{
    struct rig *r = kept(2);

    (void)state;
    rig_kind(r, EV_DRAIN);
    STATE(r, PORT_KEPT);
    SECOND(r, SECOND_NONE);
    rig_kind(r, EV_PLAYED);
    STATE(r, PORT_STOPPED);
    CHECK(r->ended == 1 && r->told_stopped, "after its end");

    r = kept(2);
    rig_kind(r, EV_STOP);
    STATE(r, PORT_STOPPED);
    CHECK(r->ended == 1 && !r->media.open, "at once");

    r = kept(2);
    rig_kind(r, EV_RESET);
    STATE(r, PORT_DOWN);
    r->down = 0;
    rig_advance(r, 5000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);

    r = kept(2);
    rig_lamp(r, 5, "1001");
    CHECK(r->lamp_result == LAMP_PORT_BUSY, "no lamps meanwhile");
    WELL(r);
}

static void a_standby_lost_during_a_kept_call_is_not_relied_on(void **state)
{
    struct rig *r = kept(2);

    (void)state;
    r->second_linked = false;
    r->down |= 1u << 1;
    rig_kind(r, EV_SECOND_LOST);
    rig_kind(r, EV_PLAYED);
    STATE(r, PORT_DOWN);
    r->down = 0;
    rig_advance(r, 5000);
    STATE(r, PORT_IDLE);
    WELL(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_line_is_kept_alive_at_the_next_server),
        cmocka_unit_test(the_standby_interval_is_the_servers),
        cmocka_unit_test(without_the_setting_or_a_second_server_there_is_no_second_line),
        cmocka_unit_test(a_standby_that_does_not_answer_is_left_and_tried_again),
        cmocka_unit_test(a_standby_that_never_answered_is_not_called_dead),
        cmocka_unit_test(a_standby_that_is_down_is_tried_ever_more_rarely),
        cmocka_unit_test(the_next_one_of_many_stands_by_when_the_first_choice_is_down),
        cmocka_unit_test(after_a_new_list_no_port_stands_by_where_it_is_registered),
        cmocka_unit_test(after_a_new_list_a_port_goes_back_to_who_is_of_higher_order_now),
        cmocka_unit_test(a_lost_server_is_replaced_by_the_standby_at_once),
        cmocka_unit_test(three_unanswered_keepalives_fail_over_too),
        cmocka_unit_test(a_lamp_call_ends_with_its_result_and_the_port_fails_over),
        cmocka_unit_test(without_a_standby_the_list_is_walked_down),
        cmocka_unit_test(a_standby_that_rejects_the_register_is_followed_by_the_next_try),
        cmocka_unit_test(the_voice_goes_on_until_the_greeting_is_over_then_the_port_registers),
        cmocka_unit_test(a_kept_call_ends_by_silence_or_when_nobody_is_there),
        cmocka_unit_test(a_kept_call_without_a_standby_dials_when_it_is_over),
        cmocka_unit_test(by_its_setting_a_call_ends_with_the_connection),
        cmocka_unit_test(a_call_without_media_is_not_kept),
        cmocka_unit_test(a_kept_call_can_be_drained_stopped_and_reset),
        cmocka_unit_test(a_standby_lost_during_a_kept_call_is_not_relied_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
