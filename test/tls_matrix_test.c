/* Version x suite x certificate x mode: every cell of tls/MATRIX.md, both ends ours.
 *
 *   tls_matrix_test          each handshake must end as the table says
 *   tls_matrix_test print    writes the table anew: read it before you believe it */
#include "tls_world.h"

#include "ports/routes.h"

#include <openssl/evp.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What a port may be told (README, Security). */
static const struct {
    const char *name;
    struct group_settings group;
} modes[] = {
    {"encrypted", {.mode = MODE_ENCRYPTED}},
    {"encrypted, legacy", {.mode = MODE_ENCRYPTED, .legacy_tls = true}},
    {"encrypted, up to 1.3", {.mode = MODE_ENCRYPTED, .tls_max = TLS_MAX_13}},
    {"authenticated", {.mode = MODE_AUTHENTICATED}},
    {"authenticated, legacy", {.mode = MODE_AUTHENTICATED, .legacy_tls = true}},
};

/* The call manager speaks one version; the old ones, like a lab's, take any key and digest. */
static const struct {
    const char *name;
    int version;
    bool strict; /* security level 2: RSA 2048 and SHA-256 at least */
} servers[] = {
    {"1.0", TLS1_VERSION, false},          {"1.1", TLS1_1_VERSION, false},
    {"1.2", TLS1_2_VERSION, false},        {"1.3", TLS1_3_VERSION, false},
    {"1.2, strict", TLS1_2_VERSION, true}, {"1.3, strict", TLS1_3_VERSION, true},
};

static const struct {
    const char *name, *curve;
    unsigned bits;
    bool sha1, weak;
} kinds[] = {
    {"RSA 1024, SHA-1", NULL, 1024, true, true}, {"RSA 2048, SHA-1", NULL, 2048, true, false},
    {"RSA 2048", NULL, 2048, false, false},      {"RSA 4096", NULL, 4096, false, false},
    {"EC P-256", "P-256", 0, false, false},      {"EC P-384", "P-384", 0, false, false},
};

static const char *const suites[] = {
    "AES128-SHA",
    "AES256-SHA",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "NULL-SHA",
};

#define CELL_TEXT 24
typedef char cell_text[CELL_TEXT];

static struct tls_identity *nodes[COUNT(kinds)];
static struct tls_trust *node_pins[COUNT(kinds)];
static struct port_side old_port;
static struct tls_trust *every_root;

static int make_cast(void **state)
{
    struct err e = {0};

    make_keys(state);
    old_port = port_side_of(weak[0], weak[1], "CiscoUM1-VI1", true, now_s);
    every_root = trust_one(TLS_TRUST_ISSUERS, port.root);
    trust_cert(every_root, old_port.root);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct tls_node_spec spec = {.cn = "cucm1.lab.test",
                                           .bits = kinds[i].bits,
                                           .curve = kinds[i].curve,
                                           .sha1 = kinds[i].sha1};
        nodes[i] = tls_identity_make_node(&spec, &e);
        CHECK(nodes[i], "%s: %s", kinds[i].name, e.text);
        node_pins[i] = trust_one(TLS_TRUST_PINNED, tls_identity_cert(nodes[i]));
    }
    return 0;
}

static int free_cast(void **state)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        tls_trust_free(node_pins[i]);
        tls_identity_free(nodes[i]);
    }
    tls_trust_free(every_root);
    port_side_free(&old_port);
    return free_keys(state);
}

/* ---- one cell ------------------------------------------------------------------------- */

/* What no call manager can be: a level that forbids its own certificate or suite. */
static bool impossible(size_t server, size_t kind, size_t suite)
{
    return servers[server].strict && (kinds[kind].weak || strcmp(suites[suite], "NULL-SHA") == 0);
}

/* A line each way: under TLS 1.3 an end hears only then that it was refused. */
static void talk(struct pair *p)
{
    pair_run(p, 20000);
    for (int i = 0; i < 2; i++) {
        struct tls_session *s = i ? p->server : p->client;
        struct err e = {0};
        if (tls_session_state(s) == TLS_OPEN)
            (void)!tls_session_write(s, "line", 4, &e);
        pair_run(p, 20000);
    }
}

static bool heard_line(struct tls_session *s)
{
    char line[8];

    return tls_session_read(s, line, sizeof line) == 4;
}

