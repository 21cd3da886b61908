/* Storms: random messages, events and pauses, from known seeds, against a port; what must hold
 * always holds, and afterwards the port comes back to idle. */
#include "check.h"
#include "port_rig.h"

static struct rig rig;
static uint64_t dice;

static uint32_t roll(uint32_t n)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 32) % n;
}

/* Few values, so that they meet. */
static uint32_t some_call(void)
{
    const uint32_t calls[] = {
        0, rig.cm.call, rig.port.call.call, rig.port.offer.call, rig.port.last_call, 1, 2};

    return calls[roll(sizeof calls / sizeof calls[0])];
}

static struct sccp_message some_media(void)
{
    struct sccp_message m = roll(2) ? say_open_receive(&rig, some_call(), 1 + roll(3))
                                    : say_start_transmit(&rig, some_call(), 1 + roll(3));

    if (m.id == SCCP_OPEN_RECEIVE_CHANNEL && roll(4) == 0)
        m.open_receive.codec = roll(20);
    if (m.id == SCCP_START_MEDIA_TRANSMISSION && roll(4) == 0)
        memset(&m.start_transmit.remote, 0, sizeof m.start_transmit.remote);
    return m;
}

static struct sccp_message some_small(void)
{
    static const uint32_t ids[] = {
        SCCP_REGISTER_ACK,       SCCP_REGISTER_REJECT,
        SCCP_CAPABILITIES_REQ,   SCCP_KEEP_ALIVE_ACK,
        SCCP_UNREGISTER_ACK,     SCCP_RESET,
        SCCP_TIME_DATE_RES,      SCCP_LINE_STAT_RES,
        SCCP_SET_RINGER,         SCCP_STOP_TONE,
        SCCP_PORT_REQ,           SCCP_CONNECTION_STATISTICS_REQ,
        SCCP_REGISTER_TOKEN_ACK, SCCP_BUTTON_TEMPLATE_RES,
        SCCP_DIALED_NUMBER,
    };
    struct sccp_message m = {.id = ids[roll(sizeof ids / sizeof ids[0])]};

    if (m.id == SCCP_RESET)
        m.reset.type = roll(5);
    if (m.id == SCCP_PORT_REQ)
        m.port_req.call = some_call();
    if (m.id == SCCP_CONNECTION_STATISTICS_REQ)
        m.statistics_req.call = some_call();
    if (m.id == SCCP_REGISTER_ACK)
        m.register_ack.keepalive_s = roll(3) * 20;
    return m;
}

static struct sccp_message some_message(void)
{
    struct sccp_message m = {.id = SCCP_KEYPAD_BUTTON};

    switch (roll(8)) {
    case 0:
    case 1:
        return say_call_state(roll(19), some_call());
    case 2:
        return say_call_info(some_call(), "1001", "8000", "5000", roll(20));
    case 3:
        return some_media();
    case 4:
        return say_close(roll(2) ? SCCP_CLOSE_RECEIVE_CHANNEL : SCCP_STOP_MEDIA_TRANSMISSION,
                         some_call(), roll(4));
    case 5:
        return say_tone(roll(0x90), some_call());
    case 6:
        m.keypad_button.button = roll(20);
        m.keypad_button.call = some_call();
        return m;
    default:
        return some_small();
    }
}

static void something_happens_to_the_servers(void)
{
    switch (roll(6)) {
    case 0:
        rig_server_dies(&rig);
        break;
    case 1:
        rig.down = roll(8);
        break;
    case 2:
        if (rig.second_linked) {
            rig.second_linked = false;
            rig_kind(&rig, EV_SECOND_LOST);
        }
        break;
    case 3:
        rig_kind(&rig, roll(2) ? EV_TOKEN_GRANTED : EV_TOKEN_REFUSED);
        break;
    case 4:
        rig.other.silent = roll(2);
        rig.other.refuses = roll(3) * 10;
        rig.other.closes = roll(8) == 0;
        break;
    default:
        rig.media.counts.received += roll(2);
        rig_advance(&rig, roll(100000));
    }
}

static void something_else_happens(void)
{
    if (rig.port.server_count > 1 && roll(4) == 0) {
        something_happens_to_the_servers();
        return;
    }
    switch (roll(10)) {
    case 0:
        rig.linked = false;
        rig.inbox_count = 0;
        rig_kind(&rig, EV_LINK_LOST);
        break;
    case 1:
        if (rig.media.open)
            rig_kind(&rig, EV_PLAYED);
        break;
    case 2:
        if (rig.media.report)
            rig_media_report(&rig);
        break;
    case 3:
        rig_lamp(&rig, 1 + roll(100), "1001");
        break;
    case 4:
        if (rig.linked && rig.port.state == PORT_IDLE)
            rig_ring(&rig);
        break;
    case 5:
        rig.cm.call = some_call();
        break;
    case 6:
        rig_kind(&rig, EV_UNREACHABLE);
        break;
    case 7:
        if (roll(20) == 0)
            rig_kind(&rig, EV_RESET);
        break;
    case 8:
        rig.media.cannot_listen = roll(8) == 0;
        rig.media.cannot_open = roll(8) == 0;
        rig.cm.ignores_cgpn = roll(3) == 0;
        rig.cm.smt_early = roll(2);
        break;
    default:
        rig_advance(&rig, roll(4) ? roll(300) : roll(40000));
    }
}

