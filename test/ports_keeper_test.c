#include "ports/keeper.h"

#include "ctl/fetch.h"
#include "ctl_fixture.h"

#include <arpa/inet.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define PORTS 6
#define LIFE  40u

static char dir[] = "/tmp/ports_keeper_test.XXXXXX";

static void ask(struct keeper *k, struct tls_authority *a, uint32_t from)
{
    struct keeper_job job = {.kind = KEEP_IDENTITIES};
    struct keeper_names *names = calloc(1, sizeof *names + (PORTS - from) * sizeof names->list[0]);

    assert_non_null(names);
    for (uint32_t i = from; i < PORTS; i++) {
        names->list[names->count].port = i;
        names->list[names->count].life = LIFE + i;
        assert_true(device_name("CiscoUM1-VI", i + 1, names->list[names->count++].name));
    }
    job.identities.modern = a;
    job.identities.names = names;
    assert_true(keeper_ask(k, &job));
}

/* Until the pass is over; which ports got a certificate, and which none. */
static void hear(struct queue *results, unsigned *made, unsigned *failed)
{
    struct keeper_result r = {0};

    *made = *failed = 0;
    for (;;) {
        while (!queue_take(results, &r))
            uv_sleep(1);
        if (r.kind == KEPT_ALL_IDENTITIES)
            return;
        assert_true(r.kind == KEPT_IDENTITY || r.kind == KEPT_NO_IDENTITY);
        CHECK(r.life == LIFE + r.port, "port %u: whose it is comes back", r.port);
        assert_true((r.kind == KEPT_IDENTITY) == (r.identity != NULL));
        *(r.identity ? made : failed) |= 1u << r.port;
        if (!r.identity)
            CHECK(r.why.kind != ERR_NONE && r.why.text[0], "port %u says why", r.port);
        tls_identity_free(r.identity);
    }
}

/* A folder where a certificate belongs: root cannot write there either. */
static const char *stumbling_block(unsigned number)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/ports/CiscoUM1-VI%u.pem", dir, number);
    return path;
}

static void a_port_without_a_certificate_does_not_keep_others_from_theirs(void **state)
{
    const struct tls_authority_settings as = {.dir = dir};
    const struct pool_settings ps = {.state_dir = dir};
    struct err e = {0};
    unsigned made, failed;

    (void)state;
    struct tls_authority *a = tls_authority_open(&as, &e);
    CHECK(a, "%s", e.text);
    struct queue *results = queue_new(sizeof(struct keeper_result), 16, 64, NULL, NULL, &e);
    assert_non_null(results);
    assert_int_equal(mkdir(stumbling_block(3), 0700), 0);
    struct keeper *k = keeper_new(&ps, results, &e);
    CHECK(k, "%s", e.text);

    ask(k, a, 0);
    hear(results, &made, &failed);
    CHECK(made == 0x3b && failed == 0x04, "all but the third: made %x, failed %x", made, failed);
    ask(k, a, 2);
    hear(results, &made, &failed);
    CHECK(made == 0x38 && failed == 0x04, "the third once more: %x, %x", made, failed);
    assert_int_equal(rmdir(stumbling_block(3)), 0);
    ask(k, a, 2);
    hear(results, &made, &failed);
    CHECK(made == 0x3c && failed == 0, "and when it can be had, it is: %x, %x", made, failed);
    keeper_free(k);
    queue_free(results);
    tls_authority_free(a);
}

static void ask_routes(struct keeper *k, const struct group_settings *g)
{
    const struct pool_settings ps = {.groups = g, .group_count = 1};
    struct keeper_job job = {.kind = KEEP_ROUTES};
    struct err e;

    job.routes.book = book_new(&ps, NULL, NULL, &e);
    assert_non_null(job.routes.book);
    job.routes.settings = &job.routes.book->groups[0];
    job.routes.first = true;
    job.routes.life = LIFE;
    assert_true(keeper_ask(k, &job));
}

static struct keeper_result routes_of(struct keeper *k, struct queue *results,
                                      const struct group_settings *g)
{
    struct keeper_result r = {0};

    ask_routes(k, g);
    while (!queue_take(results, &r))
        uv_sleep(1);
    CHECK(r.kind == KEPT_ROUTES && r.life == LIFE && r.routes->count == 1, "%s", r.why.text);
    return r;
}

/* ctl-tftp-tls.md 2.3 step 2: the list has the name, we have the address. */
static void a_server_given_by_address_is_found_by_name_if_asked_for(void **state)
{
    const struct pool_settings ps = {.state_dir = dir};
    struct ctl_build_record r[3];
    struct group_settings group;
    struct buf list = {0};
    struct err e = {0};

    (void)state;
    example_records(r);
    r[1].dns_name = "localhost";
    r[1].address = NULL;
    r[1].address_len = 0;
    struct ctl_build b = example_build(r, 2);
    CHECK(ctl_build(&b, &list, &e) && ctl_held_store(dir, list.at, list.len, &e), "%s", e.text);
    buf_free(&list);
    group_settings_default(&group);
    group.refresh = CTL_REFRESH_NEVER;
    strcpy(group.servers[0].host, "127.0.0.1");
    group.server_count = 1;
    struct queue *results = queue_new(sizeof(struct keeper_result), 16, 64, NULL, NULL, &e);
    struct keeper *k = keeper_new(&ps, results, &e);
    CHECK(k, "%s", e.text);

    struct keeper_result got = routes_of(k, results, &group);
    CHECK(got.routes->list[0].why.kind == ERR_CTL_35, "%s", got.routes->list[0].why.text);
    routes_free(got.routes);
    group.ctl_policy.resolve_names = true;
    got = routes_of(k, results, &group);
    CHECK(got.routes->list[0].why.kind == ERR_NONE, "%s", got.routes->list[0].why.text);
    CHECK(got.routes->list[0].trust && got.routes->list[0].addr.port == 2443, "pinned");
    routes_free(got.routes);
    keeper_free(k);
    queue_free(results);
}

static int silent_server(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* Else each stop in the middle of a fetch would be logged as an error. */
static void who_is_stopped_in_the_middle_answers_all_the_same(void **state)
{
    const struct pool_settings ps = {.state_dir = dir};
    struct group_settings group;
    struct keeper_result r = {0};
    struct err e = {0};
    char request[512];

    (void)state;
    group_settings_default(&group);
    strcpy(group.tftp[0].host, "127.0.0.1");
    int fd = silent_server(&group.tftp[0].port);
    group.tftp_count = 1;
    struct queue *results = queue_new(sizeof(struct keeper_result), 16, 64, NULL, NULL, &e);
    struct keeper *k = keeper_new(&ps, results, &e);
    CHECK(k, "%s", e.text);
    ask_routes(k, &group);
    assert_true(recv(fd, request, sizeof request, 0) > 0); /* now it waits for the list */
    keeper_free(k);
    CHECK(queue_take(results, &r) && r.life == LIFE, "an answer");
    routes_free(r.routes);
    queue_free(results);
    close(fd);
}

static int make_dir(void **state)
{
    return mkdtemp(dir) ? fixture_load(state) : -1;
}

static int remove_dir(void **state)
{
    char command[64];

    fixture_unload(state);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_without_a_certificate_does_not_keep_others_from_theirs),
        cmocka_unit_test(a_server_given_by_address_is_found_by_name_if_asked_for),
        cmocka_unit_test(who_is_stopped_in_the_middle_answers_all_the_same),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
