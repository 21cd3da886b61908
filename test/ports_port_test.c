/* The rules of a port, walked with a scripted call manager that speaks bytes, in invented time. */
#include "check.h"
#include "port_rig.h"

#define WELL(r)                                                                                    \
    CHECK((r)->broken == NULL, "%s (state %s)", (r)->broken, port_state_words((r)->port.state))
#define STATE(r, s)                                                                                \
    CHECK((r)->port.state == (s), "state is %s, wanted %s", port_state_words((r)->port.state),     \
          port_state_words(s))

static struct rig rig; /* too big for some stacks under a sanitizer */

static struct rig *registered(uint32_t version)
{
    rig_init(&rig, version);
    rig_register(&rig);
    STATE(&rig, PORT_IDLE);
    rig_forget(&rig);
    return &rig;
}

static struct rig *talking(uint32_t version)
{
    struct rig *r = registered(version);

    rig_ring(r);
    STATE(r, PORT_TALKING);
    return r;
}

static void hear(struct rig *r, struct sccp_message m)
{
    rig_hear(r, &m);
}

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
    CHECK(rig_noted(&rig, NOTE_STEP_UNANSWERED), "a note says so");
    WELL(&rig);
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

/* ---- keepalive and loss -----------------------------------------------------------------------
 */

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
            const bool no_link = s == PORT_STOPPED || s == PORT_DOWN;
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
        rig.linked = s >= PORT_REGISTERING;
        if (s == PORT_TALKING) { /* the hardest: media runs, and nobody says anything */
            rig.port.receive.on = rig.port.send.on = rig.port.media_open = true;
            rig.media.open = rig.media.listening = rig.media.sending = true;
            rig.port.due_ms = INT64_MAX;
        }
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

/* ---- calls --------------------------------------------------------------------------------------
 */

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

static void what_cannot_be_served_is_answered_with_its_status(void **state)
{
    static const struct {
        const char *why;
        uint32_t codec, packet_ms, algorithm, want;
        uint16_t key_len, salt_len;
        uint32_t mki, kdr;
    } rows[] = {
        {"good", 4, 20, 1, 0, 16, 14, 0, 0},
        {"A-law, 60 ms, 80-bit tag", 2, 60, 2, 0, 16, 14, 0, 0},
        {"GCM", 4, 10, 5, 0, 16, 12, 0, 0},
        {"plain RTP", 4, 20, 0, 0, 0, 0, 0, 0},
        {"plain RTP with a key to be ignored", 4, 20, 0, 0, 17, 99, 1, 1},
        {"the salt's whole field", 4, 20, 1, 0, 16, 16, 0, 0},
        {"G.729", 11, 20, 1, 6, 16, 14, 0, 0},
        {"codec 0", 0, 20, 1, 6, 16, 14, 0, 0},
        {"5 ms", 4, 5, 1, 7, 16, 14, 0, 0},
        {"61 ms", 4, 61, 1, 7, 16, 14, 0, 0},
        {"0 ms", 4, 0, 1, 7, 16, 14, 0, 0},
        {"no key", 4, 20, 1, 1, 0, 14, 0, 0},
        {"17 bytes of key", 4, 20, 1, 1, 17, 14, 0, 0},
        {"no salt", 4, 20, 1, 1, 16, 0, 0, 0},
        {"F8", 4, 20, 3, 1, 16, 14, 0, 0},
        {"AES-256", 4, 20, 6, 1, 16, 12, 0, 0},
        {"an unknown suite", 4, 20, 99, 1, 16, 14, 0, 0},
        {"MKI", 4, 20, 1, 1, 16, 14, 1, 0},
        {"key derivation rate", 4, 20, 1, 1, 16, 14, 0, 8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = registered(17);
        struct sccp_message orc, smt;
        r->cm.silent = true;
        hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
        rig_advance(r, 200);
        STATE(r, PORT_ANSWERING);
        orc = say_open_receive(r, 9, 4);
        orc.open_receive.codec = rows[i].codec;
        orc.open_receive.packet_ms = rows[i].packet_ms;
        orc.open_receive.srtp.algorithm = rows[i].algorithm;
        /* The codec itself refuses a length above 16 in use; it hears the rest. */
        orc.open_receive.srtp.key_len = rows[i].key_len;
        orc.open_receive.srtp.salt_len = rows[i].salt_len;
        orc.open_receive.srtp.mki_present = rows[i].mki;
        orc.open_receive.srtp.key_derivation_rate = rows[i].kdr;
        hear(r, orc);
        smt = say_start_transmit(r, 9, 4);
        smt.start_transmit.codec = rows[i].codec;
        smt.start_transmit.packet_ms = rows[i].packet_ms;
        smt.start_transmit.srtp = orc.open_receive.srtp;
        hear(r, smt);
        const struct sccp_message *ack = rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
        const struct sccp_message *sack = rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK);
        CHECK(ack && ack->open_receive_ack.status == rows[i].want, "%s: ORCAck %u", rows[i].why,
              ack ? ack->open_receive_ack.status : 999);
        CHECK(sack && sack->start_transmit_ack.status == rows[i].want, "%s: SMTAck", rows[i].why);
        CHECK(r->media.listening == (rows[i].want == 0) && r->media.sending == (rows[i].want == 0),
              "%s: media", rows[i].why);
        hear(r, say_call_state(SCCP_CALL_ON_HOOK, 9));
        STATE(r, PORT_IDLE);
        WELL(r);
    }
}

