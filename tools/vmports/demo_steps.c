/* The steps while everything runs: what a newcomer would type, with the same programs. */
#include "tools/vmports/demo.h"

#include "base/clock.h"
#include "ctl/fetch.h"
#include "ctl/verify.h"
#include "tls/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_NS (100 * NS_PER_MS)
#define REASON        400

static void pause_a_little(void)
{
    clock_sleep_until_ns(clock_now_ns() + LOOK_EVERY_NS);
}

/* ---- root and call manager ------------------------------------------------------------------- */

/* Into a folder the file gets CUC's name for it, which is printed. */
bool demo_make_root(struct demo *d)
{
    static const char claim[] = "root certificate made, given to the call manager";
    char folder[DEMO_PATH], out[DEMO_PATH], words[REASON];
    const char *argv[] = {d->vmports, "cert", "export", folder, "--state-dir", d->state, NULL};

    snprintf(folder, sizeof folder, "%s/root/", d->dir);
    int code = demo_tool(d, "cert", 60, argv, NULL);
    snprintf(out, sizeof out, "%s/cert.out", d->dir);
    child_tail(out, d->root, sizeof d->root);
    d->root[strcspn(d->root, "\n")] = '\0';
    if (code == 0 && d->root[0] == '/' && access(d->root, R_OK) == 0)
        return demo_report_line(&d->report, true, claim, "%s, in CallManager-trust of labcm",
                                strrchr(d->root, '/') + 1);
    struct child c;
    snprintf(c.err, sizeof c.err, "%s/cert.err", d->dir);
    return demo_report_line(&d->report, false, claim, "`vmports cert export` ended with %d: %s",
                            code, demo_last_words(&c, words, sizeof words));
}

/* It writes where it serves when it serves. */
static bool lab_is_ready(struct demo *d)
{
    json_t *places = json_load_file(d->ready, JSON_REJECT_DUPLICATES, NULL);
    bool ready = json_is_integer(json_object_get(places, "tls"));

    if (ready) {
        d->net.tftp_port = (uint16_t)demo_number(places, "tftp");
        d->net.tls_port = (uint16_t)demo_number(places, "tls");
    }
    json_decref(places);
    return ready;
}

bool demo_start_lab(struct demo *d)
{
    char count[16], tftp[16], tls[16], sccp[16], words[REASON] = "";
    const char *argv[] = {d->labcm,       "run",          "-n",          count,        "--trust",
                          d->root,        "--tftp-port",  tftp,          "--tls-port", tls,
                          "--sccp-port",  sccp,           "--state-dir", d->lab_state, "--control",
                          d->lab_control, "--ready-file", d->ready,      NULL};
    struct err e = {0};

    snprintf(count, sizeof count, "%u", d->o.ports);
    snprintf(tftp, sizeof tftp, "%u", d->net.tftp_port);
    snprintf(tls, sizeof tls, "%u", d->net.tls_port);
    snprintf(sccp, sizeof sccp, "%u", d->net.sccp_port);
    bool ok = child_start(&d->lab, d->dir, "labcm", argv, &e);
    for (int64_t until = clock_now_ns() + 20 * NS_PER_S; ok && !lab_is_ready(d);) {
        ok = child_running(&d->lab) && clock_now_ns() < until && !*d->give_up;
        pause_a_little();
    }
    if (ok)
        return demo_report_line(&d->report, true, "a call manager in mixed mode",
                                "labcm on 127.0.0.1: TFTP on UDP %u, SCCP in TLS on TCP %u\n%s",
                                d->net.tftp_port, d->net.tls_port, d->net.words);
    return demo_report_line(&d->report, false, "a call manager in mixed mode",
                            "%s did not start: %s", d->labcm,
                            e.text[0] ? e.text : demo_last_words(&d->lab, words, sizeof words));
}

/* ---- the ports ------------------------------------------------------------------------------- */

