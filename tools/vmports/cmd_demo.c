/* EDGE: vmports demo: the whole thing on loopback, with real files, sockets and keys. */
#include "tools/vmports/demo.h"

#include "base/clock.h"
#include "media/sound.h"
#include "tools/shared/command.h"
#include "tools/shared/options.h"
#include "tools/shared/paths.h"
#include "tools/vmports/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char who[] = "vmports demo";
static volatile int stopped_by; /* the number of the signal */

static void help(void)
{
    printf(
        "Usage: vmports demo [--ports N] [--json] [--capture FILE]\n\n"
        "Shows the main job on this machine alone, against labcm, and proves it: N ports (8) "
        "fetch\n"
        "CTLFile.tlv by TFTP, verify it, register by SCCP over mutual TLS 1.2, answer calls with "
        "the\n"
        "greeting by SRTP, switch a lamp on and off; a live capture of it all is then judged. "
        "Each\n"
        "line is ok or FAILED, with its evidence. Needs no root: where the kernel permits it, all\n"
        "happens in a network namespace of its own. Leaves nothing behind but --capture's FILE.\n\n"
        "Exit code: 0 everything held, 1 something did not, 2 wrong use.\n");
}

static bool read_options(struct demo_options *o, int argc, char **argv, struct err *e)
{
    static const struct option longs[] = {{"ports", required_argument, NULL, 'n'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"capture", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    int c;

    *o = (struct demo_options){.ports = 8};
    while ((c = option_next(who, argc, argv, "n:h", longs)) != -1) {
        if (c == '?' || (c == 'n' && !option_unsigned("--ports", optarg, 1, 2000, &o->ports, e)))
            return false;
        o->json |= c == 'j';
        o->help |= c == 'h';
        o->capture = c == 'c' ? optarg : o->capture;
    }
    if (o->capture && strlen(o->capture) >= sizeof((struct demo *)NULL)->capture)
        return err_set(e, ERR_USAGE, "--capture: the path is too long");
    return option_no_more(who, argc, argv);
}

/* Our own path, and labcm beside it. */
static bool find_programs(struct demo *d, struct err *e)
{
    ssize_t n = readlink("/proc/self/exe", d->vmports, sizeof d->vmports - 1);
    char *slash;

    if (n <= 0 || (size_t)n >= sizeof d->vmports - 1)
        return err_set(e, ERR_SYSTEM, "the path of this program cannot be told");
    d->vmports[n] = '\0';
    slash = strrchr(d->vmports, '/');
    snprintf(d->labcm, sizeof d->labcm, "%.*s/labcm", (int)(slash - d->vmports), d->vmports);
    if (access(d->labcm, X_OK) != 0)
        return err_errno(e, ERR_FILE, "the lab call manager is missing: %s", d->labcm);
    return sound_default_path(d->greeting, sizeof d->greeting, e);
}

static bool make_folder(struct demo *d, struct err *e)
{
    const char *tmp = getenv("TMPDIR");

    /* A socket's path has room for 107 bytes. */
    if (!tmp || *tmp != '/' || strlen(tmp) > 40)
        tmp = "/tmp";
    snprintf(d->dir, sizeof d->dir, "%s/vmports-demo-XXXXXX", tmp);
    if (!mkdtemp(d->dir)) {
        d->dir[0] = '\0';
        return err_errno(e, ERR_FILE, "a folder under %s", tmp);
    }
    snprintf(d->control, sizeof d->control, "%s/vmports.sock", d->dir);
    snprintf(d->lab_control, sizeof d->lab_control, "%s/labcm.sock", d->dir);
    snprintf(d->state, sizeof d->state, "%s/state", d->dir);
    snprintf(d->lab_state, sizeof d->lab_state, "%s/labcm", d->dir);
    snprintf(d->ready, sizeof d->ready, "%s/ready.json", d->dir);
    snprintf(d->keylog, sizeof d->keylog, "%s/keys.log", d->dir);
    if (d->o.capture)
        snprintf(d->capture, sizeof d->capture, "%s", d->o.capture);
    else
        snprintf(d->capture, sizeof d->capture, "%s/demo.pcap", d->dir);
    return true;
}

static void on_signal(int number)
{
    stopped_by = number;
}

static void catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &a, NULL);
}

static void steps(struct demo *d)
{
    bool up = demo_make_root(d) && demo_start_lab(d) && demo_start_ports(d);

    if (up && demo_show_ctl(d) && demo_show_registrations(d) && !stopped_by) {
        demo_call(d);
        demo_lamps(d);
    }
    if (up && !stopped_by) {
        demo_stop(d);
        demo_judge(d);
    }
}

static void clean_up(struct demo *d)
{
    progress_free(d->progress);
    child_end(&d->run, 5);
    child_end(&d->lab, 3);
    if (d->dir[0])
        path_remove_tree(d->dir);
}

static int report(struct demo *d, int64_t start_ns)
{
    double seconds = (double)(clock_now_ns() - start_ns) / (double)NS_PER_S;
    json_t *facts = json_pack("{s:i, s:f, s:s}", "ports", (int)d->o.ports, "seconds", seconds,
                              "network", d->net.words);

    if (stopped_by)
        demo_report_line(&d->report, false, "the demo ran to its end", "stopped by signal %d",
                         (int)stopped_by);
    return demo_report_end(&d->report, facts) ? EXIT_DONE : EXIT_FAILED;
}

int cmd_demo(int argc, char **argv)
{
    static struct demo d;
    struct err e = {0};
    int64_t start_ns = clock_now_ns();

    d.give_up = &stopped_by;
    if (!read_options(&d.o, argc, argv, &e))
        return e.kind == ERR_NONE ? EXIT_USAGE : command_fail(who, &e);
    if (d.o.help) {
        help();
        return EXIT_DONE;
    }
    if (!find_programs(&d, &e) || !demo_net_enter(&d.net, &e) || !make_folder(&d, &e))
        return command_fail(who, &e);
    catch_signals();
    demo_report_begin(&d.report, d.o.json);
    d.progress = progress_new(NULL, d.o.json);
    steps(&d);
    clean_up(&d);
    return report(&d, start_ns);
}
