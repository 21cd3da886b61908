/* labcm call: a phone calls, and says what it heard. */
#include "base/text.h"
#include "tools/labcm/ask.h"
#include "tools/labcm/client.h"
#include "tools/labcm/commands.h"
#include "tools/shared/options.h"
#include "tools/shared/progress.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char who[] = "labcm call";

static void help(void)
{
    printf(
        "Usage: labcm call FROM TO [options]\n\n"
        "A phone (1001-1999) calls the pilot 8000 or a port's number, talks (S)RTP with it, and\n"
        "tells what it heard. Exit 0 when the call was answered and, with --expect, the sound is\n"
        "equal; else 1.\n\n"
        "      --forwarded-by EXT[,EXT]  the call was for EXT; with two, the second forwarded "
        "last\n"
        "      --reason WORD       busy, no-answer (default) or all\n"
        "      --for S             the phone hangs up after S seconds (it waits for the port)\n"
        "      --dtmf DIGITS       dialled once the call is up\n"
        "      --dtmf-form WORD    keypad (default), tone, notify, rfc2833, inband\n"
        "      --expect FILE       compare what was heard with this sound, sample for sample\n"
        "      --play FILE         what the phone says (a tone of 440 Hz)\n"
        "      --clear             the phone is a non-secure one: plain RTP\n"
        "      --codec WORD        ulaw or alaw (what the port takes, ulaw first)\n"
        "      --packet-ms N       10-60 (20)\n"
        "      --suite N           SRTP algorithm 1, 2 or 5 (1: AES_CM_128_HMAC_SHA1_32)\n"
        "      --rtcp              the phone sends and takes RTCP reports\n"
        "      --json              the result as JSON\n"
        "      --control PATH      of the running labcm\n");
}

struct options {
    const char *control;
    bool json, help;
    json_t *request;
};