static size_t registered_now(struct demo *d)
{
    json_t *status = demo_status(d);
    long long n = demo_number(json_object_get(status, "totals"), "registered");

    json_decref(status);
    return n > 0 ? (size_t)n : 0;
}

static bool wait_until_registered(struct demo *d)
{
    int64_t until = clock_now_ns() + (60 + d->o.ports / 10) * NS_PER_S;
    size_t n = 0;

    while (n < d->o.ports && child_running(&d->run) && clock_now_ns() < until && !*d->give_up) {
        pause_a_little();
        if (access(d->control, F_OK) == 0)
            n = registered_now(d);
        progress_show(d->progress, "%zu of %u ports registered", n, d->o.ports);
    }
    progress_clear(d->progress);
    return n == d->o.ports;
}

bool demo_start_ports(struct demo *d)
{
    char count[16], tftp[48], server[48], words[REASON];
    const char *argv[] = {
        d->vmports, "run",         "-n",     count,       "-t",       tftp,        "-s",
        server,     "--state-dir", d->state, "--control", d->control, "--capture", d->capture,
        "--keylog", d->keylog,     "--json", "--drain",   "2",        "-v",        NULL};
    struct err e = {0};

    snprintf(count, sizeof count, "%u", d->o.ports);
    snprintf(tftp, sizeof tftp, "127.0.0.1:%u", d->net.tftp_port);
    snprintf(server, sizeof server, "127.0.0.1:%u", d->net.tls_port);
    bool started = child_start(&d->run, d->dir, "vmports", argv, &e);
    if (started && wait_until_registered(d))
        return true;
    return demo_report_line(&d->report, false, "ports registered", "%s",
                            !started ? e.text : demo_last_words(&d->run, words, sizeof words));
}

/* ---- what they have shown -------------------------------------------------------------------- */

static const char *signer_of(const struct ctl_file *f, char *out, size_t cap)
{
    struct ctl_policy policy = {.first = CTL_FIRST_ACCEPT, .now_s = (int64_t)time(NULL)};
    struct ctl_verdict v;
    struct err e = {0};

    if (!ctl_verify(f, NULL, &policy, &v, &e))
        snprintf(out, cap, "refused: %.280s", e.text);
    else
        snprintf(out, cap, "signed by record %zu, %.*s", v.signer + 1,
                 (int)f->records[v.signer].subject.len,
                 (const char *)f->records[v.signer].subject.at);
    return out;
}

bool demo_show_ctl(struct demo *d)
{
    struct ctl_file *held = NULL;
    struct err e = {0};
    char signer[300], served[33] = "?";
    char path[DEMO_PATH];
    struct buf bytes = {0};

    snprintf(path, sizeof path, "%.140s/CTLFile.tlv", d->lab_state);
    if (buf_read_file(&bytes, path, CTL_FILE_MAX, &e))
        ctl_md5(bytes.at, bytes.len, served);
    buf_free(&bytes);
    if (!ctl_held_load(d->state, &held, &e) || !held)
        return demo_report_line(&d->report, false, "CTLFile.tlv fetched by TFTP and verified",
                                "no list is held: %s", e.text);
    ctl_md5(held->bytes, held->len, d->md5);
    signer_of(held, signer, sizeof signer);
    bool ok = strcmp(d->md5, served) == 0 && strncmp(signer, "signed", 6) == 0;
    demo_report_line(&d->report, ok, "CTLFile.tlv fetched by TFTP and verified",
                     "%zu bytes, %zu records, md5 %s (call manager's: %s)\n%s", held->len,
                     held->count, d->md5, served, signer);
    ctl_free(held);
    return ok;
}

