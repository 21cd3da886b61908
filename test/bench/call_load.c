/* Calls through a running labcm, many at once: call_load CONTROL TO COUNT AT_ONCE
 * Each of AT_ONCE threads is a phone (1001 ...) that calls again as soon as its call is over.
 * Prints one JSON object; exit 1 when a call was not answered, or not encrypted. */
#include "test/bench/bench.h"
#include "tools/shared/control.h"

#include <pthread.h>
#include <stdatomic.h>

#define AT_ONCE_MOST (CONTROL_CLIENTS_MAX - 2) /* somebody may want to look on */

struct load {
    const char *control, *to;
    atomic_int left;
    atomic_uint answered, failed;
};

struct phone {
    struct load *load;
    unsigned number;
    pthread_t id;
};

static void take_reply(void *arg, const json_t *r)
{
    if (json_is_true(json_object_get(r, "answered")) &&
        json_is_true(json_object_get(r, "encrypted")) &&
        json_integer_value(json_object_get(r, "auth_failures")) == 0 &&
        json_integer_value(json_object_get(r, "received")) > 0)
        *(bool *)arg = true;
}

static bool call_once(struct control_client *c, const struct phone *p)
{
    char from[8];
    struct err e = {0};
    bool good = false;

    snprintf(from, sizeof from, "%u", p->number);
    json_t *ask = json_pack("{s:s, s:s, s:s}", "command", "call", "from", from, "to", p->load->to);
    int code = control_ask(c, ask, take_reply, &good, &e);
    json_decref(ask);
    if (code == 0 && good)
        return true;
    fprintf(stderr, "%s: exit %d %s\n", from, code, e.text);
    return false;
}

static void *talk(void *arg)
{
    struct phone *p = arg;
    struct err e = {0};
    struct control_client *c = control_connect("labcm", p->load->control, &e);

    if (!c)
        bench_die("labcm", &e);
    while (atomic_fetch_sub(&p->load->left, 1) > 0)
        atomic_fetch_add(call_once(c, p) ? &p->load->answered : &p->load->failed, 1);
    control_disconnect(c);
    return NULL;
}

int main(int argc, char **argv)
{
    struct phone phones[AT_ONCE_MOST];

    if (argc != 5)
        bench_die("usage: call_load CONTROL TO COUNT AT_ONCE", NULL);
    struct load load = {.control = argv[1], .to = argv[2]};
    unsigned at_once = bench_number(argv[4], AT_ONCE_MOST);
    atomic_store(&load.left, (int)bench_number(argv[3], 1000000));
    int64_t start = clock_now_ns();
    for (unsigned i = 0; i < at_once; i++) {
        phones[i] = (struct phone){.load = &load, .number = 1001 + i};
        if (pthread_create(&phones[i].id, NULL, talk, &phones[i]) != 0)
            bench_die("no thread", NULL);
    }
    for (unsigned i = 0; i < at_once; i++)
        pthread_join(phones[i].id, NULL);
    unsigned failed = atomic_load(&load.failed);
    printf("{\"answered\": %u, \"failed\": %u, \"seconds\": %.3f}\n", atomic_load(&load.answered),
           failed, (double)(clock_now_ns() - start) / 1e9);
    return failed > 0;
}
