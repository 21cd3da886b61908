/* The lab's SCCP service over loopback, met by a scripted device: who is refused and how, whose
 * connection lives, and what garbage does. */
#include "sccp/frame.h"
#include "tls/link.h"
#include "tools/labcm/server.h"
#include "tools/shared/paths.h"

#include "test/check.h"

#include <openssl/x509.h>
#include <unistd.h>

#define SEEN_MAX 64

struct lab_world {
    uv_loop_t loop;
    char root[128];
    struct lab *lab;
    struct server *server;
    struct tls_authority *authority;
    struct tls_context *context;
    struct tls_trust *pins;
    uv_timer_t deadline;
    bool late;
};

struct client {
    struct lab_world *w;
    struct link *link;
    struct tls_identity *identity;
    struct sccp_frames frames;
    bool up, down;
    struct err why;
    struct sccp_message seen[SEEN_MAX];
    size_t count;
};

/* ---- the lab --------------------------------------------------------------------------------- */

static bool no_far_open(void *arg, struct call *c, struct net_addr *local)
{
    (void)arg;
    (void)c;
    (void)local;
    return false;
}

static void no_far_rung(void *arg, struct call *c, const struct device *d)
{
    (void)arg;
    (void)c;
    (void)d;
}

static void no_far_talk(void *arg, struct call *c)
{
    (void)arg;
    (void)c;
}

static void no_far_over(void *arg, struct call *c, enum call_end end)
{
    (void)arg;
    (void)c;
    (void)end;
}

static void too_late(uv_timer_t *t)
{
    struct lab_world *w = t->data;

    w->late = true;
}

static void make_pins(struct lab_world *w)
{
    const X509 *cert = tls_identity_cert(lab_identity(w->lab));
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);
    struct err e;

    w->pins = tls_trust_new(TLS_TRUST_PINNED, &e);
    CHECK(len > 0 && tls_trust_add(w->pins, der, (size_t)len, &e), "%s", e.text);
    OPENSSL_free(der);
}

static struct server_settings settings_of(const struct lab_world *w)
{
    return (struct server_settings){
        .manager = {.plan = {1, 4},
                    .prefix = "CiscoUM1-VI",
                    .mode = LAB_ENCRYPTED,
                    .node = 1,
                    .device_type = 80,
                    .version_max = 22,
                    .ring_no_answer_ms = 10000,
                    .keepalive_s = 1,
                    .standby_s = 2,
                    .server_name = "lab"},
        .policy = {.cluster_secure = true},
        .bind = {.family = 4, .ip = {127, 0, 0, 1}},
        .lab = w->lab,
        .far = {.far_open = no_far_open,
                .far_rung = no_far_rung,
                .far_talk = no_far_talk,
                .far_over = no_far_over},
    };
}

/* Keys and certificates of both sides are made once for all tests. */
static char dir[] = "/tmp/labcm_server_test.XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    path_remove_tree(dir);
    return 0;
}

static struct lab_world *lab_world_new(bool trusted)
{
    struct lab_world *w = calloc(1, sizeof *w);
    struct err e = {0};
    char port_dir[96], trust_dir[96];

    snprintf(port_dir, sizeof port_dir, "%s/port", dir);
    snprintf(trust_dir, sizeof trust_dir, "%s/trust", dir);
    path_remove_tree(trust_dir);
    snprintf(w->root, sizeof w->root, "%s/root.pem", port_dir);
    uv_loop_init(&w->loop);
    const struct lab_settings ls = {.dir = dir,
                                    .node = "lab",
                                    .digest = CTL_SHA1,
                                    .address = {.family = 4, .ip = {127, 0, 0, 1}},
                                    .secure = true};
    w->lab = lab_open(&ls, &e);
    CHECK(w->lab != NULL, "%s", e.text);
    const struct tls_authority_settings as = {.dir = port_dir};
    w->authority = tls_authority_open(&as, &e);
    CHECK(w->authority != NULL, "%s", e.text);
    if (trusted)
        CHECK(lab_add_trust(w->lab, w->root, &e), "%s", e.text);
    lab_use_trust(w->lab);
    const struct tls_profile p = {.role = TLS_CLIENT};
    w->context = tls_context_new(&p, &e);
    CHECK(w->context != NULL, "%s", e.text);
    make_pins(w);
    const struct server_settings s = settings_of(w);
    w->server = server_start(&w->loop, &s, &e);
    CHECK(w->server != NULL, "%s", e.text);
    uv_timer_init(&w->loop, &w->deadline);
    w->deadline.data = w;
    return w;
}

