/* labcm trust, mode, renew, drop, reset, stop: what an administrator or misfortune does. */
#include "tools/labcm/client.h"
#include "tools/labcm/commands.h"
#include "tools/shared/options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct admin {
    const char *who, *usage, *command;
    int least_words, most_words;
    /* The member that holds the word, the list of device names or the flag; NULL: none. */
    const char *word_as, *names_as, *flag_as;
    const char *flag;                            /* the command's own option */
    const char *done_to;                         /* what was done to so many devices */
    void (*say)(void *arg, const json_t *reply); /* what else a reply is told of with */
    /* What the words must be before they are sent, or become. False: said already, and *code is the
     * exit code. NULL: they go as they are. */
    bool (*complete)(json_t *request, int argc, char **argv, int *code);
};

/* Options and count of words; -1: go on, else the exit code. */
static int begin(const struct admin *a, struct client_options *o, int argc, char **argv)
{
    if (!client_options_read(o, a->who, argc, argv, false, a->flag))
        return EXIT_USAGE;
    if (o->help) {
        fputs(a->usage, stdout);
        return EXIT_DONE;
    }
    if (argc - optind >= a->least_words && argc - optind <= a->most_words)
        return -1;
    fprintf(stderr, "%s: %s\nSee `%s --help`.\n", a->who,
            argc - optind < a->least_words ? "a word is missing" : "one word too many", a->who);
    return EXIT_USAGE;
}

static void say_count(void *arg, const json_t *reply)
{
    const struct admin *a = (const struct admin *)arg;

    printf("%lld %s\n", client_number(reply, "devices"), a->done_to);
}

static json_t *request_of(const struct admin *a, const struct client_options *o, int argc,
                          char **argv)
{
    json_t *r = json_pack("{s:s}", "command", a->command);

    if (r && a->word_as)
        json_object_set_new(r, a->word_as, json_string(argv[optind]));
    if (r && a->names_as)
        json_object_set_new(r, a->names_as, client_words(argc, argv));
    if (r && a->flag_as)
        json_object_set_new(r, a->flag_as, json_boolean(o->flag));
    return r;
}

static int run(const struct admin *a, int argc, char **argv)
{
    struct client_options o;
    int code = begin(a, &o, argc, argv);

    if (code >= 0)
        return code;
    json_t *request = request_of(a, &o, argc, argv);
    if (a->complete && !a->complete(request, argc, argv, &code)) {
        json_decref(request);
        return code;
    }
    return client_ask(a->who, o.control, request, a->done_to ? say_count : a->say,
                      (void *)(uintptr_t)a);
}

static void say_when(void *arg, const json_t *reply)
{
    (void)arg;
    if (!json_is_true(json_object_get(reply, "now")))
        puts("It holds when the CallManager service was restarted: `labcm service stop`, "
             "`labcm service start`.");
}

static bool whole_path(json_t *request, int argc, char **argv, int *code)
{
    char path[PATH_MAX];

    (void)argc;
    if (!realpath(argv[optind], path)) {
        perror(argv[optind]);
        *code = EXIT_FAILED;
        return false;
    }
    json_object_set_new(request, "file", json_string(path));
    return true;
}

static const struct admin trust = {
    .who = "labcm trust",
    .command = "trust",
    .usage =
        "Usage: labcm trust FILE [--now] [--control PATH]\n\n"
        "Uploads a root certificate (PEM, such as CUC's <hash>.0) into CallManager-trust. As with\n"
        "CUCM it holds only after a restart of the CallManager service (`labcm service stop`, "
        "then\n"
        "`labcm service start`), and for later runs with the same state directory; with --now for\n"
        "connections from now on.\n",
    .least_words = 1,
    .most_words = 1,
    .complete = whole_path,
    .flag = "now",
    .flag_as = "now",
    .say = say_when,
};

int cmd_trust(int argc, char **argv)
{
    return run(&trust, argc, argv);
}

