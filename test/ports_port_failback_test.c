/* Several call managers: going back to the one of higher order, and the whole of the second line's
 * table. Walked with a scripted call manager, in invented time. */
#include "port_servers.h"

/* ---- going back --------------------------------------------------------------------------- */

static void the_port_goes_back_when_the_token_is_granted(void **state)
{
    struct rig *r = failed_over(2);

    (void)state;
    rig_advance(r, 300000);
    AT(r, 1u);
    CHECK(r->other.tokens_asked == 0, "nobody to ask");
    r->down = 0;
    rig_forget(r);
    rig_advance(r, 70000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    CHECK(r->other.tokens_asked == 1, "asked %u times", r->other.tokens_asked);
    CHECK(rig_last(r, SCCP_UNREGISTER) && rig_last(r, SCCP_REGISTER), "out there, in here");
    CHECK(r->port.failbacks == 1 && rig_noted(r, NOTE_GOING_BACK), "told");
    rig_advance(r, 10000);
    SECOND(r, SECOND_HELD);
    CHECK(r->second_server == 1, "and the other one stands by again");
    WELL(r);
}

/* sccp.md 4.2, 8.2: 36 bytes up to version 16, 52 from 17 on; the tail as the setting says. */
static void a_token_request_is_laid_out_as_the_setting_says(void **state)
{
    static const struct {
        unsigned version;
        enum token_form form;
        bool ipv6;
        size_t body;
        uint8_t tail[20];
    } rows[] = {
        {17, TOKEN_TYPED, false, 52, {0}},
        {17, TOKEN_PLAIN, false, 52, {0}},
        {11, TOKEN_TYPED, false, 36, {0}},
        {11, TOKEN_PLAIN, false, 52, {0}},
        {17, TOKEN_TYPED, true, 52, {1, 0, 0, 0, 0xfd, 1, 2, 3, 0, 0,
                                     0, 0, 0, 0, 0,    0, 0, 0, 0, 9}},
        {17, TOKEN_PLAIN, true, 52, {0xfd, 1, 2, 3, 0, 0, 0, 0, 0, 0,
                                     0,    0, 0, 0, 0, 9, 0, 0, 0, 0}},
    };
    const struct port_action ask = {.kind = SAY_TOKEN_REQ};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = registered(22);
        uint8_t want[64] = "..../..../..CiscoUM1-VI1", pdu[128];
        struct sccp_message m;
        struct err e;
        size_t len = 0;
        r->group.protocol_version = rows[i].version;
        r->group.token_form = rows[i].form;
        assert_true(
            net_addr_parse(&r->port.second.local, rows[i].ipv6 ? "fd01:203::9" : "10.0.0.7", 0));
        assert_true(translate_out(&r->port, "CiscoUM1-VI1", &ask, 0, &m));
        assert_true(sccp_encode_pdu(&m, pdu, sizeof pdu, &len, &e));
        memcpy(want, "\0\0\0\0\0\0\0\0\x29\0\0\0", 12); /* header version 0, as in Register */
        want[0] = (uint8_t)(rows[i].body + 4);
        memcpy(want + 12 + 24, rows[i].ipv6 ? "\0\0\0\0" : "\x0a\0\0\7", 4);
        want[12 + 28] = 80;
        memcpy(want + 12 + 32, rows[i].tail, 20);
        CHECK(len == 12 + rows[i].body, "row %zu: %zu bytes", i, len);
        CHECK_BYTES(pdu, len, want, 12 + rows[i].body);
    }
}

