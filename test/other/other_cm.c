/* other_cm PROFILE VMPORTS DIR: plays one foreign call manager against `vmports run` and prints
 * what vmports did that it should not have; exit 0: nothing. `other_cm --serve PROFILE` only
 * answers, `other_cm` names the profiles. See other.h. */
#include "other_play.h"

#include <signal.h>
#include <stdio.h>

static const struct profile profiles[] = {
    {"chan-sccp-3", CHAN_SCCP, PLAIN, 3, 17, ULAW, 20, 80, false},
    {"chan-sccp-11", CHAN_SCCP, PLAIN, 11, 13, ALAW, 20, 80, false},
    {"chan-sccp-17", CHAN_SCCP, PLAIN, 22, 17, ULAW, 30, 80, false},
    {"chan-sccp-22-tls", CHAN_SCCP, TLS_ASKS_NOTHING, 22, 22, ULAW, 20, 80, true},
    {"chan_skinny-17", CHAN_SKINNY, PLAIN, 17, 17, ULAW, 20, 80, false},
    {"chan_skinny-11", CHAN_SKINNY, PLAIN, 11, 11, ALAW, 20, 80, false},
    {"mod_skinny", MOD_SKINNY, PLAIN, 0, 17, ULAW, 20, 80, false},
    {"libsccp", LIBSCCP, PLAIN, 11, 17, ULAW, 20, 7, false},
    {"callmanager-3", CM3, PLAIN, 0, 5, ULAW, 20, 80, false},
    {"callmanager-4.1", CM41, TLS12_MUTUAL, 5, 17, ULAW, 20, 80, false},
    {"cucm-17", CUCM, TLS12_MUTUAL, 17, 17, ULAW, 20, 80, true},
    {"cucm-20", CUCM, TLS12_MUTUAL, 20, 20, ALAW, 20, 80, false},
    {"cucm-22", CUCM, TLS12_MUTUAL, 22, 22, ULAW, 40, 80, false},
};

/* ---- lamps ----------------------------------------------------------------------------------- */

static struct seat *who_says(uint32_t id, int ms)
{
    for (int64_t end = clock_ms() + ms; clock_ms() < end; pump(&office, 10))
        for (int i = 0; i < SEATS; i++) {
            struct seat *s = &office.seats[i];
            if (s->open && s->head != s->tail && s->inbox[s->head % INBOX].id == id)
                return s;
        }
    deviation("nobody sends 0x%04X", id);
    return NULL;
}

static void digits_are(struct seat *s, uint32_t ref, const char *number)
{
    for (const char *c = number; *c; c++) {
        const struct message *m = want(&office, s, 0x0003, 2000);
        if (!m)
            return;
        if (get32(m->body) != (uint32_t)(*c - '0') || m->len < 12 || get32(m->body + 8) != ref)
            deviation("%s: digit %zu of %s is %u", s->name, (size_t)(c - number), number,
                      get32(m->body));
    }
}

static void lamp_ends(struct seat *s, unsigned tone, uint32_t ref)
{
    send_tone(&office, s, tone, ref);
    names_line_and_call(s, want(&office, s, 0x0007, 3000), ref);
    send_state(&office, s, 2, ref);
}

static void dial_tone(struct seat *s, uint32_t ref)
{
    send_state(&office, s, 1, ref);
    send_tone(&office, s, 0x21, ref);
}

static void looks_like_1001(const struct seat *s, const struct message *m)
{
    const size_t width = s->version >= 18 ? 25 : 24;

    if (m && (m->len < 2 * width + 4 || strcmp((const char *)m->body, "1001") != 0 ||
              get32(m->body + 2 * width) != 1))
        deviation("%s: OffHookWithCallingPartyNumber of %zu bytes, from \"%.24s\"", s->name, m->len,
                  (const char *)m->body);
}

/* CUCM and CallManager take 0x24; the other four never answer it (8.4). */
static void lamps(void)
{
    const enum brand b = office.p->brand;
    const bool knows = b == CUCM || b == CM41 || b == CM3;
    const int asked = ASK((char *)"mwi", (char *)"on", (char *)"1001", (char *)"--wait");
    const uint32_t ref = next_ref();
    struct seat *s = who_says(0x0024, 3000);
    const char *number = "999991";
    int code;

    if (!s)
        return;
    looks_like_1001(s, want(&office, s, 0x0024, 100));
    if (!knows && b != LIBSCCP) {
        code = finish(asked, 6000);
        if (code != 1)
            deviation("a lamp that nobody switches: mwi exits %d", code);
        pump(&office, 100);
        while (s->head != s->tail) { /* it may hang up what it thinks it opened */
            const uint32_t id = s->inbox[s->head++ % INBOX].id;
            if (id != 0x0007)
                deviation("%s: 0x%04X after an ignored 0x24", s->name, id);
        }
        return;
    }
    if (b == LIBSCCP) {
        struct seat *again = who_says(0x0006, 4000);
        if (!again)
            return;
        s = again;
        want(&office, s, 0x0006, 100);
        number = "9999911001";
    }
    dial_tone(s, ref);
    digits_are(s, ref, number);
    send_state(&office, s, 12, ref);
    lamp_ends(s, 0x2E, ref);
    code = finish(asked, 4000);
    if (code != 0)
        deviation("a lamp that is confirmed: mwi exits %d", code);
    want_silence(&office, s, 50);
}

static void lamp_refused(void)
{
    const uint32_t ref = next_ref();
    const int asked = ASK((char *)"mwi", (char *)"off", (char *)"1001", (char *)"--wait");
    struct seat *s = who_says(0x0024, 3000);
    int code;

    if (!s)
        return;
    want(&office, s, 0x0024, 100);
    dial_tone(s, ref);
    digits_are(s, ref, "999990");
    lamp_ends(s, 0x25, ref);
    code = finish(asked, 4000);
    if (code != 1 || !said("reorder"))
        deviation("a lamp that is refused: mwi exits %d", code);
}

