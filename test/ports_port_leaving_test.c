/* A port that leaves or is reset: by the operator, by the call manager, with calls up. */
#include "port_talk.h"

static struct sccp_message reset(uint32_t type)
{
    struct sccp_message m = {.id = SCCP_RESET};

    m.reset.type = type;
    return m;
}

static void a_reset_of_each_type_does_what_it_says(void **state)
{
    static const struct {
        uint32_t type;
        bool leaves;
        unsigned fetches;
    } rows[] = {{1, true, 1}, {2, true, 0}, {3, false, 1}, {9, false, 0}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct rig *r = registered(17);
        hear(r, reset(rows[i].type));
        rig_settle(r);
        CHECK((rig_last(r, SCCP_UNREGISTER) != NULL) == rows[i].leaves, "row %zu", i);
        CHECK(r->refreshes == rows[i].fetches, "row %zu: %u fetches", i, r->refreshes);
        if (rows[i].leaves)
            CHECK(port_due(&r->port) - r->now_ms >= 2000, "a pause of some seconds");
        rig_advance(r, 4000);
        STATE(r, PORT_IDLE);
        WELL(r);
    }
}

static void a_reset_lets_the_call_end_first_but_not_for_ever(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    hear(r, reset(2));
    STATE(r, PORT_TALKING);
    rig_far_end_hangs_up(r);
    CHECK(rig_last(r, SCCP_UNREGISTER), "then it goes");
    rig_advance(r, 5000);
    STATE(r, PORT_IDLE);

    r = talking(17);
    hear(r, reset(1));
    rig_advance(r, 29999);
    STATE(r, PORT_TALKING);
    rig_advance(r, 1);
    CHECK(rig_last(r, SCCP_UNREGISTER) && rig_last(r, SCCP_ON_HOOK), "hung up after 30 s");
    rig_advance(r, 5000);
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void libsccps_reset_as_the_answer_to_unregister_is_borne(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.no_unregister_ack = true;
    rig_kind(r, EV_RESET);
    STATE(r, PORT_UNREGISTERING);
    hear(r, reset(2));
    STATE(r, PORT_UNREGISTERING);
    r->linked = false;
    rig_kind(r, EV_LINK_LOST);
    STATE(r, PORT_DOWN);
    rig_advance(r, 4000);
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void stopping_unregisters_and_ends(void **state)
{
    static const bool acks[] = {true, false};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = registered(17);
        r->cm.no_unregister_ack = !acks[i];
        rig_kind(r, EV_DRAIN);
        CHECK(rig_last(r, SCCP_UNREGISTER), "unregisters");
        rig_advance(r, 3000);
        STATE(r, PORT_STOPPED);
        CHECK(r->told_stopped && r->closes == 1, "told and closed");
        WELL(r);
    }
}

static void a_refused_unregister_holds_the_link_until_the_time_out(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.refuses_unregister = true;
    rig_kind(r, EV_DRAIN);
    rig_settle(r);
    CHECK(rig_noted(r, NOTE_MUST_STAY), "noted");
    STATE(r, PORT_UNREGISTERING);
    CHECK(r->closes == 0, "the link is up");
    rig_advance(r, 3000);
    STATE(r, PORT_STOPPED);
    WELL(r);
}

/* "2 NAK, call active -> stay" (7.12). */
static void a_reset_that_is_refused_leaves_the_port_in_service_and_comes_later(void **state)
{
    static const bool by_call_manager[] = {true, false};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = registered(17);
        r->cm.refuses_unregister = true;
        if (by_call_manager[i])
            hear(r, reset(2));
        else
            rig_kind(r, EV_RESET);
        rig_settle(r);
        STATE(r, PORT_IDLE);
        CHECK(rig_noted(r, NOTE_RESET_LATER) && r->closes == 0, "row %zu: said, and stays", i);
        rig_advance(r, 14000);
        STATE(r, PORT_IDLE);
        CHECK(rig_times(r, SCCP_UNREGISTER) == 3, "row %zu: asked every five seconds", i);
        r->cm.refuses_unregister = false;
        rig_advance(r, 1000);
        CHECK(r->closes == 1, "row %zu: then it goes", i);
        rig_advance(r, 5000);
        STATE(r, PORT_IDLE);
        WELL(r);
    }
}