/* "ok"; "TLS-08 <40": the port's words, and the alert that it got; ">70": that it sent. */
static void outcome(struct pair *p, const char *suite, cell_text out)
{
    struct tls_facts client, server;

    tls_session_facts(p->client, &client);
    tls_session_facts(p->server, &server);
    if (tls_session_state(p->client) == TLS_OPEN) {
        CHECK(tls_session_state(p->server) == TLS_OPEN, "%s", p->server_why.text);
        CHECK(heard_line(p->client) && heard_line(p->server), "both hear a line");
        CHECK(strcmp(client.version, "TLSv1.3") == 0 || strcmp(client.cipher, suite) == 0,
              "%s, not %s", client.cipher, suite);
        strcpy(out, "ok");
        return;
    }
    CHECK(p->client_why.kind != ERR_NONE && p->server_why.kind != ERR_NONE, "both know why");
    if (client.alert_received > 0) {
        CHECK(client.alert_received == server.alert_sent, "%d", server.alert_sent);
        snprintf(out, CELL_TEXT, "%s <%d", err_id(p->client_why.kind), client.alert_received);
        return;
    }
    CHECK(client.alert_sent > 0, "an alert: %s", p->client_why.text);
    /* OpenSSL does not look into an alert whose record has a version that was not chosen. */
    CHECK(client.alert_sent == server.alert_received || p->server_why.kind == ERR_TLS_07,
          "it arrived: %s; %s", p->client_why.text, p->server_why.text);
    snprintf(out, CELL_TEXT, "%s >%d", err_id(p->client_why.kind), client.alert_sent);
}

static void play(size_t mode, size_t server, size_t kind, size_t suite, cell_text out)
{
    const struct tls_profile client = routes_profile(&modes[mode].group, false);
    const struct tls_profile cm = {.role = TLS_SERVER,
                                   .legacy = !servers[server].strict,
                                   .min_version = servers[server].version,
                                   .max_version = servers[server].version,
                                   .ciphers = suites[suite]};
    struct pair p;

    if (impossible(server, kind, suite)) {
        strcpy(out, "-");
        return;
    }
    pair_open(&p, &client, client.legacy ? old_port.id : port.id, node_pins[kind], &cm, nodes[kind],
              every_root);
    talk(&p);
    outcome(&p, suites[suite], out);
    pair_free(&p);
}

/* ---- the table ------------------------------------------------------------------------ */

typedef void (*each_row)(FILE *table, size_t mode, size_t server, size_t kind);

static void walk(FILE *table, each_row act)
{
    for (size_t m = 0; m < COUNT(modes); m++)
        for (size_t s = 0; s < COUNT(servers); s++)
            for (size_t k = 0; k < COUNT(kinds); k++)
                act(table, m, s, k);
}

static void write_row(FILE *table, size_t mode, size_t server, size_t kind)
{
    fprintf(table, "| %s | %s | %s |", modes[mode].name, servers[server].name, kinds[kind].name);
    for (size_t i = 0; i < COUNT(suites); i++) {
        cell_text is;
        play(mode, server, kind, i, is);
        fprintf(table, " %s |", is);
    }
    fputc('\n', table);
}

static void write_table(FILE *table)
{
    fprintf(table, "| Port | Call manager | Its certificate |");
    for (size_t i = 0; i < COUNT(suites); i++)
        fprintf(table, " %s |", suites[i]);
    fprintf(table, "\n|---|---|---|");
    for (size_t i = 0; i < COUNT(suites); i++)
        fprintf(table, "---|");
    fputc('\n', table);
    walk(table, write_row);
}

/* The next column of a row, without the spaces around it. */
static const char *column(char **at)
{
    char *from = *at + strspn(*at, " |"), *end = strchr(from, '|');

    CHECK(end, "the row ends too early: %s", from);
    *at = end;
    while (end > from && end[-1] == ' ')
        end--;
    if (*end == '|')
        (*at)++;
    *end = '\0';
    return from;
}

static void check_row(FILE *table, size_t mode, size_t server, size_t kind)
{
    char line[512], *at = line;

    CHECK(fgets(line, sizeof line, table), "the table ends before %s, %s", modes[mode].name,
          servers[server].name);
    CHECK(strcmp(column(&at), modes[mode].name) == 0, "%s", line);
    CHECK(strcmp(column(&at), servers[server].name) == 0, "%s", line);
    CHECK(strcmp(column(&at), kinds[kind].name) == 0, "%s", line);
    for (size_t i = 0; i < COUNT(suites); i++) {
        const char *wanted = column(&at);
        cell_text is;
        play(mode, server, kind, i, is);
        CHECK(strcmp(is, wanted) == 0, "%s | %s | %s | %s: %s, the table says %s", modes[mode].name,
              servers[server].name, kinds[kind].name, suites[i], is, wanted);
    }
}

static void every_handshake_ends_as_the_table_says(void **state)
{
    FILE *table = fopen(TLS_MATRIX, "re");
    char line[512];

    (void)state;
    CHECK(table, "%s", TLS_MATRIX);
    do
        CHECK(fgets(line, sizeof line, table), "there is no table in %s", TLS_MATRIX);
    while (strncmp(line, "|---", 4) != 0);
    walk(table, check_row);
    CHECK(!fgets(line, sizeof line, table) || line[0] != '|', "a row too many: %s", line);
    fclose(table);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_handshake_ends_as_the_table_says)};

    if (argc == 2 && strcmp(argv[1], "print") == 0) {
        make_cast(NULL);
        write_table(stdout);
        return free_cast(NULL);
    }
    return cmocka_run_group_tests(tests, make_cast, free_cast);
}