static void lab_world_free(struct lab_world *w)
{
    server_stop(w->server);
    uv_close((uv_handle_t *)&w->deadline, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&w->loop) == 0, "handles are left over");
    tls_context_free(w->context);
    tls_trust_free(w->pins);
    tls_authority_free(w->authority);
    lab_close(w->lab);
    free(w);
}

/* ---- the device ------------------------------------------------------------------------------ */

static void up(void *owner, struct link *l)
{
    struct client *c = owner;

    (void)l;
    c->up = true;
}

static void bytes(void *owner, struct link *l, const uint8_t *at, size_t len)
{
    struct client *c = owner;
    struct sccp_frame f;
    struct err e;

    (void)l;
    sccp_frames_feed(&c->frames, at, len);
    while (sccp_frames_next(&c->frames, &f, &e) == SCCP_CUT_FRAME && c->count < SEEN_MAX)
        CHECK(sccp_decode(&c->seen[c->count++], f.id, 17, f.body, f.len, &e), "%s", e.text);
}

static void down(void *owner, struct link *l, const struct err *why)
{
    struct client *c = owner;

    (void)l;
    c->down = true;
    c->why = *why;
    c->link = NULL;
}

static struct client *connect_as(struct lab_world *w, const char *cn, bool tls)
{
    static const struct link_events events = {up, bytes, down};
    struct client *c = calloc(1, sizeof *c);
    struct err e = {0};

    c->w = w;
    c->identity = cn ? tls_authority_port(w->authority, cn, &e) : NULL;
    const struct link_settings s = {
        .peer = tls ? server_tls_addr(w->server) : server_sccp_addr(w->server),
        .context = tls ? w->context : NULL,
        .identity = c->identity,
        .trust = w->pins,
    };
    c->link = link_connect(&w->loop, &s, &events, c, &e);
    CHECK(c->link != NULL, "%s", e.text);
    return c;
}

static void client_free(struct client *c)
{
    if (c->link)
        link_close(c->link);
    uv_run(&c->w->loop, UV_RUN_NOWAIT);
    sccp_frames_free(&c->frames);
    tls_identity_free(c->identity);
    free(c);
}

#define RUN_UNTIL(w, condition)                                                                    \
    do {                                                                                           \
        (w)->late = false;                                                                         \
        uv_update_time(&(w)->loop);                                                                \
        uv_timer_start(&(w)->deadline, too_late, 20000, 0);                                        \
        while (!(condition) && !(w)->late)                                                         \
            uv_run(&(w)->loop, UV_RUN_ONCE);                                                       \
        uv_timer_stop(&(w)->deadline);                                                             \
        CHECK(!(w)->late, "never came");                                                           \
    } while (0)

static const struct sccp_message *seen(const struct client *c, uint32_t id)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->seen[i].id == id)
            return &c->seen[i];
    return NULL;
}

static void tell(struct client *c, struct sccp_message m)
{
    uint8_t pdu[SCCP_PDU_MAX];
    struct err e;
    size_t len;

    CHECK(sccp_encode_pdu(&m, pdu, sizeof pdu, &len, &e), "%s", e.text);
    CHECK(link_send(c->link, pdu, len, &e), "%s", e.text);
}

static struct sccp_message register_of(const char *name)
{
    struct sccp_message m = {.id = SCCP_REGISTER};

    snprintf(m.register_req.station.name, sizeof m.register_req.station.name, "%s", name);
    m.register_req.device_type = 80;
    m.register_req.protocol_version = 17;
    return m;
}

/* ---- the claims ------------------------------------------------------------------------------ */

