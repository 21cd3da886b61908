/* labcm load: many calls at a rate, or the highest rate without a loss. Exit codes are SIPp's. */
#include "tools/labcm/client.h"
#include "tools/labcm/commands.h"
#include "tools/labcm/load_client.h"
#include "tools/shared/options.h"
#include "tools/shared/paths.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char who[] = "labcm load";

static void help(void)
{
    printf(
        "Usage: labcm load [options]\n\n"
        "Callers from outside (55500000 ...) call the pilot at a rate, listen by SRTP and count. "
        "Calls that\n"
        "the limit holds back are not made up for later. A summary comes at the end.\n\n"
        "  -l, --calls-at-once N   at most so many (10)\n"
        "  -r, --rate R            calls a second (10)\n"
        "      --for S             no call begins later (10; with --calls: not so)\n"
        "  -m, --calls N           end after so many calls\n"
        "      --rate-increase R   every --every S seconds (10) that much more, up to --rate-max "
        "R\n"
        "      --timeout S         then every call is hung up, and the exit code is 97\n"
        "      --to NUMBER         who is called (8000)\n"
        "      --length S          the caller hangs up after S seconds (it waits for the port)\n"
        "      --dtmf DIGITS  --dtmf-form WORD  --clear  --codec WORD  --packet-ms N  --suite N\n"
        "                          of each call, as for `labcm call`\n"
        "      --search WORD       calls or lamps: the highest rate at which nothing is lost, from "
        "--rate on\n"
        "                          doubled up to --rate-max, then halved; each try takes --for "
        "seconds (5)\n"
        "      --vmports PATH      for lamps: the control socket of the vmports that dials the MWI "
        "numbers\n"
        "      --extensions LO-HI  for lamps: whose (1001-1999)\n"
        "      --json              the summary as JSON\n"
        "      --control PATH      of the running labcm\n\n"
        "SIGINT: no new calls; a second one: hang up. Exit 0 every call was good: answered, "
        "encrypted, each packet\n"
        "authentic and none lost; 1 one was not; 97 cut short; 99 no call; 2 wrong use. With "
        "--search 0 when a\n"
        "rate was found, else 1.\n\n"
        "Examples:\n"
        "  labcm load --calls-at-once 100 --rate 20 --for 60\n"
        "  labcm load -l 500 -r 5 --rate-increase 5 --rate-max 50 --for 120 --length 10 --json\n"
        "  labcm load --search lamps --rate 100\n");
}

/* ---- the command line ------------------------------------------------------------------------ */

static const char *const search_words[] = {"calls", "lamps", NULL};