static const struct option longs[] = {
    {"forwarded-by", required_argument, NULL, 'F'},
    {"reason", required_argument, NULL, 'R'},
    {"for", required_argument, NULL, 's'},
    {"dtmf", required_argument, NULL, 'd'},
    {"dtmf-form", required_argument, NULL, 'f'},
    {"expect", required_argument, NULL, 'e'},
    {"play", required_argument, NULL, 'p'},
    {"clear", no_argument, NULL, 'C'},
    {"codec", required_argument, NULL, 'k'},
    {"packet-ms", required_argument, NULL, 'm'},
    {"suite", required_argument, NULL, 'u'},
    {"rtcp", no_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'},
    {"control", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* ---- what is asked --------------------------------------------------------------------------- */

static bool put_word(json_t *r, const char *option, const char *name, const char *text,
                     const char *const *words, struct err *e)
{
    unsigned n;

    return option_word(option, text, words, &n, e) && client_put_text(r, name, text);
}

/* The running labcm may stand in another folder. */
static bool put_file(json_t *r, const char *option, const char *name, const char *text,
                     struct err *e)
{
    char path[PATH_MAX];

    if (!realpath(text, path))
        return err_errno(e, ERR_FILE, "%s %.200s", option, text);
    return client_put_text(r, name, path);
}

static bool take(struct options *o, int c, const char *text, struct err *e)
{
    json_t *r = o->request;

    switch (c) {
    case 'F':
        return client_put_text(r, "forwarded_by", text);
    case 'R':
        return put_word(r, "--reason", "reason", text, ask_reason_words, e);
    case 's':
        return client_put_number(r, "--for", "for", text, 1, ASK_SECONDS_MAX, e);
    case 'd':
        return client_put_text(r, "dtmf", text);
    case 'f':
        return put_word(r, "--dtmf-form", "dtmf_form", text, ask_form_words, e);
    case 'e':
        return put_file(r, "--expect", "expect", text, e);
    case 'p':
        return put_file(r, "--play", "play", text, e);
    case 'C':
        return json_object_set_new(r, "clear", json_true()) == 0;
    case 'k':
        return put_word(r, "--codec", "codec", text, ask_codec_words, e);
    case 'm':
        return client_put_number(r, "--packet-ms", "packet_ms", text, 10, 60, e);
    case 'u':
        return client_put_number(r, "--suite", "suite", text, 1, 5, e);
    case 'r':
        return json_object_set_new(r, "rtcp", json_true()) == 0;
    case 'j':
        o->json = true;
        return true;
    case 'c':
        o->control = text;
        return true;
    default:
        o->help = true;
        return true;
    }
}

static bool take_numbers(struct options *o, int argc, char **argv, struct err *e)
{
    struct call_ask checked;

    if (argc - optind != 2)
        return err_set(e, ERR_USAGE, "who calls whom? for example: labcm call 1001 8000");
    client_put_text(o->request, "from", argv[optind]);
    client_put_text(o->request, "to", argv[optind + 1]);
    return ask_read(&checked, o->request, e);
}

/* EXIT_DONE: go on. */
static int read_options(struct options *o, int argc, char **argv)
{
    struct err e = {0};
    int c;

    while ((c = option_next(who, argc, argv, "h", longs)) != -1) {
        if (c == '?')
            return EXIT_USAGE;
        if (!take(o, c, optarg, &e))
            return command_fail(who, &e);
    }
    return o->help || take_numbers(o, argc, argv, &e) ? EXIT_DONE : command_fail(who, &e);
}

/* ---- what comes back ------------------------------------------------------------------------- */

struct result {
    bool json;
    struct progress *progress;
};

static void print_heard(const json_t *r)
{
    printf("heard     %lld packets, %lld lost, %lld reordered, %lld of silence, "
           "%lld authentication failures\n",
           client_number(r, "received"), client_number(r, "lost"), client_number(r, "reordered"),
           client_number(r, "silence"), client_number(r, "auth_failures"));
    printf("sent      %lld packets\n", client_number(r, "sent"));
}

static void print_compared(const json_t *r)
{
    const json_t *x = json_object_get(r, "expect");
    char file[TEXT_ESCAPED];

    if (!x)
        return;
    printf("expected  %s: ", client_text(x, "file", file));
    if (json_is_true(json_object_get(x, "equal")))
        printf("equal, %lld samples compared%s\n", client_number(x, "samples_compared"),
               client_number(x, "pauses") ? " (the sender paused: see --json)" : "");
    else if (json_object_get(x, "differs_at"))
        printf("differs from sample %lld of %lld on\n", client_number(x, "differs_at"),
               client_number(x, "samples_wanted"));
    else if (json_is_true(json_object_get(x, "too_long")))
        printf("another sound came after its end, %lld samples\n",
               client_number(x, "samples_wanted"));
    else
        printf("only %lld of %lld samples came\n", client_number(x, "samples_compared"),
               client_number(x, "samples_wanted"));
}

static void print_result(const json_t *r)
{
    char a[TEXT_ESCAPED], b[TEXT_ESCAPED];

    if (!json_is_true(json_object_get(r, "answered"))) {
        printf("not answered: %s\n", client_text(r, "end", a));
        return;
    }
    printf("answered  by %s after %.1f s\n", client_text(r, "port", a),
           json_number_value(json_object_get(r, "ring_seconds")));
    printf("media     %s, %s\n", client_text(r, "codec", a),
           json_is_true(json_object_get(r, "encrypted")) ? client_text(r, "suite", b)
                                                         : "not encrypted");
    print_heard(r);
    print_compared(r);
    printf("over      after %.1f s: %s\n", json_number_value(json_object_get(r, "seconds")),
           client_text(r, "end", a));
}

static void take_reply(void *arg, const json_t *r)
{
    struct result *result = arg;
    char event[TEXT_ESCAPED], port[TEXT_ESCAPED];

    if (strcmp(client_text(r, "event", event), "over") != 0) {
        progress_show(result->progress, "%s %s", client_text(r, "port", port),
                      strcmp(event, "ringing") == 0 ? "rings" : "has answered: listening");
        return;
    }
    progress_clear(result->progress);
    if (!result->json) {
        print_result(r);
        return;
    }
    json_dumpf(r, stdout, JSON_INDENT(2));
    putchar('\n');
}

static int place_call(struct options *o)
{
    struct result result = {.json = o->json, .progress = progress_new(NULL, false)};
    int code = client_ask(who, o->control, json_incref(o->request), take_reply, &result);

    progress_free(result.progress);
    return code;
}

int cmd_call(int argc, char **argv)
{
    struct options o = {.request = json_pack("{s:s}", "command", "call")};
    int code = read_options(&o, argc, argv);

    if (code == EXIT_DONE && o.help)
        help();
    else if (code == EXIT_DONE)
        code = place_call(&o);
    json_decref(o.request);
    return code;
}