static void an_empty_trust_refuses_with_unknown_ca(void **state)
{
    struct lab_world *w = lab_world_new(false);
    struct client *c = connect_as(w, "CiscoUM1-VI1", true);
    struct err e;

    (void)state;
    RUN_UNTIL(w, c->down);
    CHECK(!c->up && c->why.kind == ERR_TLS_03, "%s", c->why.text);
    client_free(c);
    const size_t before = tls_trust_count(lab_trust(w->lab));
    CHECK(lab_add_trust(w->lab, w->root, &e), "%s", e.text);
    CHECK(tls_trust_count(lab_trust(w->lab)) == before, "an upload waits for the service's start");
    lab_use_trust(w->lab);
    server_lab_changed(w->server);
    c = connect_as(w, "CiscoUM1-VI1", true);
    RUN_UNTIL(w, c->up || c->down);
    CHECK(c->up, "%s", c->why.text);
    client_free(c);
    lab_world_free(w);
}

static void each_refusal_has_its_text_and_closes(void **state)
{
    static const struct {
        const char *cn, *name, *text;
        bool tls;
    } rows[] = {
        {"CiscoUM1-VI9", "CiscoUM1-VI9", "Device not configured", true},
        {"CiscoUM1-VI2", "CiscoUM1-VI1", "X.509 name mismatch", true},
        {NULL, "CiscoUM1-VI1", "Security mode mismatch", false},
    };
    struct lab_world *w = lab_world_new(true);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client *c = connect_as(w, rows[i].cn, rows[i].tls);
        RUN_UNTIL(w, c->up);
        tell(c, register_of(rows[i].name));
        RUN_UNTIL(w, c->down);
        const struct sccp_message *m = seen(c, SCCP_REGISTER_REJECT);
        CHECK(m && strcmp(m->register_reject.text, rows[i].text) == 0, "row %zu: %s", i,
              m ? m->register_reject.text : "no RegisterReject");
        CHECK(!seen(c, SCCP_REGISTER_ACK), "row %zu", i);
        client_free(c);
    }
    lab_world_free(w);
}

static struct client *registered(struct lab_world *w, const char *name)
{
    struct client *c = connect_as(w, name, true);

    RUN_UNTIL(w, c->up);
    tell(c, register_of(name));
    tell(c, (struct sccp_message){.id = SCCP_TIME_DATE_REQ, .version = 17});
    RUN_UNTIL(w, seen(c, SCCP_TIME_DATE_RES));
    return c;
}

static void the_newer_connection_of_a_name_is_taken(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *old = registered(w, "CiscoUM1-VI1");
    struct client *new = registered(w, "CiscoUM1-VI1");

    (void)state;
    RUN_UNTIL(w, old->down);
    CHECK(!new->down &&server_manager(w->server)->in_service == 1, "one is registered");
    client_free(old);
    client_free(new);
    lab_world_free(w);
}

static void three_silent_intervals_end_a_connection(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *quiet = registered(w, "CiscoUM1-VI1");
    struct client *alive = registered(w, "CiscoUM1-VI2");

    (void)state;
    while (!quiet->down) {
        tell(alive, (struct sccp_message){.id = SCCP_KEEP_ALIVE, .version = 17});
        size_t before = alive->count;
        RUN_UNTIL(w, quiet->down || alive->down || alive->count > before);
        alive->count = 0;
        CHECK(!alive->down, "%s", alive->why.text);
        usleep(20000);
    }
    CHECK(server_manager(w->server)->in_service == 1, "the other one stays");
    client_free(quiet);
    client_free(alive);
    lab_world_free(w);
}

static void garbage_ends_its_own_connection_alone(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"\0\0\0\0\0\0\0\0\0\0\0\0", 12},         /* length 0 */
        {"\3\0\0\0\0\0\0\0\0\0\0\0", 12},         /* length 3 */
        {"\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 12}, /* 4 GiB */
        {"GET / HTTP/1.1\r\nHost: lab\r\n\r\n", 27},
        {"\x05\0\0\0\0\0\0\0\1\0\0\0x", 13}, /* a Register of one byte */
    };
    struct lab_world *w = lab_world_new(true);
    struct client *other = registered(w, "CiscoUM1-VI2");
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client *c = connect_as(w, "CiscoUM1-VI1", true);
        RUN_UNTIL(w, c->up);
        CHECK(link_send(c->link, rows[i].bytes, rows[i].len, &e), "%s", e.text);
        RUN_UNTIL(w, c->down);
        CHECK(!other->down, "row %zu: the other one has gone too", i);
        client_free(c);
        tell(other, (struct sccp_message){.id = SCCP_KEEP_ALIVE, .version = 17});
    }
    client_free(other);
    lab_world_free(w);
}