static void blow(uint64_t seed, unsigned gusts)
{
    static const uint32_t versions[] = {3, 11, 17, 20, 22};

    dice = seed * 2654435761u + 1;
    rig_init(&rig, versions[seed % 5]);
    rig.cm.confused = true;
    rig.group.mwi.fallback_to_prefix = seed % 2;
    rig.group.after = (enum after_greeting)(seed % 3);
    rig.group.auto_failback = seed % 7 != 0;
    port_set_servers(&rig.port, 1 + seed % 3);
    rig_register(&rig);
    for (unsigned i = 0; i < gusts; i++) {
        struct sccp_message m = some_message();
        if (roll(4))
            rig_hear(&rig, &m);
        else
            something_else_happens();
        rig_settle(&rig);
        rig_forget(&rig);
        CHECK(rig.broken == NULL, "seed %llu, gust %u: %s (%s)", (unsigned long long)seed, i,
              rig.broken, port_state_words(rig.port.state));
    }
}

/* The call manager ends what is up, and behaves again. */
static void calm(uint64_t seed)
{
    rig.down = 0;
    rig.other = (struct rig_other){0};
    rig.media.cannot_listen = rig.media.cannot_open = false;
    for (unsigned i = 0; i < 3; i++) {
        struct sccp_message over = say_call_state(SCCP_CALL_ON_HOOK, rig.port.offer.call);
        if (rig.port.offer.call)
            rig_hear(&rig, &over);
        over = say_call_state(SCCP_CALL_ON_HOOK, rig.port.call.call);
        if (rig.port.call.call)
            rig_hear(&rig, &over);
        rig_settle(&rig);
        rig_advance(&rig, 400000); /* longer than a kept call may be silent */
    }
    CHECK(rig.port.state == PORT_IDLE, "seed %llu ends in %s", (unsigned long long)seed,
          port_state_words(rig.port.state));
    CHECK(!rig.media.open && rig.media.opened == rig.media.closed, "seed %llu: streams",
          (unsigned long long)seed);
    CHECK(rig.broken == NULL, "seed %llu: %s", (unsigned long long)seed, rig.broken);
}

static void after_every_storm_the_port_is_idle_again(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        blow(seed, 250);
        calm(seed);
    }
}

static void in_the_middle_of_a_storm_it_can_be_stopped(void **state)
{
    (void)state;
    for (uint64_t seed = 1000; seed < 1200; seed++) {
        blow(seed, 40);
        rig_kind(&rig, EV_DRAIN);
        rig_advance(&rig, 5000);
        rig_kind(&rig, EV_STOP);
        rig_advance(&rig, 5000);
        CHECK(rig.port.state == PORT_STOPPED, "seed %llu ends in %s", (unsigned long long)seed,
              port_state_words(rig.port.state));
        CHECK(!rig.media.open && rig.told_stopped && !rig.linked, "seed %llu",
              (unsigned long long)seed);
        CHECK(rig.broken == NULL, "seed %llu: %s", (unsigned long long)seed, rig.broken);
    }
}

/* What a port must not take along from call to call. */
static void is_as_new(const struct rig *r, unsigned calls)
{
    const struct port *p = &r->port;

    CHECK(p->state == PORT_IDLE && r->told_registered && r->told_free, "after %u calls: %s", calls,
          port_state_words(p->state));
    CHECK(p->call.call == 0 && p->offer.call == 0 && p->lamp.id == 0, "call %u is kept", calls);
    CHECK(!r->media.open && r->media.opened == r->media.closed && r->media.opened == calls,
          "%u calls, %u streams opened, %u closed", calls, r->media.opened, r->media.closed);
    CHECK(r->broken == NULL, "after %u calls: %s", calls, r->broken);
}

/* Every minute a call of 20 s and a lamp, every hour a reset or a lost link, keepalives between. */
static void a_day_of_calls_and_registrations_leaves_nothing_behind(void **state)
{
    enum { MINUTES = 24 * 60 };
    unsigned calls = 0;

    (void)state;
    rig_init(&rig, 17);
    rig_register(&rig);
    const int64_t start_ms = rig.now_ms;
    for (unsigned minute = 1; minute <= MINUTES; minute++) {
        rig_ring(&rig);
        calls++;
        rig_advance(&rig, 20000);
        CHECK(rig.port.state == PORT_TALKING, "minute %u", minute);
        rig_far_end_hangs_up(&rig);
        rig_media_report(&rig);
        rig.media.report = 0;
        rig_advance(&rig, 5000);
        rig_lamp(&rig, minute, "1001");
        CHECK(rig.lamps == minute && rig.lamp_result == LAMP_CONFIRMED, "minute %u: %u lamps",
              minute, rig.lamps);
        if (minute % 60 == 0)
            rig_kind(&rig, EV_RESET);
        if (minute % 60 == 30) {
            rig.linked = false;
            rig_kind(&rig, EV_LINK_LOST);
        }
        rig_advance(&rig, 35000);
        rig_forget(&rig);
        is_as_new(&rig, calls);
    }
    CHECK(rig.now_ms - start_ms == MINUTES * INT64_C(60000), "a day");
    CHECK(rig.answered == MINUTES && rig.ended == MINUTES && rig.lost >= 24,
          "%u answered, %u ended", rig.answered, rig.ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_every_storm_the_port_is_idle_again),
        cmocka_unit_test(in_the_middle_of_a_storm_it_can_be_stopped),
        cmocka_unit_test(a_day_of_calls_and_registrations_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
