/* Storms: random messages, events and pauses, from known seeds, against a port; what must hold
 * always holds, and afterwards the port comes back to idle. */
#include "check.h"
#include "port_storm.h"

static struct rig rig;
static uint64_t dice;

static uint32_t roll(uint32_t n)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 32) % n;
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
        storm_gust(&rig, roll);
        rig_forget(&rig);
        CHECK(rig.broken == NULL, "seed %llu, gust %u: %s (%s)", (unsigned long long)seed, i,
              rig.broken, port_state_words(rig.port.state));
    }
}

/* The call manager ends what is up, and behaves again. */
static void calm(uint64_t seed)
{
    storm_over(&rig);
    storm_calm(&rig);
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