static void an_engine_that_fails_is_told_to_the_server_and_closed(void **state)
{
    static const struct {
        bool open, listen, send;
        uint32_t want;
    } rows[] = {{true, false, false, 8}, {false, true, true, 1}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = registered(17);
        r->media.cannot_open = rows[i].open;
        r->media.cannot_listen = rows[i].listen;
        r->media.cannot_send = rows[i].send;
        r->cm.smt_early = true;
        rig_ring(r);
        CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status == rows[i].want,
              "row %zu", i);
        CHECK(rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK)->start_transmit_ack.status ==
                  rows[i].want,
              "row %zu", i);
        STATE(r, PORT_TALKING);
        rig_far_end_hangs_up(r);
        STATE(r, PORT_IDLE);
        CHECK(r->media.opened == r->media.closed, "row %zu: no stream is forgotten", i);
        WELL(r);
    }
}

static void no_address_means_nothing_is_sent(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message smt = say_start_transmit(r, r->cm.call, r->cm.party);

    (void)state;
    memset(&smt.start_transmit.remote, 0, sizeof smt.start_transmit.remote);
    hear(r, smt);
    CHECK(!r->media.sending && r->media.listening, "sending stops");
    CHECK(rig_noted(r, NOTE_NO_ADDRESS), "and is said");
    CHECK(rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK)->start_transmit_ack.status != 0, "nack");
    hear(r, say_start_transmit(r, r->cm.call, r->cm.party));
    CHECK(r->media.sending, "a good address starts it again");
    WELL(r);
}

static void below_17_a_failure_to_send_has_its_own_message(void **state)
{
    struct rig *r = talking(11);
    struct sccp_message smt = say_start_transmit(r, r->cm.call, r->cm.party);

    (void)state;
    smt.start_transmit.codec = SCCP_CODEC_G729;
    hear(r, smt);
    CHECK(rig_last(r, SCCP_MEDIA_TRANSMISSION_FAILURE), "MediaTransmissionFailure");
    CHECK(!rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK), "no ack");
    WELL(r);
}