static void a_frame_in_pieces_and_unknown_ids_are_no_fault(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *c = connect_as(w, "CiscoUM1-VI1", true);
    struct sccp_message m = register_of("CiscoUM1-VI1");
    uint8_t pdu[SCCP_PDU_MAX];
    struct err e;
    size_t len;

    (void)state;
    RUN_UNTIL(w, c->up);
    CHECK(link_send(c->link, "\x08\0\0\0\0\0\0\0\x99\x99\0\0abcd", 16, &e), "%s", e.text);
    CHECK(sccp_encode_pdu(&m, pdu, sizeof pdu, &len, &e), "%s", e.text);
    for (size_t i = 0; i < len; i++)
        CHECK(link_send(c->link, pdu + i, 1, &e), "%s", e.text);
    RUN_UNTIL(w, seen(c, SCCP_REGISTER_ACK) || c->down);
    CHECK(!c->down, "%s", c->why.text);
    client_free(c);
    lab_world_free(w);
}

static unsigned count_of(const struct client *c, uint32_t id)
{
    unsigned n = 0;

    for (size_t i = 0; i < c->count; i++)
        n += c->seen[i].id == id;
    return n;
}

static void a_header_version_that_no_stack_knows_is_not_answered(void **state)
{
    static const uint32_t versions[] = {12, 11, 17}; /* unknown, known but another, agreed on */
    struct lab_world *w = lab_world_new(true);
    struct client *c = registered(w, "CiscoUM1-VI1");

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        tell(c, (struct sccp_message){.id = SCCP_KEEP_ALIVE, .version = versions[i]});
    tell(c, (struct sccp_message){.id = SCCP_VERSION_REQ, .version = 17});
    RUN_UNTIL(w, seen(c, SCCP_VERSION_RES) || c->down);
    CHECK(!c->down, "%s", c->why.text);
    CHECK(count_of(c, SCCP_KEEP_ALIVE_ACK) == 2, "%u answers", count_of(c, SCCP_KEEP_ALIVE_ACK));
    client_free(c);
    lab_world_free(w);
}

static void before_a_register_only_some_messages_are_answered(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *c = connect_as(w, "CiscoUM1-VI1", true);
    struct sccp_message token = {.id = SCCP_REGISTER_TOKEN_REQ};

    (void)state;
    RUN_UNTIL(w, c->up);
    tell(c, (struct sccp_message){.id = SCCP_BUTTON_TEMPLATE_REQ});
    tell(c, (struct sccp_message){.id = SCCP_OFF_HOOK});
    tell(c, (struct sccp_message){.id = SCCP_KEEP_ALIVE});
    strcpy(token.register_token_req.station.name, "CiscoUM1-VI1");
    tell(c, token);
    strcpy(token.register_token_req.station.name, "nobody");
    tell(c, token);
    RUN_UNTIL(w, seen(c, SCCP_REGISTER_TOKEN_REJECT));
    CHECK(c->count == 3 && c->seen[0].id == SCCP_KEEP_ALIVE_ACK &&
              c->seen[1].id == SCCP_REGISTER_TOKEN_ACK,
          "%zu answers", c->count);
    client_free(c);
    lab_world_free(w);
}

static void who_stands_by_is_counted_and_asks_for_a_token(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *c = connect_as(w, "CiscoUM1-VI1", true);
    struct sccp_message token = {.id = SCCP_REGISTER_TOKEN_REQ};

    (void)state;
    RUN_UNTIL(w, c->up);
    CHECK(server_standby(w->server).connections == 0, "not known yet what it is");
    tell(c, (struct sccp_message){.id = SCCP_KEEP_ALIVE});
    RUN_UNTIL(w, seen(c, SCCP_KEEP_ALIVE_ACK));
    CHECK(server_standby(w->server).connections == 1 && server_standby(w->server).keepalives == 1,
          "it stands by");
    server_refuse_tokens(w->server, 7);
    strcpy(token.register_token_req.station.name, "CiscoUM1-VI1");
    tell(c, token);
    RUN_UNTIL(w, seen(c, SCCP_REGISTER_TOKEN_REJECT));
    CHECK(seen(c, SCCP_REGISTER_TOKEN_REJECT)->register_token_reject.wait_s == 7, "seven seconds");
    server_refuse_tokens(w->server, 0);
    tell(c, token);
    RUN_UNTIL(w, seen(c, SCCP_REGISTER_TOKEN_ACK));
    CHECK(server_standby(w->server).tokens_granted == 1 &&
              server_standby(w->server).tokens_refused == 1,
          "counted");
    tell(c, register_of("CiscoUM1-VI1"));
    RUN_UNTIL(w, seen(c, SCCP_REGISTER_ACK));
    CHECK(server_standby(w->server).connections == 0, "registered: no more by");
    client_free(c);
    lab_world_free(w);
}