static const struct option longs[] = {
    {"calls-at-once", required_argument, NULL, 'l'},
    {"rate", required_argument, NULL, 'r'},
    {"for", required_argument, NULL, 's'},
    {"calls", required_argument, NULL, 'm'},
    {"rate-increase", required_argument, NULL, 'i'},
    {"rate-max", required_argument, NULL, 'x'},
    {"every", required_argument, NULL, 'v'},
    {"timeout", required_argument, NULL, 'T'},
    {"to", required_argument, NULL, 't'},
    {"length", required_argument, NULL, 'L'},
    {"dtmf", required_argument, NULL, 'd'},
    {"dtmf-form", required_argument, NULL, 'f'},
    {"clear", no_argument, NULL, 'C'},
    {"codec", required_argument, NULL, 'k'},
    {"packet-ms", required_argument, NULL, 'p'},
    {"suite", required_argument, NULL, 'u'},
    {"search", required_argument, NULL, 'S'},
    {"vmports", required_argument, NULL, 'V'},
    {"extensions", required_argument, NULL, 'E'},
    {"json", no_argument, NULL, 'j'},
    {"control", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* What each caller does. */
static bool take_call(json_t *call, int c, const char *text, struct err *e)
{
    switch (c) {
    case 't':
        return client_put_text(call, "to", text);
    case 'L':
        return client_put_number(call, "--length", "for", text, 1, ASK_SECONDS_MAX, e);
    case 'd':
        return client_put_text(call, "dtmf", text);
    case 'f':
        return client_put_text(call, "dtmf_form", text);
    case 'C':
        return json_object_set_new(call, "clear", json_true()) == 0;
    case 'k':
        return client_put_text(call, "codec", text);
    case 'p':
        return client_put_number(call, "--packet-ms", "packet_ms", text, 1, 60, e);
    default:
        return client_put_number(call, "--suite", "suite", text, 1, 5, e);
    }
}

static bool take_search(struct load_options *o, const char *text, struct err *e)
{
    unsigned word;

    if (!option_word("--search", text, search_words, &word, e))
        return false;
    o->search = word == 0 ? LOAD_SEARCH_CALLS : LOAD_SEARCH_LAMPS;
    return true;
}

static bool take(struct load_options *o, int c, const char *text, struct err *e)
{
    json_t *r = o->request;

    switch (c) {
    case 'l':
        return client_put_number(r, "--calls-at-once", "calls_at_once", text, 1, LOAD_AT_ONCE_MAX,
                                 e);
    case 'r':
        return client_put_number(r, "--rate", "rate", text, 1, LOAD_RATE_MAX, e);
    case 's':
        return client_put_number(r, "--for", "for", text, 1, ASK_SECONDS_MAX, e);
    case 'm':
        return client_put_number(r, "--calls", "calls", text, 1, 1000000000, e);
    case 'i':
        return client_put_number(r, "--rate-increase", "rate_step", text, 1, LOAD_RATE_MAX, e);
    case 'x':
        return client_put_number(r, "--rate-max", "rate_max", text, 1, LOAD_RATE_MAX, e);
    case 'v':
        return client_put_number(r, "--every", "step_seconds", text, 1, ASK_SECONDS_MAX, e);
    case 'T':
        return client_put_number(r, "--timeout", "timeout", text, 1, ASK_SECONDS_MAX, e);
    case 'S':
        return take_search(o, text, e);
    case 'E':
        return option_range("--extensions", text, 0, 999999999, &o->extension_lo, &o->extension_hi,
                            e);
    case 'V':
        o->vmports = text;
        return true;
    case 'c':
        o->control = text;
        return true;
    case 'j':
        o->json = true;
        return true;
    case 'h':
        o->help = true;
        return true;
    default:
        return take_call(json_object_get(r, "call"), c, text, e);
    }
}

static void put_default(json_t *o, const char *name, unsigned value)
{
    if (!json_object_get(o, name))
        json_object_set_new(o, name, json_integer(value));
}

static void put_defaults(const struct load_options *o)
{
    json_t *r = o->request;

    put_default(r, "calls_at_once", 10);
    put_default(r, "rate", 10);
    put_default(r, "step_seconds", 10);
    if (o->search || !json_object_get(r, "calls"))
        put_default(r, "for", o->search ? 5 : 10);
}

static bool fits_search(const struct load_options *o, struct err *e)
{
    static const char *const not_with[] = {"calls", "rate_step", "timeout"};

    for (size_t i = 0; o->search && i < sizeof not_with / sizeof not_with[0]; i++)
        if (json_object_get(o->request, not_with[i]))
            return err_set(
                e, ERR_USAGE,
                "--search chooses the rate: not with --calls, --rate-increase or --timeout");
    if (o->search != LOAD_SEARCH_LAMPS && (o->vmports || o->extension_hi))
        return err_set(e, ERR_USAGE, "--vmports and --extensions are for --search lamps");
    return true;
}

/* Read here too, so that a mistake is told without a running labcm. */
static bool check(const struct load_options *o, struct err *e)
{
    struct load_settings s;
    bool ok = load_read(&s, o->request, e) && fits_search(o, e);

    explicit_bzero(&s, sizeof s); /* the digits */
    return ok;
}

/* EXIT_DONE: go on. */
static int read_options(struct load_options *o, int argc, char **argv)
{
    struct err e = {0};
    int c;

    while ((c = option_next(who, argc, argv, "l:r:m:h", longs)) != -1) {
        if (c == '?')
            return EXIT_USAGE;
        if (!take(o, c, optarg, &e))
            return command_fail(who, &e);
    }
    if (o->help)
        return EXIT_DONE;
    if (!option_no_more(who, argc, argv))
        return EXIT_USAGE;
    put_defaults(o);
    if (!check(o, &e))
        return command_fail(who, &e);
    if (!o->extension_hi) {
        o->extension_lo = PLAN_PHONE_FIRST;
        o->extension_hi = PLAN_PHONE_FIRST + PLAN_PHONES - 1;
    }
    return EXIT_DONE;
}

/* ---- signals --------------------------------------------------------------------------------- */

static atomic_int signals; /* how often somebody wanted an end */

bool load_is_cut_short(void)
{
    return atomic_load(&signals) > 0;
}

static void ask_for_the_end(const char *control, bool now)
{
    json_t *request = json_pack("{s:s, s:b}", "command", "load-stop", "now", now);
    struct err e = {0};

    control_call("labcm", control, request, NULL, NULL, &e);
}

static void *watch_signals(void *arg)
{
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    while (sigwait(&set, &number) == 0) {
        int count = atomic_fetch_add(&signals, 1) + 1;
        if (count > 2)
            _exit(LOAD_CUT_SHORT);
        ask_for_the_end(arg, count > 1);
    }
    return NULL;
}

/* `control` must last. Without the thread a signal just ends the program, and its calls with it. */
static void start_watching(char *control)
{
    sigset_t set;
    pthread_t id;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (pthread_create(&id, NULL, watch_signals, control) == 0)
        pthread_detach(id);
    else
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct watch {
    struct progress *progress;
    json_t *last; /* what became of it all; NULL: not yet */
};

static void take_reply(void *arg, const json_t *r)
{
    struct watch *w = arg;
    const char *event = json_string_value(json_object_get(r, "event"));

    load_show(w->progress, r);
    if (event && strcmp(event, "over") == 0)
        w->last = json_deep_copy(r);
}

/* The exit code; *result is given, NULL when there is none. */
static int run_load(const struct load_options *o, struct progress *p, json_t **result)
{
    struct watch w = {.progress = p};
    int code = client_ask(who, o->control, json_incref(o->request), take_reply, &w);

    progress_clear(p);
    *result = w.last;
    return code;
}

static int load_once(const struct load_options *o, struct progress *p)
{
    json_t *result;
    int code = run_load(o, p, &result);

    if (result)
        json_object_set_new(result, "exit", json_integer(code));
    if (result && o->json)
        load_dump(result);
    else if (result)
        load_print(result);
    json_decref(result);
    return code;
}

bool load_try_calls(const struct load_options *o, struct progress *p, unsigned rate,
                    struct load_try *out)
{
    json_t *result;

    json_object_set_new(o->request, "rate", json_integer(rate));
    int code = run_load(o, p, &result);
    if (!result)
        return false;
    *out = (struct load_try){.rate = rate, .well = code == LOAD_ALL_GOOD, .why = "all good"};
    out->done = (uint64_t)client_number(result, "good");
    if (code == LOAD_CUT_SHORT || load_is_cut_short())
        out->cut_short = true;
    if (code != LOAD_ALL_GOOD)
        load_first_reason(result, out->why, sizeof out->why);
    else if (!json_is_true(json_object_get(result, "rate_reached"))) {
        out->well = false;
        snprintf(out->why, sizeof out->why, "%s",
                 client_number(result, "most_at_once") >= client_number(o->request, "calls_at_once")
                     ? "--calls-at-once held calls back"
                     : "the calls could not be placed so fast");
    }
    json_decref(result);
    return true;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int run(struct load_options *o)
{
    static char control[PATH_TEXT];
    struct progress *p = progress_new(NULL, false);
    struct err e = {0};
    int code;

    if (o->control)
        snprintf(control, sizeof control, "%s", o->control);
    else if (!path_control("labcm", control, &e)) {
        progress_free(p);
        return command_fail(who, &e);
    }
    o->control = control;
    start_watching(control);
    code = o->search ? load_search_run(o, p) : load_once(o, p);
    progress_free(p);
    return code;
}

int cmd_load(int argc, char **argv)
{
    json_t *call = json_pack("{s:s, s:s}", "from", "1001", "to", PLAN_PILOT);
    struct load_options o = {.request = json_pack("{s:s, s:o}", "command", "load", "call", call)};
    int code = read_options(&o, argc, argv);

    if (code == EXIT_DONE && o.help)
        help();
    else if (code == EXIT_DONE)
        code = run(&o);
    json_decref(o.request);
    return code;
}