static void new_keys_in_mid_call_are_taken(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message orc = say_open_receive(r, r->cm.call, r->cm.party + 1);

    (void)state;
    memset(orc.open_receive.srtp.key, 0x55, 16);
    hear(r, orc);
    CHECK(r->media.heard.key.key[0] == 0x55 && r->media.opened == 1,
          "the same socket, another key");
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.party == r->cm.party + 1,
          "the new party is echoed");
    hear(r, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, r->cm.call, r->cm.party)); /* of the old party */
    CHECK(r->media.listening, "an old party's close closes nothing");
    STATE(r, PORT_TALKING);
    WELL(r);
}

static void streams_are_closed_by_party_else_call_else_conference(void **state)
{
    static const struct {
        const char *why;
        uint32_t conference, party, call;
        bool closes;
    } rows[] = {
        {"all three", 1, 1, 1, true},      {"party alone", 0, 1, 0, true},
        {"call alone", 0, 0, 1, true},     {"conference alone", 1, 0, 0, true},
        {"another party", 1, 2, 1, false}, {"another call", 0, 0, 2, false},
        {"nothing", 0, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = talking(17);
        struct sccp_message m = {.id = SCCP_CLOSE_RECEIVE_CHANNEL};
        const uint32_t call = r->cm.call, party = r->cm.party;
        m.close_receive.conference = rows[i].conference * call;
        m.close_receive.call = rows[i].call == 2 ? call + 1 : rows[i].call * call;
        m.close_receive.party = rows[i].party == 2 ? party + 1 : rows[i].party * party;
        hear(r, m);
        CHECK(r->media.listening == !rows[i].closes, "%s", rows[i].why);
        m.id = SCCP_STOP_MEDIA_TRANSMISSION;
        hear(r, m);
        CHECK(r->media.sending == !rows[i].closes, "%s", rows[i].why);
        STATE(r, PORT_TALKING);
        CHECK(r->unexpected == 0, "%s", rows[i].why);
        WELL(r);
    }
}

static void chan_skinnys_orc_without_a_call_reference_is_taken(void **state)
{
    struct rig *r = registered(17);
    struct sccp_message orc;

    (void)state;
    r->cm.silent = true;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    rig_advance(r, 200);
    orc = say_open_receive(r, 0, 9);
    hear(r, orc);
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status == 0, "taken");
    WELL(r);
}

static void media_for_another_call_or_none_is_refused(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    hear(r, say_open_receive(r, 4711, 6));
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status ==
              SCCP_MEDIA_INVALID_CALL,
          "another call");
    CHECK(r->media.listening && r->media.heard.key.key[0] == 0x10, "ours goes on");
    rig_far_end_hangs_up(r);
    hear(r, say_open_receive(r, 4711, 6));
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status == SCCP_MEDIA_ON_HOOK,
          "no call");
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void an_address_family_that_we_lack_is_refused(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message orc = say_open_receive(r, r->cm.call, r->cm.party);

    (void)state;
    orc.open_receive.wanted_addr_type = SCCP_ADDR_IPV6;
    hear(r, orc);
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status ==
              SCCP_MEDIA_ADDRESS_TYPE_UNAVAILABLE,
          "IPv6 of an IPv4 port");
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

static void statistics_are_answered_when_the_stream_has_reported(void **state)
{
    static const uint32_t versions[] = {3, 11, 17, 18, 20, 22};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct rig *r = talking(versions[i]);
        struct sccp_message ask = {.id = SCCP_CONNECTION_STATISTICS_REQ};
        const uint32_t call = r->cm.call;
        strcpy(ask.statistics_req.number, "999001");
        ask.statistics_req.call = call;
        ask.statistics_req.mode = 1;
        hear(r, ask);
        CHECK(!rig_last(r, SCCP_CONNECTION_STATISTICS_RES), "not known yet");
        rig_far_end_hangs_up(r);
        rig_media_report(r);
        const struct sccp_message *res = rig_last(r, SCCP_CONNECTION_STATISTICS_RES);
        CHECK(res && res->statistics_res.call == call && res->statistics_res.mode == 1, "answered");
        CHECK(strcmp(res->statistics_res.number, "999001") == 0, "for the number");
        CHECK(res->statistics_res.packets_sent == 150 &&
                  res->statistics_res.packets_received == 149 &&
                  res->statistics_res.packets_lost == 1,
              "with its counts");
        hear(r, ask); /* after the fact: nothing is known any more */
        CHECK(rig_times(r, SCCP_CONNECTION_STATISTICS_RES) == 2, "zeros, but an answer");
        WELL(r);
    }
}