/* Both ends are asked: what the port says of its line, and whom the call manager sees there. */
static size_t count_secure_rows(const json_t *rows, const json_t *devices)
{
    const json_t *row, *device;
    size_t i, k, n = 0;

    json_array_foreach(rows, i, row)
    {
        const char *name = demo_string(row, "Port Name");
        bool ours = json_is_true(json_object_get(row, "registered")) &&
                    strcmp(demo_string(row, "security"), "encrypted") == 0 &&
                    strcmp(demo_string(row, "tls_version"), "TLSv1.2") == 0;
        json_array_foreach(
            devices, k,
            device) if (ours && strcmp(demo_string(device, "name"), name) == 0 &&
                        strcmp(demo_string(device, "cipher"), demo_string(row, "cipher")) == 0 &&
                        strcmp(demo_string(device, "certificate_cn"), name) == 0) n++;
    }
    return n;
}

static json_t *lab_devices(struct demo *d, json_t **holder)
{
    const char *argv[] = {d->labcm, "devices", "--json", "--control", d->lab_control, NULL};

    (void)demo_tool(d, "devices", 20, argv, holder);
    return json_is_array(*holder) ? *holder : json_object_get(*holder, "devices");
}

bool demo_show_registrations(struct demo *d)
{
    json_t *status = demo_status(d), *holder, *devices = lab_devices(d, &holder);
    const json_t *rows = json_object_get(status, "ports"), *row = json_array_get(rows, 0);
    size_t secure = count_secure_rows(rows, devices);
    char name[80];

    snprintf(name, sizeof name, "%u ports registered over mutual TLS, a certificate each",
             d->o.ports);
    bool ok = demo_report_line(
        &d->report, secure == d->o.ports, name,
        "%zu of %u: %s, %s, SCCP version %lld; both ends agree\n%s shows the certificate %s",
        secure, d->o.ports, demo_string(row, "tls_version"), demo_string(row, "cipher"),
        demo_number(row, "protocol_version"), demo_string(row, "Port Name"),
        demo_string(json_array_get(devices, 0), "certificate_subject"));
    json_decref(status);
    json_decref(holder);
    return ok;
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct demo_caller {
    struct child child;
    char number[16];
};

static bool place_call(struct demo *d, struct demo_caller *c, unsigned i)
{
    char name[16];
    struct err e = {0};

    snprintf(c->number, sizeof c->number, "%u", DEMO_FIRST_PHONE + i);
    snprintf(name, sizeof name, "call%u", i + 1);
    const char *argv[] = {d->labcm,    "call",   c->number,   DEMO_PILOT,     "--expect",
                          d->greeting, "--json", "--control", d->lab_control, NULL};
    return child_start(&c->child, d->dir, name, argv, &e);
}

static void show_call(struct demo *d, struct demo_caller *c)
{
    char name[80], words[REASON];
    bool in_time = child_wait(&c->child, 60, d->give_up);

    child_end(&c->child, 1);
    json_t *heard = json_load_file(c->child.out, JSON_REJECT_DUPLICATES, NULL);
    const json_t *expect = json_object_get(heard, "expect");
    bool equal = json_is_true(json_object_get(expect, "equal"));
    bool ok = in_time && c->child.code == 0 && equal &&
              json_is_true(json_object_get(heard, "encrypted")) &&
              demo_number(heard, "auth_failures") == 0 && demo_number(heard, "lost") == 0;
    snprintf(name, sizeof name, "phone %s called %s and heard the greeting", c->number, DEMO_PILOT);
    if (json_is_true(json_object_get(heard, "answered")))
        demo_report_line(
            &d->report, ok, name,
            "%s answered; %lld samples compared with the file, %s\n%s: %lld packets, %lld "
            "lost, %lld failed authentication",
            demo_string(heard, "port"), demo_number(expect, "samples_compared"),
            equal ? "all equal" : "not equal",
            json_is_true(json_object_get(heard, "encrypted")) ? demo_string(heard, "suite")
                                                              : "not encrypted",
            demo_number(heard, "received"), demo_number(heard, "lost"),
            demo_number(heard, "auth_failures"));
    else
        demo_report_line(&d->report, false, name, "%s",
                         heard ? demo_string(heard, "end")
                               : demo_last_words(&c->child, words, sizeof words));
    json_decref(heard);
}

void demo_call(struct demo *d)
{
    struct demo_caller callers[DEMO_CALLS_MOST] = {0};

    d->calls = d->o.ports < DEMO_CALLS_MOST ? d->o.ports : DEMO_CALLS_MOST;
    for (unsigned i = 0; i < d->calls; i++)
        (void)place_call(d, &callers[i], i);
    progress_show(d->progress, "%u phones call %s at once", d->calls, DEMO_PILOT);
    for (unsigned i = 0; i < d->calls; i++)
        show_call(d, &callers[i]);
    progress_clear(d->progress);
}

/* ---- lamps ----------------------------------------------------------------------------------- */

static bool find_lamp(const json_t *holder, const char *extension, bool on, char *by, size_t cap)
{
    const json_t *list = json_is_array(holder) ? holder : json_object_get(holder, "lamps"), *lamp;
    size_t i;

    json_array_foreach(list, i, lamp)
    {
        if (strcmp(demo_string(lamp, "extension"), extension) != 0)
            continue;
        snprintf(by, cap, "%s", demo_string(lamp, "set_by"));
        return json_is_boolean(json_object_get(lamp, "on")) &&
               json_is_true(json_object_get(lamp, "on")) == on;
    }
    return false;
}

static void one_lamp(struct demo *d, bool on)
{
    const char *switch_it[] = {d->vmports, "mwi",       on ? "on" : "off", "1001", "--wait",
                               "--json",   "--control", d->control,        NULL};
    const char *look[] = {d->labcm, "lamp", "1001", "--json", "--control", d->lab_control, NULL};
    json_t *result, *lamps;
    char by[64] = "", name[80];
    int code = demo_tool(d, "mwi", 30, switch_it, &result);

    (void)demo_tool(d, "lamp", 20, look, &lamps);
    bool agree = find_lamp(lamps, "1001", on, by, sizeof by);
    snprintf(name, sizeof name, "lamp of 1001 switched %s by a port that dialled %s",
             on ? "on" : "off", on ? "999991" : "999990");
    demo_report_line(&d->report, code == 0 && agree && by[0], name,
                     "vmports: %s after %.0f ms; call manager: the lamp is %s%s%s",
                     result ? demo_string(result, "result") : "no result",
                     1000 * json_number_value(json_object_get(result, "seconds")),
                     !by[0]        ? "not known"
                     : agree == on ? "on"
                                   : "off",
                     by[0] ? ", set by " : "", by);
    json_decref(result);
    json_decref(lamps);
}

void demo_lamps(struct demo *d)
{
    one_lamp(d, true);
    one_lamp(d, false);
}

/* ---- the end --------------------------------------------------------------------------------- */

void demo_stop(struct demo *d)
{
    const char *argv[] = {d->vmports, "stop", "--control", d->control, NULL};
    char words[REASON];
    int code = demo_tool(d, "stop", 30, argv, NULL);
    bool ended = child_wait(&d->run, 10, d->give_up);
    json_t *summary = json_load_file(d->run.out, JSON_REJECT_DUPLICATES, NULL);
    json_t *holder, *devices = lab_devices(d, &holder), *device;
    size_t left = 0, i;

    json_array_foreach(devices, i, device) left +=
        json_is_true(json_object_get(device, "registered"));
    bool ok = code == 0 && ended && d->run.code == 0 && left == 0 && devices &&
              demo_number(summary, "calls") == (long long)d->calls &&
              demo_number(summary, "registered") == (long long)d->o.ports;
    demo_report_line(
        &d->report, ok, "every port unregistered, the program ended",
        "exit code %d; summary: %lld registered, %lld calls, %lld lamps confirmed; call "
        "manager: %zu devices left%s%s",
        ended ? d->run.code : -1, demo_number(summary, "registered"), demo_number(summary, "calls"),
        demo_number(json_object_get(summary, "mwi"), "confirmed"), left, ok ? "" : "\n",
        ok ? "" : demo_last_words(&d->run, words, sizeof words));
    json_decref(summary);
    json_decref(holder);
}