static void the_call_for_which_a_reset_was_refused_is_answered(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.no_unregister_ack = true;
    hear(r, reset(2));
    STATE(r, PORT_UNREGISTERING);
    rig_ring(r);
    hear(r,
         (struct sccp_message){.id = SCCP_UNREGISTER_ACK, .unregister_ack = {SCCP_UNREGISTER_NAK}});
    rig_advance(r, 1000);
    STATE(r, PORT_TALKING);
    rig_advance(r, 10000);
    STATE(r, PORT_TALKING);
    r->cm.no_unregister_ack = false;
    rig_far_end_hangs_up(r);
    rig_settle(r);
    CHECK(r->closes == 1, "and the reset follows its end");
    rig_advance(r, 5000);
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void draining_lets_the_call_end_and_takes_no_other(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    rig_kind(r, EV_DRAIN);
    STATE(r, PORT_TALKING);
    hear(r, say_call_state(SCCP_CALL_RING_IN, 0x999));
    CHECK(rig_noted(r, NOTE_RING_UNWANTED), "refused");
    rig_far_end_hangs_up(r);
    rig_advance(r, 100);
    STATE(r, PORT_STOPPED);
    CHECK(r->answered == 1, "only one call");
    WELL(r);
}

/* Whatever it is that would make it wait for another try. */
static void who_drains_never_tries_again(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    rig_kind(r, EV_DRAIN);
    hear(r, say_id(SCCP_REGISTER_REJECT));
    STATE(r, PORT_STOPPED);
    CHECK(r->told_stopped && r->ended == 1 && !r->media.open, "and the call is over");
    WELL(r);

    r = talking(17);
    rig_kind(r, EV_LINK_LOST);
    STATE(r, PORT_KEPT);
    r->linked = false;
    rig_kind(r, EV_DRAIN);
    rig_kind(r, EV_RESET);
    STATE(r, PORT_STOPPED);
    CHECK(r->told_stopped, "the pool waits for it");
    WELL(r);
}

static void stop_hangs_up_and_kill_asks_nobody(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    rig_kind(r, EV_STOP);
    CHECK(rig_last(r, SCCP_ON_HOOK) && rig_last(r, SCCP_UNREGISTER), "hangs up, unregisters");
    rig_settle(r);
    STATE(r, PORT_STOPPED);
    WELL(r);

    for (unsigned s = 0; s < PORT_STATES; s++) {
        rig_init(r, 17);
        r->port.state = (enum port_state)s;
        r->told_registered = port_registered(&r->port);
        r->told_free = s == PORT_IDLE;
        r->linked = true;
        rig_kind(r, EV_KILL);
        STATE(r, PORT_STOPPED);
        WELL(r);
    }
}

static void leaving_before_registered_ends_at_once(void **state)
{
    static const enum port_state from[] = {PORT_DOWN, PORT_WAITING, PORT_CONNECTING,
                                           PORT_REGISTERING};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        rig_init(&rig, 17);
        rig.port.state = from[i];
        rig_kind(&rig, EV_DRAIN);
        STATE(&rig, PORT_STOPPED);
        WELL(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_of_each_type_does_what_it_says),
        cmocka_unit_test(a_reset_lets_the_call_end_first_but_not_for_ever),
        cmocka_unit_test(libsccps_reset_as_the_answer_to_unregister_is_borne),
        cmocka_unit_test(stopping_unregisters_and_ends),
        cmocka_unit_test(a_refused_unregister_holds_the_link_until_the_time_out),
        cmocka_unit_test(a_reset_that_is_refused_leaves_the_port_in_service_and_comes_later),
        cmocka_unit_test(the_call_for_which_a_reset_was_refused_is_answered),
        cmocka_unit_test(draining_lets_the_call_end_and_takes_no_other),
        cmocka_unit_test(who_drains_never_tries_again),
        cmocka_unit_test(stop_hangs_up_and_kill_asks_nobody),
        cmocka_unit_test(leaving_before_registered_ends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