static void port_request_is_answered_before_the_channel_opens(void **state)
{
    struct rig *r = registered(20);
    struct sccp_message ask = {.id = SCCP_PORT_REQ};

    (void)state;
    r->cm.silent = true;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    rig_advance(r, 200);
    ask.port_req = (struct sccp_port_req){9, 9, 4, SCCP_TRANSPORT_RTP, 0, SCCP_MEDIA_TYPE_AUDIO};
    hear(r, ask);
    const struct sccp_message *res = rig_last(r, SCCP_PORT_RES);
    CHECK(res && res->port_res.port == 20000 && res->port_res.rtcp_port == 20001 &&
              res->port_res.party == 4 && res->port_res.call == 9,
          "answered");
    hear(r, say_open_receive(r, 9, 4));
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.port == 20000 &&
              r->media.opened == 1,
          "the same port");
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 9));
    WELL(r);
}

/* ---- digits
 * --------------------------------------------------------------------------------------- */

static struct sccp_message key(uint32_t button, uint32_t call)
{
    struct sccp_message m = {.id = SCCP_KEYPAD_BUTTON};

    m.keypad_button = (struct sccp_keypad_button){button, 1, call};
    return m;
}

static void digits_come_by_four_ways_and_never_twice(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message notify = {.id = SCCP_NOTIFY_DTMF_TONE};
    struct port_event rtp = {.kind = EV_DIGIT};
    const uint32_t call = r->cm.call;

    (void)state;
    hear(r, key(5, call));
    CHECK(r->digits == 1, "keypad");
    rig_advance(r, 30);
    hear(r, say_tone(SCCP_TONE_DTMF5, call));
    rtp.digit.digit = '5';
    rtp.digit.way = DIGIT_RTP;
    rig_event(r, &rtp);
    notify.dtmf_tone.tone = SCCP_TONE_DTMF5;
    notify.dtmf_tone.conference = call;
    notify.dtmf_tone.party = r->cm.party;
    hear(r, notify);
    CHECK(r->digits == 1, "the same digit by other ways within 50 ms: %u", r->digits);
    hear(r, key(5, call));
    CHECK(r->digits == 2, "the same way again is another press");
    rig_advance(r, 60);
    hear(r, say_tone(SCCP_TONE_DTMF5, call));
    CHECK(r->digits == 3, "later it is another press");
    hear(r, key(6, call));
    CHECK(r->digits == 4, "another digit");
    WELL(r);
}

static void zero_is_0_or_10_and_other_calls_digits_are_not_ours(void **state)
{
    struct rig *r = talking(17);
    const uint32_t call = r->cm.call;

    (void)state;
    hear(r, key(0, call));
    CHECK(r->port.last_digit.digit == '0', "0");
    rig_advance(r, 100);
    hear(r, key(10, call));
    CHECK(r->port.last_digit.digit == '0' && r->digits == 2, "10");
    hear(r, key(14, 0));
    CHECK(r->port.last_digit.digit == '*', "a short message means the call that is up");
    hear(r, key(7, call + 1));
    hear(r, key(77, call));
    CHECK(r->digits == 3, "not ours, and no digit");
    rig_far_end_hangs_up(r);
    CHECK(r->port.last_digit.digit == 0, "nothing of a PIN is kept");
    WELL(r);
}