static void a_stopped_service_cuts_all_off_and_comes_back_at_its_port(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *c = registered(w, "CiscoUM1-VI1");
    const struct net_addr before = server_tls_addr(w->server);
    struct err e;

    (void)state;
    CHECK(server_set_service(w->server, false, &e) && !server_in_service(w->server), "%s", e.text);
    RUN_UNTIL(w, c->down);
    CHECK(server_tls_addr(w->server).family == 0, "nothing is served");
    CHECK(server_set_secure(w->server, true, &e) && server_tls_addr(w->server).family == 0,
          "nor does another command bring it back");
    client_free(c);
    CHECK(server_set_service(w->server, true, &e), "%s", e.text);
    const struct net_addr after = server_tls_addr(w->server);
    CHECK(net_addr_equal(&before, &after), "port %u, was %u", after.port, before.port);
    c = registered(w, "CiscoUM1-VI1");
    client_free(c);
    lab_world_free(w);
}

static void a_cluster_set_non_secure_serves_no_tls(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *c = registered(w, "CiscoUM1-VI1");
    struct err e;

    (void)state;
    CHECK(lab_set_secure(w->lab, false, &e) && server_set_secure(w->server, false, &e), "%s",
          e.text);
    RUN_UNTIL(w, c->down);
    client_free(c);
    CHECK(server_tls_addr(w->server).family == 0, "TLS is served on");
    c = connect_as(w, NULL, false);
    RUN_UNTIL(w, c->up);
    tell(c, register_of("CiscoUM1-VI1"));
    RUN_UNTIL(w, seen(c, SCCP_REGISTER_ACK) || c->down);
    CHECK(!c->down, "%s", c->why.text);
    client_free(c);
    CHECK(lab_set_secure(w->lab, true, &e) && server_set_secure(w->server, true, &e), "%s", e.text);
    c = registered(w, "CiscoUM1-VI1");
    client_free(c);
    lab_world_free(w);
}

static void a_dropped_device_is_cut_off_and_a_reset_one_is_told(void **state)
{
    struct lab_world *w = lab_world_new(true);
    struct client *c = registered(w, "CiscoUM1-VI1");
    struct device *d = manager_device(server_manager(w->server), "CiscoUM1-VI1");

    (void)state;
    CHECK(server_reset(w->server, d, SCCP_RESET_TYPE_RESTART), "it is registered");
    RUN_UNTIL(w, seen(c, SCCP_RESET));
    CHECK(seen(c, SCCP_RESET)->reset.type == 2 && !c->down, "told, and still connected");
    CHECK(server_drop(w->server, d), "it is registered");
    RUN_UNTIL(w, c->down);
    CHECK(!server_drop(w->server, d) && !server_reset(w->server, d, 1), "gone");
    client_free(c);
    lab_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_trust_refuses_with_unknown_ca),
        cmocka_unit_test(each_refusal_has_its_text_and_closes),
        cmocka_unit_test(the_newer_connection_of_a_name_is_taken),
        cmocka_unit_test(three_silent_intervals_end_a_connection),
        cmocka_unit_test(garbage_ends_its_own_connection_alone),
        cmocka_unit_test(a_frame_in_pieces_and_unknown_ids_are_no_fault),
        cmocka_unit_test(a_header_version_that_no_stack_knows_is_not_answered),
        cmocka_unit_test(before_a_register_only_some_messages_are_answered),
        cmocka_unit_test(who_stands_by_is_counted_and_asks_for_a_token),
        cmocka_unit_test(a_stopped_service_cuts_all_off_and_comes_back_at_its_port),
        cmocka_unit_test(a_cluster_set_non_secure_serves_no_tls),
        cmocka_unit_test(a_dropped_device_is_cut_off_and_a_reset_one_is_told),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
