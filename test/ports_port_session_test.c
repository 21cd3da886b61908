/* The session: registering, keeping alive, losing the line. Walked with a scripted call manager
 * that speaks bytes, in invented time. */
#include "port_talk.h"

/* ---- registering ---------------------------------------------------------------------------- */

static void every_request_of_a_registration_is_made_in_its_order(void **state)
{
    static const uint32_t order[] = {
        SCCP_REGISTER,
        SCCP_CAPABILITIES_RES,
        SCCP_BUTTON_TEMPLATE_REQ,
        SCCP_SOFT_KEY_TEMPLATE_REQ,
        SCCP_SOFT_KEY_SET_REQ,
        SCCP_CONFIG_STAT_REQ,
        SCCP_LINE_STAT_REQ,
        SCCP_FORWARD_STAT_REQ,
        SCCP_REGISTER_AVAILABLE_LINES,
        SCCP_TIME_DATE_REQ,
    };
    const size_t n = sizeof order / sizeof order[0];

    (void)state;
    rig_init(&rig, 17);
    rig_register(&rig);
    STATE(&rig, PORT_IDLE);
    CHECK(rig.said_count == n, "%zu messages", rig.said_count);
    for (size_t i = 0; i < n; i++)
        CHECK(rig.said[i].id == order[i], "message %zu is %s", i, sccp_name(rig.said[i].id));
    const struct sccp_register *reg = &rig.said[0].register_req;
    CHECK(strcmp(reg->station.name, "CiscoUM1-VI1") == 0, "%s", reg->station.name);
    CHECK(reg->device_type == 80 && reg->protocol_version == 17 && reg->max_lines == 1, "register");
    CHECK(reg->features.f0 == 0 && reg->features.f1 == 0x70 && reg->features.f2 == 0x05,
          "features");
    CHECK(reg->ip[0] == 10 && reg->ip[3] == 1, "address");
    CHECK(rig.said[1].capabilities_res.count == 3, "capabilities");
    CHECK(rig.said[8].register_available_lines.count == 1, "lines");
    CHECK(strcmp(rig.port.extension, "999001") == 0, "own number %s", rig.port.extension);
    CHECK(rig.told_registered && rig.told_free, "told");
    WELL(&rig);
}

