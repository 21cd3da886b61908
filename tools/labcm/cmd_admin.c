/* labcm trust, mode, renew, drop, reset, stop: what an administrator or misfortune does. */
#include "tools/labcm/client.h"
#include "tools/labcm/commands.h"
#include "tools/shared/options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct admin {
    const char *who, *usage;
    int least_words, most_words;
    const char *flag; /* an option of its own; NULL: none */
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
    printf("%lld %s\n", client_number(reply, "devices"), (const char *)arg);
}

int cmd_trust(int argc, char **argv)
{
    static const struct admin a = {
        "labcm trust",
        "Usage: labcm trust FILE [--after-restart] [--control PATH]\n\n"
        "Uploads a root certificate (PEM, such as CUC's <hash>.0) into CallManager-trust. It\n"
        "holds for connections from now on, and for later runs with the same state directory.\n"
        "A real CUCM wants its CallManager service restarted before: with --after-restart the\n"
        "certificate holds only from the next `labcm service stop` and `labcm service start`.\n",
        1, 1, "after-restart"};
    struct client_options o;
    char path[PATH_MAX];
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    if (!realpath(argv[optind], path)) {
        perror(argv[optind]);
        return EXIT_FAILED;
    }
    return client_ask(
        a.who, o.control,
        json_pack("{s:s,s:s,s:b}", "command", "trust", "file", path, "later", (int)o.flag), NULL,
        NULL);
}

int cmd_mode(int argc, char **argv)
{
    static const struct admin a = {
        "labcm mode",
        "Usage: labcm mode secure|non-secure [--control PATH]\n\n"
        "As `utils ctl set-cluster mixed-mode` and `non-secure-mode`: in non-secure mode the CTL\n"
        "lists the servers without certificates, and nothing is served on TLS.\n",
        1, 1, NULL};
    struct client_options o;
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    return client_ask(a.who, o.control,
                      json_pack("{s:s,s:s}", "command", "mode", "mode", argv[optind]), NULL, NULL);
}

int cmd_renew(int argc, char **argv)
{
    static const struct admin a = {
        "labcm renew",
        "Usage: labcm renew [--control PATH]\n\n"
        "Regenerates the CallManager certificate and the CTL, as an administrator does. Who\n"
        "connects from now on needs the new list; what is connected stays.\n",
        0, 0, NULL};
    struct client_options o;
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    return client_ask(a.who, o.control, json_pack("{s:s}", "command", "renew"), NULL, NULL);
}

int cmd_drop(int argc, char **argv)
{
    static const struct admin a = {
        "labcm drop",
        "Usage: labcm drop NAME...|all [--control PATH]\n\n"
        "Cuts off the connections of these devices without a goodbye. They may come back at "
        "once.\n",
        1, INT_MAX, NULL};
    struct client_options o;
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    return client_ask(a.who, o.control,
                      json_pack("{s:s,s:o}", "command", "drop", "names", client_words(argc, argv)),
                      say_count, (void *)(uintptr_t) "dropped");
}

int cmd_reset(int argc, char **argv)
{
    static const struct admin a = {"labcm reset",
                                   "Usage: labcm reset NAME...|all [--restart] [--control PATH]\n\n"
                                   "Sends the devices Reset (type 1), or with --restart type 2.\n",
                                   1, INT_MAX, "restart"};
    struct client_options o;
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    return client_ask(a.who, o.control,
                      json_pack("{s:s,s:o,s:b}", "command", "reset", "names",
                                client_words(argc, argv), "restart", o.flag),
                      say_count, (void *)(uintptr_t) "told");
}

int cmd_service(int argc, char **argv)
{
    static const struct admin a = {
        "labcm service",
        "Usage: labcm service stop|start [--control PATH]\n\n"
        "The CallManager service as Cisco Unified Serviceability stops and starts it: stopped, it\n"
        "cuts off every device and takes none; calls are left to their phones and ports. TFTP\n"
        "goes on.\n",
        1, 1, NULL};
    struct client_options o;
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    return client_ask(a.who, o.control,
                      json_pack("{s:s,s:s}", "command", "service", "service", argv[optind]), NULL,
                      NULL);
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

int cmd_tokens(int argc, char **argv)
{
    static const struct admin a = {
        "labcm tokens",
        "Usage: labcm tokens grant | refuse SECONDS [--control PATH]\n\n"
        "What a device hears that asks for a register token: RegisterTokenAck, or\n"
        "RegisterTokenReject with these seconds to wait.\n",
        1, 2, false};
    struct client_options o;
    unsigned wait_s;
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    if (!token_words(argc, argv, &wait_s)) {
        fprintf(stderr, "%s: grant, or refuse and 1 to 86400 seconds\nSee `%s --help`.\n", a.who,
                a.who);
        return EXIT_USAGE;
    }
    return client_ask(a.who, o.control,
                      json_pack("{s:s,s:i}", "command", "tokens", "wait", (int)wait_s), NULL, NULL);
}

int cmd_stop(int argc, char **argv)
{
    static const struct admin a = {"labcm stop",
                                   "Usage: labcm stop [--control PATH]\n\n"
                                   "Ends the running labcm: calls are hung up.\n",
                                   0, 0, NULL};
    struct client_options o;
    int code = begin(&a, &o, argc, argv);

    if (code >= 0)
        return code;
    return client_ask(a.who, o.control, json_pack("{s:s}", "command", "stop"), NULL, NULL);
}