static void a_subscription_for_events_is_answered_by_what_was_agreed(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message ask = {.id = SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ};

    (void)state;
    ask.dtmf_payload = (struct sccp_dtmf_payload){101, r->cm.call, r->cm.party, 10};
    hear(r, ask);
    CHECK(rig_last(r, SCCP_SUBSCRIBE_DTMF_PAYLOAD_RES), "101 was in the ORC");
    ask.dtmf_payload.payload = 96;
    hear(r, ask);
    CHECK(rig_last(r, SCCP_SUBSCRIBE_DTMF_PAYLOAD_ERR), "96 was not");
    ask.id = SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_REQ;
    hear(r, ask);
    CHECK(rig_last(r, SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_RES), "unsubscribed");
    WELL(r);
}

/* ---- lamps
 * ----------------------------------------------------------------------------------------- */

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

/* ---- reset and leaving
 * ------------------------------------------------------------------------------ */

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
        cmocka_unit_test(every_request_of_a_registration_is_made_in_its_order),
        cmocka_unit_test(the_lower_version_of_both_is_used),
        cmocka_unit_test(a_server_that_answers_half_still_registers_the_port),
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
        cmocka_unit_test(a_call_is_answered_and_hears_the_greeting_in_every_version),
        cmocka_unit_test(a_caller_who_hangs_up_frees_the_port),
        cmocka_unit_test(every_order_of_messages_ends_in_a_call_with_sound),
        cmocka_unit_test(call_info_before_ring_in_is_kept),
        cmocka_unit_test(ring_in_without_call_info_is_answered_a_little_later),
        cmocka_unit_test(a_caller_who_gives_up_before_the_answer_costs_nothing),
        cmocka_unit_test(what_cannot_be_served_is_answered_with_its_status),
        cmocka_unit_test(an_engine_that_fails_is_told_to_the_server_and_closed),
        cmocka_unit_test(no_address_means_nothing_is_sent),
        cmocka_unit_test(below_17_a_failure_to_send_has_its_own_message),
        cmocka_unit_test(new_keys_in_mid_call_are_taken),
        cmocka_unit_test(streams_are_closed_by_party_else_call_else_conference),
        cmocka_unit_test(chan_skinnys_orc_without_a_call_reference_is_taken),
        cmocka_unit_test(media_for_another_call_or_none_is_refused),
        cmocka_unit_test(an_address_family_that_we_lack_is_refused),
        cmocka_unit_test(a_second_call_rings_on_without_harm_and_is_taken_when_free),
        cmocka_unit_test(a_second_call_that_goes_away_is_forgotten),
        cmocka_unit_test(a_port_that_may_not_answer_lets_calls_ring_and_counts_each_once),
        cmocka_unit_test(a_call_offered_while_configuring_is_answered_then),
        cmocka_unit_test(a_call_that_is_never_connected_is_given_up),
        cmocka_unit_test(a_call_without_media_ends_after_five_minutes),
        cmocka_unit_test(after_the_greeting_the_setting_decides),
        cmocka_unit_test(statistics_are_answered_when_the_stream_has_reported),
        cmocka_unit_test(port_request_is_answered_before_the_channel_opens),
        cmocka_unit_test(digits_come_by_four_ways_and_never_twice),
        cmocka_unit_test(zero_is_0_or_10_and_other_calls_digits_are_not_ours),
        cmocka_unit_test(a_subscription_for_events_is_answered_by_what_was_agreed),
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
        cmocka_unit_test(a_reset_of_each_type_does_what_it_says),
        cmocka_unit_test(a_reset_lets_the_call_end_first_but_not_for_ever),
        cmocka_unit_test(libsccps_reset_as_the_answer_to_unregister_is_borne),
        cmocka_unit_test(stopping_unregisters_and_ends),
        cmocka_unit_test(draining_lets_the_call_end_and_takes_no_other),
        cmocka_unit_test(stop_hangs_up_and_kill_asks_nobody),
        cmocka_unit_test(leaving_before_registered_ends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