/* ---- sessions -------------------------------------------------------------------------------- */

static void comes_again(const char *why, unsigned before, unsigned more, int ms)
{
    for (int64_t end = clock_ms() + ms; clock_ms() < end; pump(&office, 20))
        if (office.registrations >= before + more)
            break;
    if (office.registrations != before + more)
        deviation("%s: %u registrations, wanted %u", why, office.registrations - before, more);
    for (unsigned i = 1; i <= PORTS; i++)
        port(i);
}

static void acknowledge_unregister(struct seat *s)
{
    struct bytes b = {0};

    switch (office.p->brand) {
    case CHAN_SKINNY:
        break;
    case LIBSCCP:
        put32(&b, 2);
        seat_send(&office, s, 0x009F, &b);
        break;
    case CHAN_SCCP:
    case MOD_SKINNY:
    case CM3:
    case CM41:
    case CUCM:
        put32(&b, 0);
        seat_send(&office, s, 0x0118, &b);
        break;
    }
    seat_drop(s);
}

static unsigned take_unregisters(void)
{
    unsigned n = 0;

    for (int i = 0; i < SEATS; i++) {
        struct seat *s = &office.seats[i];
        for (; s->open && s->head != s->tail; s->head++)
            if (s->inbox[s->head % INBOX].id == 0x0027) {
                acknowledge_unregister(s);
                n++;
            }
    }
    return n;
}

static void reset(unsigned type)
{
    struct seat *s = port(2);
    struct bytes b = {0};
    const unsigned before = office.registrations;

    put32(&b, type);
    seat_send(&office, s, 0x009F, &b);
    for (int64_t end = clock_ms() + 2000; s->open && clock_ms() < end; take_unregisters())
        pump(&office, 10);
    if (s->open)
        deviation("Reset %u: the connection stays", type);
    comes_again("Reset", before, 1, 8000);
}

/* Reset 3: "restart only if needed" (4.2), and a port has nothing that needs it. */
static void apply_configuration(void)
{
    struct seat *s = port(2);
    struct bytes b = {0};

    put32(&b, 3);
    seat_send(&office, s, 0x009F, &b);
    want_silence(&office, s, 200);
}

static void connection_is_cut(void)
{
    const unsigned before = office.registrations;

    seat_drop(port(1));
    comes_again("cut", before, 1, 8000);
}

static void nobody_answers(void)
{
    const unsigned before = office.registrations;

    office.silent = true;
    for (int64_t end = clock_ms() + 8000; clock_ms() < end; pump(&office, 20)) {
        take_unregisters();
        if (!seat_of(&office, "CiscoUM1-VI1") && !seat_of(&office, "CiscoUM1-VI2") &&
            !seat_of(&office, "CiscoUM1-VI3"))
            break;
        if (office.registrations != before)
            break;
    }
    office.silent = false;
    comes_again("keepalives without an answer", before, PORTS, 8000);
}

static void stop(void)
{
    unsigned n = 0;
    int code;

    kill(office.pid, SIGTERM);
    for (int64_t end = clock_ms() + 4000; n < PORTS && clock_ms() < end; n += take_unregisters())
        pump(&office, 10);
    if (n != PORTS)
        deviation("%u ports unregister at the end", n);
    code = finish(office.pid, 6000);
    office.pid = 0;
    if (code != 0)
        deviation("vmports ends with %d", code);
}

/* A refused port keeps away for a long time, as 4.2 advises; an operator's reset brings it back. */
static void refused_until_reset(void)
{
    pump(&office, 1500);
    if (office.rejections != 1 || seat_of(&office, office.rejected))
        deviation("Register was refused %u times", office.rejections);
    if (finish(ASK((char *)"reset", (char *)"CiscoUM1-VI3"), 3000) != 0)
        deviation("reset of one port failed");
    port(3);
}

static void play(void)
{
    start_vmports();
    port(1);
    port(2);
    refused_until_reset();
    call_is_heard(1);
    call_is_heard(1);
    caller_hangs_up(2);
    keys_change(3);
    caller_gives_up(2);
    if (office.p->brand == MOD_SKINNY || office.p->brand == CHAN_SKINNY)
        call_is_early(1);
    lamps();
    if (office.p->brand == CUCM) {
        keys_of_no_use(1);
        lamp_refused();
    }
    reset(1);
    reset(2);
    apply_configuration();
    connection_is_cut();
    nobody_answers();
    call_is_heard(3);
    stop();
}

/* Only answers, for others to be tried against; ends with its parent's signal. */
_Noreturn static void serve(void)
{
    office_open(&office, NULL);
    printf("tftp %u\ntls %u\n", office.tftp_port, office.port);
    for (;;)
        pump(&office, 1000);
}

static const struct profile *profile_called(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    give_up("no profile is called %s", name);
}

static int list_profiles(void)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        puts(profiles[i].name);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 1)
        return list_profiles();
    if (argc != 3 && argc != 4)
        return 2;
    profile_name = argc == 3 ? argv[2] : argv[1];
    office.p = profile_called(profile_name);
    if (argc == 3)
        serve();
    vmports = argv[2];
    folder = argv[3];
    office.rejected = "CiscoUM1-VI3";
    office_open(&office, in_folder("root.pem"));
    play();
    office_close(&office);
    printf("%s: %u deviations, %u registrations, %u keepalives\n", profile_name, deviations,
           office.registrations, office.keepalives);
    return deviations ? 1 : 0;
}