static void a_refused_token_is_asked_for_again_when_its_time_has_come(void **state)
{
    struct rig *r = failed_over(2);
    int64_t asked;

    (void)state;
    r->down = 0;
    r->other.refuses = 40;
    while (r->other.tokens_asked == 0)
        rig_advance(r, 100);
    asked = r->other.asked_ms;
    CHECK(rig_noted(r, NOTE_TOKEN_REFUSED), "noted");
    while (r->other.tokens_asked == 1)
        rig_advance(r, 100);
    CHECK(r->other.asked_ms - asked >= 40000 && r->other.asked_ms - asked <= 46000, "%lld ms",
          (long long)(r->other.asked_ms - asked));
    AT(r, 1u);
    r->other.refuses = 0;
    rig_advance(r, 46000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    WELL(r);
}

static void a_wait_of_zero_or_of_years_is_bounded(void **state)
{
    struct rig *r = failed_over(2);

    (void)state;
    r->down = 0;
    while (r->port.second.state != SECOND_HELD)
        rig_advance(r, 100);
    r->other.refuses = UINT32_MAX;
    rig_advance(r, 3600000);
    CHECK(r->other.tokens_asked == 1, "asked %u times in an hour", r->other.tokens_asked);
    rig_advance(r, INT64_C(30) * 3600 * 1000);
    CHECK(r->other.tokens_asked == 2, "and once a day: %u", r->other.tokens_asked);

    struct port_event zero = {.kind = EV_TOKEN_REFUSED};
    r = failed_over(2);
    r->port.second.state = SECOND_ASKING;
    r->second_linked = true;
    rig_event(r, &zero);
    SECOND(r, SECOND_HELD);
    CHECK(r->port.second.due_ms - r->now_ms >= 1000, "not at once");
}

static void nobody_goes_back_during_a_call(void **state)
{
    struct rig *r = failed_over(2);

    (void)state;
    rig_ring(r);
    STATE(r, PORT_TALKING);
    r->down = 0;
    rig_advance(r, 300000);
    STATE(r, PORT_TALKING);
    SECOND(r, SECOND_HELD);
    CHECK(r->other.tokens_asked == 0, "no token is asked for in a call");
    rig_far_end_hangs_up(r);
    rig_advance(r, 10000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    WELL(r);
}

static void a_call_that_comes_before_the_token_is_finished_first(void **state)
{
    struct rig *r = failed_over(2);
    struct port_event grant = {.kind = EV_TOKEN_GRANTED};

    (void)state;
    r->down = 0;
    r->other.silent = true;
    while (r->port.second.state != SECOND_ASKING)
        rig_advance(r, 100);
    rig_ring(r);
    STATE(r, PORT_TALKING);
    rig_event(r, &grant);
    SECOND(r, SECOND_GRANTED);
    STATE(r, PORT_TALKING);
    rig_far_end_hangs_up(r);
    STATE(r, PORT_IDLE);
    AT(r, 0u);

    r = failed_over(2); /* a token does not keep for ever */
    r->down = 0;
    r->other.silent = true;
    while (r->port.second.state != SECOND_ASKING)
        rig_advance(r, 100);
    rig_ring(r);
    rig_event(r, &grant);
    rig_advance(r, 31000);
    SECOND(r, SECOND_HELD);
    r->other.silent = false;
    rig_far_end_hangs_up(r);
    AT(r, 1u);
    rig_advance(r, 10000);
    AT(r, 0u);
    CHECK(r->other.tokens_asked == 2, "asked anew: %u", r->other.tokens_asked);
    WELL(r);
}

static void who_ignores_tokens_or_closes_on_them_is_gone_back_to_all_the_same(void **state)
{
    struct rig *r = failed_over(2);

    (void)state;
    r->down = 0;
    r->other.silent = true; /* chan_skinny */
    rig_advance(r, 20000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    CHECK(rig_noted(r, NOTE_TOKEN_IGNORED), "noted");

    r = failed_over(2);
    r->down = 0;
    r->other.closes = true; /* mod_skinny */
    rig_advance(r, 60000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    CHECK(r->other.tokens_asked == 2, "asked %u times", r->other.tokens_asked);

    r = failed_over(2);
    r->down = 0;
    r->group.register_tokens = false;
    rig_advance(r, 20000);
    AT(r, 0u);
    CHECK(r->other.tokens_asked == 0, "by the setting, none");
    WELL(r);
}

static void without_the_setting_ports_stay_where_they_landed(void **state)
{
    struct rig *r;

    (void)state;
    rig_init(&rig, 17);
    r = &rig;
    port_set_servers(&r->port, 2);
    r->group.auto_failback = false;
    rig_register(r);
    rig_advance(r, 3000);
    rig_server_dies(r);
    r->down = 0;
    rig_advance(r, 3600000);
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    SECOND(r, SECOND_HELD);
    CHECK(r->other.tokens_asked == 0 && r->second_server == 0, "the first one stands by");
    rig_server_dies(r);
    AT(r, 0u);
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void the_highest_order_that_is_there_is_gone_back_to(void **state)
{
    struct rig *r = at_first_of(3);

    (void)state;
    rig_server_dies(r); /* to 1 */
    r->down |= 1u << 1;
    r->linked = false;
    rig_kind(r, EV_LINK_LOST);
    rig_advance(r, 10000);
    STATE(r, PORT_IDLE);
    AT(r, 2u);
    r->down = 1u << 0;
    rig_advance(r, 130000);
    AT(r, 1u);
    r->down = 0;
    rig_advance(r, 130000);
    AT(r, 0u);
    WELL(r);
}

static void an_unregister_that_is_refused_keeps_the_port_where_it_is(void **state)
{
    struct rig *r = failed_over(2);
    struct sccp_message nak = {.id = SCCP_UNREGISTER_ACK, .unregister_ack = {SCCP_UNREGISTER_NAK}};

    (void)state;
    r->cm.no_unregister_ack = true;
    r->down = 0;
    while (r->port.state != PORT_UNREGISTERING)
        rig_advance(r, 100);
    hear(r, nak);
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    CHECK(rig_noted(r, NOTE_STAYING), "said");
    r->cm.no_unregister_ack = false;
    rig_advance(r, 20000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    WELL(r);
}

/* The reset leads to the first of the list anyway: no reason to be turned away twice. */
static void a_reset_that_was_refused_comes_before_going_back(void **state)
{
    struct rig *r = failed_over(2);

    (void)state;
    r->cm.refuses_unregister = true;
    rig_kind(r, EV_RESET);
    rig_settle(r);
    CHECK(rig_noted(r, NOTE_RESET_LATER), "refused");
    r->down = 0;
    rig_advance(r, 100000);
    CHECK(r->other.tokens_asked > 0, "it might go back");
    CHECK(!rig_noted(r, NOTE_GOING_BACK), "but is to be reset");
    AT(r, 1u);
    r->cm.refuses_unregister = false;
    rig_advance(r, 10000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    WELL(r);
}

static void a_higher_order_lost_while_leaving_leads_down_the_list(void **state)
{
    struct rig *r = failed_over(2);

    (void)state;
    r->cm.no_unregister_ack = true;
    r->down = 0;
    while (r->port.state != PORT_UNREGISTERING)
        rig_advance(r, 100);
    r->second_linked = false;
    r->down = 1;
    rig_kind(r, EV_SECOND_LOST);
    rig_advance(r, 20000);
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    WELL(r);
}

/* ---- the table ---------------------------------------------------------------------------- */

static void every_state_of_the_second_line_is_left_by_time_and_by_loss(void **state)
{
    bool reached[SECOND_STATES] = {[SECOND_NONE] = true, [SECOND_PAUSED] = true};
    struct second_rule_view v;

    (void)state;
    for (size_t i = 0; port_second_rule(i, &v); i++)
        if (v.from != SECOND_STATES && v.from != v.to)
            reached[v.to] = true;
    for (unsigned s = SECOND_PAUSED; s < SECOND_STATES; s++) {
        struct rig *r = failed_over(2);
        CHECK(reached[s], "%s is reached", port_second_words((enum second_state)s));
        r->port.second.state = (enum second_state)s;
        r->port.second.due_ms = r->now_ms + 100;
        r->second_linked = s >= SECOND_HELD;
        r->down = 0;
        rig_advance(r, 800000);
        STATE(r, PORT_IDLE);
        AT(r, 0u);
        WELL(r);

        r = failed_over(2);
        r->port.second.state = (enum second_state)s;
        r->port.second.due_ms = r->now_ms + 100;
        rig_kind(r, EV_SECOND_LOST);
        CHECK(r->unexpected == 0, "%s", port_second_words((enum second_state)s));
        SECOND(r, SECOND_PAUSED);
    }
}

static void leaving_and_reset_drop_the_second_line(void **state)
{
    static const enum port_event_kind kinds[] = {EV_DRAIN, EV_STOP, EV_KILL};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig *r = at_first_of(2);
        rig_kind(r, kinds[i]);
        SECOND(r, SECOND_NONE);
        CHECK(!r->second_linked, "closed");
        rig_advance(r, 4000);
        STATE(r, PORT_STOPPED);
        WELL(r);
    }
    struct rig *r = at_first_of(2);
    rig_kind(r, EV_RESET);
    rig_advance(r, 10000);
    STATE(r, PORT_IDLE);
    AT(r, 0u);
    SECOND(r, SECOND_HELD);
    WELL(r);
}

/* A day in invented time: a call a minute, and each hour the server is lost, every other time in
 * mid-call, to come back ten minutes later. */
static void a_day_of_calls_failovers_and_failbacks_leaves_nothing_behind(void **state)
{
    struct rig *r = at_first_of(2);
    unsigned calls = 0;

    (void)state;
    for (unsigned minute = 0; minute < 24 * 60; minute++) {
        if (minute % 60 == 10)
            r->down = 0;
        rig_ring(r);
        STATE(r, PORT_TALKING);
        calls++;
        r->media.counts.received += 500;
        rig_advance(r, 10000);
        if (minute % 120 == 0)
            rig_server_dies(r);
        if (r->port.state == PORT_KEPT)
            rig_kind(r, EV_PLAYED);
        else
            rig_far_end_hangs_up(r);
        rig_media_report(r);
        r->media.report = 0;
        rig_settle(r);
        STATE(r, PORT_IDLE);
        if (minute % 120 == 60)
            rig_server_dies(r);
        rig_advance(r, 50000);
        rig_forget(r);
        WELL(r);
    }
    AT(r, 0u);
    SECOND(r, SECOND_HELD);
    CHECK(r->port.failovers == 24 && r->port.failbacks == 24, "%u over, %u back", r->port.failovers,
          r->port.failbacks);
    CHECK(r->port.calls == calls && r->ended == calls && r->ended_connected == calls &&
              r->port.calls_kept == 12,
          "%u calls, %u ended, %u kept", r->port.calls, r->ended, r->port.calls_kept);
    CHECK(r->media.opened == calls && r->media.closed == calls, "streams");
    CHECK(r->port.unexpected == 0 && r->port.unknown == 0, "%u unexpected", r->port.unexpected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_port_goes_back_when_the_token_is_granted),
        cmocka_unit_test(a_token_request_is_laid_out_as_the_setting_says),
        cmocka_unit_test(a_refused_token_is_asked_for_again_when_its_time_has_come),
        cmocka_unit_test(a_wait_of_zero_or_of_years_is_bounded),
        cmocka_unit_test(nobody_goes_back_during_a_call),
        cmocka_unit_test(a_call_that_comes_before_the_token_is_finished_first),
        cmocka_unit_test(who_ignores_tokens_or_closes_on_them_is_gone_back_to_all_the_same),
        cmocka_unit_test(without_the_setting_ports_stay_where_they_landed),
        cmocka_unit_test(the_highest_order_that_is_there_is_gone_back_to),
        cmocka_unit_test(an_unregister_that_is_refused_keeps_the_port_where_it_is),
        cmocka_unit_test(a_reset_that_was_refused_comes_before_going_back),
        cmocka_unit_test(a_higher_order_lost_while_leaving_leads_down_the_list),
        cmocka_unit_test(every_state_of_the_second_line_is_left_by_time_and_by_loss),
        cmocka_unit_test(leaving_and_reset_drop_the_second_line),
        cmocka_unit_test(a_day_of_calls_failovers_and_failbacks_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