static const struct admin mode = {
    .who = "labcm mode",
    .command = "mode",
    .usage =
        "Usage: labcm mode secure|non-secure [--control PATH]\n\n"
        "As `utils ctl set-cluster mixed-mode` and `non-secure-mode`: in non-secure mode the CTL\n"
        "lists the servers without certificates, and nothing is served on TLS.\n",
    .least_words = 1,
    .most_words = 1,
    .word_as = "mode",
};

int cmd_mode(int argc, char **argv)
{
    return run(&mode, argc, argv);
}

static const struct admin renew = {
    .who = "labcm renew",
    .command = "renew",
    .usage = "Usage: labcm renew [--control PATH]\n\n"
             "Regenerates the CallManager certificate and the CTL, as an administrator does. Who\n"
             "connects from now on needs the new list; what is connected stays.\n",
};

int cmd_renew(int argc, char **argv)
{
    return run(&renew, argc, argv);
}

static const struct admin drop = {
    .who = "labcm drop",
    .command = "drop",
    .usage = "Usage: labcm drop NAME...|all [--control PATH]\n\n"
             "Cuts off the connections of these devices without a goodbye. They may come back at "
             "once.\n",
    .least_words = 1,
    .most_words = INT_MAX,
    .names_as = "names",
    .done_to = "dropped",
};

int cmd_drop(int argc, char **argv)
{
    return run(&drop, argc, argv);
}

static const struct admin reset = {
    .who = "labcm reset",
    .command = "reset",
    .usage = "Usage: labcm reset NAME...|all [--restart] [--control PATH]\n\n"
             "Sends the devices Reset (type 1), or with --restart type 2.\n",
    .least_words = 1,
    .most_words = INT_MAX,
    .names_as = "names",
    .flag = "restart",
    .flag_as = "restart",
    .done_to = "told",
};

int cmd_reset(int argc, char **argv)
{
    return run(&reset, argc, argv);
}

static const struct admin service = {
    .who = "labcm service",
    .command = "service",
    .usage =
        "Usage: labcm service stop|start [--control PATH]\n\n"
        "The CallManager service as Cisco Unified Serviceability stops and starts it: stopped, it\n"
        "cuts off every device and takes none; calls are left to their phones and ports. TFTP\n"
        "goes on.\n",
    .least_words = 1,
    .most_words = 1,
    .word_as = "service",
};

int cmd_service(int argc, char **argv)
{
    return run(&service, argc, argv);
}

/* 0: granted; false: neither. */
static bool token_words(int argc, char **argv, unsigned *wait_s)
{
    struct err e = {0};

    *wait_s = 0;
    if (strcmp(argv[optind], "grant") == 0)
        return argc - optind == 1;
    return strcmp(argv[optind], "refuse") == 0 && argc - optind == 2 &&
           option_unsigned("refuse", argv[optind + 1], 1, 86400, wait_s, &e);
}

static bool wait_seconds(json_t *request, int argc, char **argv, int *code)
{
    unsigned wait_s;

    if (!token_words(argc, argv, &wait_s)) {
        fprintf(stderr, "labcm tokens: grant, or refuse and 1 to 86400 seconds\n"
                        "See `labcm tokens --help`.\n");
        *code = EXIT_USAGE;
        return false;
    }
    json_object_set_new(request, "wait", json_integer(wait_s));
    return true;
}

static const struct admin tokens = {
    .who = "labcm tokens",
    .command = "tokens",
    .usage = "Usage: labcm tokens grant | refuse SECONDS [--control PATH]\n\n"
             "What a device hears that asks for a register token: RegisterTokenAck, or\n"
             "RegisterTokenReject with these seconds to wait.\n",
    .least_words = 1,
    .most_words = 2,
    .complete = wait_seconds,
};

int cmd_tokens(int argc, char **argv)
{
    return run(&tokens, argc, argv);
}

static const struct admin stop = {
    .who = "labcm stop",
    .command = "stop",
    .usage = "Usage: labcm stop [--control PATH]\n\n"
             "Ends the running labcm: calls are hung up.\n",
};

int cmd_stop(int argc, char **argv)
{
    return run(&stop, argc, argv);
}