static void the_lower_version_of_both_is_used(void **state)
{
    static const struct {
        uint32_t own, server;
        uint8_t says;
        uint32_t want;
    } rows[] = {
        {17, 22, 0, 17}, {22, 22, 0, 22}, {22, 20, 0, 20},
        {17, 11, 0, 11}, {3, 22, 0, 3},   {17, 22, 48, 17}, /* chan_skinny answers '0' */
        {0, 22, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig_init(&rig, rows[i].own);
        rig.cm.version = rows[i].server;
        rig.cm.answers_version = rows[i].says;
        rig_register(&rig);
        STATE(&rig, PORT_IDLE);
        CHECK(rig.port.version == rows[i].want, "row %zu: version %u", i, rig.port.version);
        WELL(&rig);
    }
}

static void a_server_that_answers_half_still_registers_the_port(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    rig.cm.no_capabilities_req = rig.cm.no_soft_keys = true;
    rig_register(&rig);
    STATE(&rig, PORT_CONFIGURING);
    rig_advance(&rig, 1000 + 2 * 3000);
    STATE(&rig, PORT_IDLE);
    CHECK(rig_noted(&rig, NOTE_NO_CAPABILITIES_REQ), "a note says who did not ask");
    CHECK(rig_noted(&rig, NOTE_STEP_UNANSWERED), "a note says so");
    WELL(&rig);
}

static void a_missing_time_is_told_and_keeps_no_port_from_idle(void **state)
{
    struct port p;
    struct port_actions out;
    const struct port_event up = {.kind = EV_LINK_UP}, ack = {.kind = EV_REGISTERED};

    (void)state;
    rig_init(&rig, 17);
    p = rig.port;
    p.state = PORT_CONNECTING;
    port_step(&p, &up, 0, &out);
    port_step(&p, &ack, 0, &out);
    p.step = STEP_TIME;
    port_tick(&p, port_due(&p), &out);
    CHECK(p.state == PORT_IDLE, "%s", port_state_words(p.state));
    CHECK(out.list[0].kind == TELL_NOTE && strcmp(out.list[0].text, "TimeDateReq") == 0, "named");
}

static void a_server_that_says_nothing_after_register_ack_still_ends_in_idle(void **state)
{
    struct sccp_message ack = {.id = SCCP_REGISTER_ACK};

    (void)state;
    rig_init(&rig, 17);
    rig.cm.silent = true;
    rig_register(&rig);
    STATE(&rig, PORT_REGISTERING);
    ack.register_ack.keepalive_s = 30;
    ack.register_ack.protocol_version = 17;
    hear(&rig, ack);
    rig_advance(&rig, 1000 + 7 * 3000);
    STATE(&rig, PORT_IDLE);
    WELL(&rig);
}

static void early_messages_are_borne(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    rig.cm.silent = true;
    rig_register(&rig);
    hear(&rig, say_id(SCCP_SET_LAMP)); /* chan_skinny, before RegisterAck */
    hear(&rig, say_id(SCCP_SET_LAMP));
    hear(&rig, say_id(SCCP_CAPABILITIES_REQ));
    STATE(&rig, PORT_REGISTERING);
    CHECK(rig_last(&rig, SCCP_CAPABILITIES_RES), "answered");
    CHECK(rig.unexpected == 0, "%u unexpected", rig.unexpected);
    WELL(&rig);
}

static void a_reject_waits_half_a_minute_at_least(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    rig.cm.rejects = true;
    rig_register(&rig);
    STATE(&rig, PORT_DOWN);
    CHECK(rig_noted(&rig, NOTE_REJECTED), "noted");
    CHECK(rig.closes == 1, "closed");
    CHECK(port_due(&rig.port) >= rig.now_ms + 30000, "%lld ms",
          (long long)(port_due(&rig.port) - rig.now_ms));
    rig.cm.rejects = false;
    rig_advance(&rig, 46000);
    STATE(&rig, PORT_IDLE);
    WELL(&rig);
}

static void an_impossible_keepalive_interval_is_replaced(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    rig.cm.keepalive_s = 0;
    rig_register(&rig);
    STATE(&rig, PORT_IDLE);
    CHECK(rig.port.keepalive_s == 30 && rig_noted(&rig, NOTE_BAD_KEEPALIVE), "%u",
          rig.port.keepalive_s);
    WELL(&rig);
}

static void the_failover_list_is_walked_and_then_paused(void **state)
{
    int64_t pauses[5];

    (void)state;
    rig_init(&rig, 17);
    port_set_servers(&rig.port, 3);
    rig_kind(&rig, EV_START);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned server = 0; server < 3; server++) {
            CHECK(rig.server == server, "server %u, wanted %u", rig.server, server);
            rig.dialling = false;
            rig_kind(&rig, EV_DIALLING);
            rig_kind(&rig, EV_LINK_LOST);
            STATE(&rig, PORT_DOWN);
            const int64_t pause = port_due(&rig.port) - rig.now_ms;
            if (server < 2)
                CHECK(pause <= 1000, "the next server is tried at once, not after %lld ms",
                      (long long)pause);
            else
                pauses[round] = pause;
            rig.now_ms = port_due(&rig.port);
            struct port_actions out;
            port_tick(&rig.port, rig.now_ms, &out);
            CHECK(out.count > 0 && out.list[0].kind == DO_DIAL, "dials");
            rig.server = out.list[0].value;
        }
    }
    for (unsigned i = 0; i < 5; i++)
        CHECK(pauses[i] >= 750 << i && pauses[i] <= 1250 << i, "pause %u is %lld ms", i,
              (long long)pauses[i]);
}

static void a_certificate_failure_waits_five_seconds_each_time(void **state)
{
    (void)state;
    rig_init(&rig, 17);
    rig_kind(&rig, EV_START);
    for (unsigned i = 0; i < 4; i++) {
        struct port_event ev = {.kind = EV_UNTRUSTED, .value = i % 2};
        rig.dialling = false;
        rig_kind(&rig, EV_DIALLING);
        rig_event(&rig, &ev);
        STATE(&rig, PORT_DOWN);
        CHECK(port_due(&rig.port) - rig.now_ms == 5000, "round %u: %lld ms", i,
              (long long)(port_due(&rig.port) - rig.now_ms));
        rig_advance(&rig, 4999);
        STATE(&rig, PORT_DOWN);
        struct port_actions out;
        rig.now_ms += 1;
        port_tick(&rig.port, rig.now_ms, &out);
        STATE(&rig, PORT_WAITING);
    }
    CHECK(rig.refreshes == 2, "a new list is wanted only where it may help: %u", rig.refreshes);
}

/* ---- keepalive and loss ------------------------------------------------------------------- */

