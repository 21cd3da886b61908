/* labcm tftp DIR: the TFTP service alone, for trying other clients against it. */
#include "tools/labcm/commands.h"
#include "tools/labcm/tftpd.h"
#include "tools/shared/command.h"
#include "tools/shared/options.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char who[] = "labcm tftp";

static void help(void)
{
    printf("Usage: labcm tftp DIR [--port N] [--bind ADDR] [-v]\n\n"
           "Serves the files of a folder by TFTP until ^C: port 6969 (0: the kernel's choice,\n"
           "told on stderr), address 127.0.0.1. Nothing can be written, nothing outside the\n"
           "folder can be read.\n");
}

struct service {
    uv_loop_t loop;
    uv_signal_t ends[2]; /* SIGINT, SIGTERM */
    struct tftpd *tftpd;
};

static void stop(uv_signal_t *s, int number)
{
    struct service *v = s->data;

    (void)number;
    tftpd_stop(v->tftpd);
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&v->ends[i], NULL);
}

static void watch_signals(struct service *v)
{
    static const int numbers[] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&v->loop, &v->ends[i]);
        v->ends[i].data = v;
        uv_signal_start_oneshot(&v->ends[i], stop, numbers[i]);
    }
}

static int serve(struct net_addr bind, char *dir, struct log *log)
{
    const struct tftpd_settings s = {
        .bind = bind, .open = tftpd_open_in_folder, .arg = dir, .log = log};
    struct service v;
    struct err e = {0};
    char where[NET_ADDR_TEXT];

    uv_loop_init(&v.loop);
    v.tftpd = tftpd_start(&v.loop, &s, &e);
    if (v.tftpd) {
        struct net_addr at = tftpd_addr(v.tftpd);
        watch_signals(&v);
        fprintf(stderr, "labcm: ready: tftp %s\n", net_addr_text(&at, where));
    }
    uv_run(&v.loop, UV_RUN_DEFAULT);
    uv_loop_close(&v.loop);
    return e.kind == ERR_NONE ? EXIT_DONE : command_fail(who, &e);
}

int cmd_tftp(int argc, char **argv)
{
    static const struct option longs[] = {
        {"port", required_argument, NULL, 'p'},
        {"bind", required_argument, NULL, 'b'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct net_addr bind = {.family = 4, .ip = {127, 0, 0, 1}};
    enum log_level level = LOG_WARN;
    unsigned port = 6969;
    struct err e = {0};
    int c;

    while ((c = option_next(who, argc, argv, "vh", longs)) != -1) {
        if (c == '?')
            return EXIT_USAGE;
        if (c == 'h') {
            help();
            return EXIT_DONE;
        }
        if (c == 'v')
            level = LOG_INFO;
        if (c == 'p' && !option_unsigned("--port", optarg, 0, UINT16_MAX, &port, &e))
            return command_fail(who, &e);
        if (c == 'b' && !net_addr_parse(&bind, optarg, 0)) {
            err_set(&e, ERR_USAGE, "--bind %.60s: an IPv4 or IPv6 address is wanted", optarg);
            return command_fail(who, &e);
        }
    }
    if (optind + 1 != argc) {
        err_set(&e, ERR_USAGE, "which folder?");
        return command_fail(who, &e);
    }
    bind.port = (uint16_t)port;
    struct log *log = log_new(STDERR_FILENO, LOG_TEXT, level);
    int code = serve(bind, argv[optind], log);
    log_free(log);
    return code;
}