static void keepalives_go_out_at_the_interval(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    rig_advance(r, 29000);
    CHECK(rig_times(r, SCCP_KEEP_ALIVE) == 0, "too early");
    rig_advance(r, 1000 + 9 * 30000);
    CHECK(rig_times(r, SCCP_KEEP_ALIVE) == 10, "%zu", rig_times(r, SCCP_KEEP_ALIVE));
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void three_unanswered_keepalives_end_the_link(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.no_keepalive_ack = true;
    rig_advance(r, 3 * 30000);
    STATE(r, PORT_IDLE);
    CHECK(rig_times(r, SCCP_KEEP_ALIVE) == 3, "three");
    rig_advance(r, 29999);
    STATE(r, PORT_IDLE);
    rig_advance(r, 1);
    CHECK(!port_registered(&r->port), "dead");
    CHECK(rig_noted(r, NOTE_LINK_DEAD) && r->lost == 1, "told");
    WELL(r);
}

static void any_message_of_the_server_is_a_sign_of_life(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    r->cm.no_keepalive_ack = true;
    for (unsigned i = 0; i < 20; i++) {
        rig_advance(r, 30000);
        hear(r, say_id(SCCP_SET_LAMP));
    }
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void a_lost_link_leads_down_from_everywhere(void **state)
{
    (void)state;
    for (unsigned s = 0; s < PORT_STATES; s++) {
        for (unsigned leaving = 0; leaving < 2; leaving++) {
            rig_init(&rig, 17);
            rig.port.state = (enum port_state)s;
            rig.port.leaving = leaving;
            rig.port.due_ms = rig.now_ms + 1000;
            rig.told_registered = port_registered(&rig.port);
            rig.told_free = s == PORT_IDLE && !leaving;
            rig.linked = true;
            const bool no_link = s == PORT_STOPPED || s == PORT_DOWN || s == PORT_KEPT;
            rig_kind(&rig, EV_LINK_LOST);
            const enum port_state want = no_link && !leaving ? (enum port_state)s
                                         : leaving           ? PORT_STOPPED
                                                             : PORT_DOWN;
            CHECK(rig.port.state == want, "from %s: %s", port_state_words((enum port_state)s),
                  port_state_words(rig.port.state));
            CHECK(rig.unexpected == 0, "from %s: not expected",
                  port_state_words((enum port_state)s));
            WELL(&rig);
        }
    }
}

/* Nothing but time passes, and the call manager is silent: every state is left, and the port comes
 * back to trying. */
static void no_state_is_a_dead_end(void **state)
{
    (void)state;
    for (unsigned s = PORT_DOWN; s < PORT_STATES; s++) {
        rig_init(&rig, 17);
        rig.cm.silent = true;
        rig.port.state = (enum port_state)s;
        rig.port.due_ms = s == PORT_IDLE ? INT64_MAX : rig.now_ms + 1000;
        rig.port.version = 17;
        rig.port.keepalive_s = 30;
        if (s >= PORT_CONFIGURING)
            rig.port.keepalive_due_ms = rig.now_ms + 30000;
        rig.told_registered = port_registered(&rig.port);
        rig.told_free = s == PORT_IDLE;
        rig.linked = s >= PORT_REGISTERING && s != PORT_KEPT;
        if (s == PORT_KEPT) {
            rig.port.keepalive_due_ms = INT64_MAX;
            rig.port.heard_ms = rig.now_ms;
        }
        if (s == PORT_TALKING || s == PORT_KEPT) {
            rig.port.receive.on = rig.port.send.on = rig.port.media_open = true;
            rig.media.open = rig.media.listening = rig.media.sending = true;
        }
        if (s == PORT_TALKING) /* the hardest: media runs, and nobody says anything */
            rig.port.due_ms = INT64_MAX;
        if (port_lamp_call(&rig.port) && s != PORT_MWI_CLEARING) /* told by then */
            rig.port.lamp.id = 1;
        rig_advance(&rig, 200000);
        CHECK(!port_registered(&rig.port), "%s: %s", port_state_words((enum port_state)s),
              port_state_words(rig.port.state));
        rig.cm.silent = false;
        rig_advance(&rig, 700000);
        CHECK(rig.port.state == PORT_IDLE, "%s: never back, but %s",
              port_state_words((enum port_state)s), port_state_words(rig.port.state));
        WELL(&rig);
    }
}

/* Over the table itself: each state but `stopped` has a row that leaves it. */
static void every_state_can_be_left_and_reached(void **state)
{
    bool left[PORT_STATES] = {false}, reached[PORT_STATES] = {[PORT_STOPPED] = true};
    struct port_rule_view v;

    (void)state;
    for (size_t i = 0; port_rule(i, &v); i++) {
        if (v.from == PORT_STATES || v.from == v.to)
            continue;
        left[v.from] = true;
        reached[v.to] = true;
    }
    for (unsigned s = 0; s < PORT_STATES; s++)
        CHECK(left[s] && reached[s], "%s", port_state_words((enum port_state)s));
}

static void an_event_without_a_rule_changes_nothing_and_is_counted(void **state)
{
    struct rig *r = registered(17);
    const struct port before = r->port;

    (void)state;
    hear(r, say_tone(SCCP_TONE_INSIDE_DIAL, 77));
    CHECK(r->unexpected == 1 && r->port.unexpected == before.unexpected + 1, "counted");
    STATE(r, PORT_IDLE);
    CHECK(r->said_count == 0, "and nothing said");
}

static void unknown_messages_are_counted(void **state)
{
    struct rig *r = registered(17);

    (void)state;
    rig_hear_bytes(r, (const uint8_t *)"abcd", 4, 0x7777);
    CHECK(r->port.unknown == 1 && r->unexpected == 0, "counted");
    STATE(r, PORT_IDLE);
}

static int64_t pause_after_loss(struct rig *r)
{
    r->linked = false;
    rig_kind(r, EV_LINK_LOST);
    STATE(r, PORT_DOWN);
    const int64_t pause = port_due(&r->port) - r->now_ms;
    rig_advance(r, pause + 1);
    STATE(r, PORT_IDLE);
    return pause;
}

static void a_server_that_registers_only_to_drop_is_asked_less_and_less_often(void **state)
{
    struct rig *r = registered(17);
    int64_t pause = 0;

    (void)state;
    for (uint32_t round = 0; round < 8; round++) {
        const int64_t usual = round < 6 ? 1000 << round : 60000;
        pause = pause_after_loss(r);
        CHECK(pause >= usual * 3 / 4 && pause <= 60000 && pause <= usual * 5 / 4,
              "round %u: %lld ms, about %lld wanted", round, (long long)pause, (long long)usual);
    }
    rig_advance(r, 5001); /* it lasts, though not as long as the pause that led to it */
    STATE(r, PORT_IDLE);
    pause = pause_after_loss(r);
    CHECK(pause <= 1250, "as at the first time: %lld ms", (long long)pause);
    WELL(r);
}

static void pauses_are_as_long_as_the_settings_say(void **state)
{
    static const unsigned doubled[] = {400, 800, 1500, 1500};
    struct port_event untrusted_now = {.kind = EV_UNTRUSTED};
    struct rig *r = registered(17);

    (void)state;
    r->group.retry.first_ms = 400;
    r->group.retry.most_ms = 1500;
    r->group.retry.untrusted_ms = 700;
    r->group.retry.rejected_ms = 7000;
    for (size_t i = 0; i < sizeof doubled / sizeof doubled[0]; i++) {
        const int64_t pause = pause_after_loss(r);
        CHECK(pause >= doubled[i] * 3 / 4 && pause <= 1500 && pause <= doubled[i] * 5 / 4,
              "%zu: %lld ms", i, (long long)pause);
    }
    rig_init(r, 17);
    r->group.retry.untrusted_ms = 700;
    r->group.retry.rejected_ms = 7000;
    rig_kind(r, EV_START);
    r->dialling = false;
    rig_kind(r, EV_DIALLING);
    rig_event(r, &untrusted_now);
    CHECK(port_due(&r->port) - r->now_ms == 700, "after a certificate failure");
    r->cm.rejects = true;
    rig_advance(r, 701);
    STATE(r, PORT_DOWN);
    const int64_t pause = port_due(&r->port) - r->now_ms;
    CHECK(pause >= 6999 && pause <= 10500, "after RegisterReject: %lld ms", (long long)pause);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_of_a_registration_is_made_in_its_order),
        cmocka_unit_test(the_lower_version_of_both_is_used),
        cmocka_unit_test(a_server_that_answers_half_still_registers_the_port),
        cmocka_unit_test(a_missing_time_is_told_and_keeps_no_port_from_idle),
        cmocka_unit_test(a_server_that_says_nothing_after_register_ack_still_ends_in_idle),
        cmocka_unit_test(early_messages_are_borne),
        cmocka_unit_test(a_reject_waits_half_a_minute_at_least),
        cmocka_unit_test(an_impossible_keepalive_interval_is_replaced),
        cmocka_unit_test(the_failover_list_is_walked_and_then_paused),
        cmocka_unit_test(a_certificate_failure_waits_five_seconds_each_time),
        cmocka_unit_test(keepalives_go_out_at_the_interval),
        cmocka_unit_test(three_unanswered_keepalives_end_the_link),
        cmocka_unit_test(any_message_of_the_server_is_a_sign_of_life),
        cmocka_unit_test(a_lost_link_leads_down_from_everywhere),
        cmocka_unit_test(no_state_is_a_dead_end),
        cmocka_unit_test(every_state_can_be_left_and_reached),
        cmocka_unit_test(an_event_without_a_rule_changes_nothing_and_is_counted),
        cmocka_unit_test(unknown_messages_are_counted),
        cmocka_unit_test(a_server_that_registers_only_to_drop_is_asked_less_and_less_often),
        cmocka_unit_test(pauses_are_as_long_as_the_settings_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
