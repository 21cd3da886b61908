#include "tools/vmports/run_control.h"

#include "tools/vmports/control_requests.h"
#include "tools/vmports/report_json.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_A_REPLY 200

/* ---- status ---------------------------------------------------------------------------------- */

struct status_job {
    struct run_control *rc;
    struct control_request *request;
};

static void send_rows(struct control_request *r, const struct port_status *rows, size_t n)
{
    for (size_t at = 0; at < n; at += ROWS_A_REPLY) {
        json_t *list = json_array();
        for (size_t i = at; i < n && i < at + ROWS_A_REPLY; i++)
            json_array_append_new(list, port_json(&rows[i]));
        control_reply(r, json_pack("{s:o}", "ports", list));
    }
}

static void on_rows(void *arg, const struct port_status *rows, size_t n)
{
    struct status_job *job = arg;
    struct pool_totals t;

    if (!control_gone(job->request)) {
        send_rows(job->request, rows, n);
        pool_totals(job->rc->pool, &t);
        control_reply(job->request, json_pack("{s:o, s:o}", "lists", lists_json(job->rc->pool),
                                              "totals", totals_json(&t)));
    }
    control_end(job->request, 0);
    free(job);
}

static void status(struct run_control *rc, struct control_request *r)
{
    struct status_job *job = calloc(1, sizeof *job);
    struct err e = {0};

    if (!job) {
        (void)err_set(&e, ERR_MEMORY, "no memory for the status");
        control_refuse(r, 1, &e);
        return;
    }
    *job = (struct status_job){rc, r};
    if (!pool_status(rc->pool, on_rows, job, &e)) {
        control_refuse(r, 1, &e);
        free(job);
    }
}

/* ---- lamps ----------------------------------------------------------------------------------- */

struct lamps_job {
    struct control_request *request; /* NULL: it did not want to wait */
    size_t left, failed;
};

static void lamp_over(struct lamps_job *job)
{
    if (--job->left > 0)
        return;
    if (job->request)
        control_end(job->request, job->failed ? 1 : 0);
    free(job);
}

static void on_lamp(void *arg, const char *extension, bool on, enum mwi_result r, double seconds)
{
    struct lamps_job *job = arg;

    job->failed += r != MWI_CONFIRMED;
    if (job->request)
        control_reply(job->request, lamp_json(extension, on, r, seconds));
    lamp_over(job);
}

static json_t *refused_lamp_json(const struct ask_lamp *lamp, const struct err *why)
{
    return json_pack("{s:s, s:b, s:b, s:s}", "extension", lamp->extension, "on", (int)lamp->on,
                     "confirmed", 0, "result", why->text);
}

/* The job holds one count for itself, so that results which come at once do not end it. */
static void lamps(struct run_control *rc, struct control_request *r, const struct ask *a)
{
    struct lamps_job *job = calloc(1, sizeof *job);
    struct err e = {0};

    if (!job) {
        (void)err_set(&e, ERR_MEMORY, "no memory for the lamps");
        control_refuse(r, 1, &e);
        return;
    }
    *job = (struct lamps_job){.request = a->wait ? r : NULL, .left = 1};
    for (size_t i = 0; i < a->lamp_count; i++) {
        job->left++;
        if (pool_mwi(rc->pool, a->group[0] ? a->group : NULL, a->lamps[i].extension, a->lamps[i].on,
                     on_lamp, job, &e))
            continue;
        job->failed++;
        job->left--;
        control_reply(r, refused_lamp_json(&a->lamps[i], &e));
    }
    if (!a->wait)
        control_end(r, job->failed ? 1 : 0);
    lamp_over(job);
}

static void mwi_status(struct run_control *rc, struct control_request *r)
{
    struct pool_totals t;

    pool_totals(rc->pool, &t);
    control_reply(r, mwi_totals_json(&t));
    control_end(r, 0);
}

/* ---- reset, stop ----------------------------------------------------------------------------- */

static void reset(struct run_control *rc, struct control_request *r, const struct ask *a)
{
    const char **names = calloc(a->port_count + 1, sizeof *names);
    struct err e = {0};

    for (size_t i = 0; names && i < a->port_count; i++)
        names[i] = a->ports[i].name;
    size_t found = names ? pool_reset(rc->pool, names, a->port_count, &e) : 0;
    control_reply(r, json_pack("{s:I}", "reset", (json_int_t)found));
    control_refuse(r, e.kind == ERR_NONE ? 0 : 1, &e);
    free(names);
}

static void on_line(void *arg, const char *group, const char *text)
{
    json_t *line = json_pack("{s:s}", "text", text);

    if (line && group)
        json_object_set_new(line, "group", json_string(group));
    control_reply(arg, line);
}

static void reload(struct run_control *rc, struct control_request *r)
{
    struct err e = {0};

    if (rc->reload(rc->arg, on_line, r, &e))
        control_end(r, 0);
    else
        control_refuse(r, 1, &e);
}

static void stop(struct run_control *rc, struct control_request *r)
{
    if (rc->stopper_count < CONTROL_CLIENTS_MAX)
        rc->stoppers[rc->stopper_count++] = r;
    else
        control_end(r, 0);
    rc->stop(rc->arg);
}

void run_control_stopped(struct run_control *rc)
{
    for (size_t i = 0; i < rc->stopper_count; i++)
        control_end(rc->stoppers[i], 0);
    rc->stopper_count = 0;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void serve(struct run_control *rc, struct control_request *r, const struct ask *a)
{
    switch (a->kind) {
    case ASK_STATUS:
        status(rc, r);
        break;
    case ASK_MWI:
        lamps(rc, r, a);
        break;
    case ASK_MWI_STATUS:
        mwi_status(rc, r);
        break;
    case ASK_RESET:
        reset(rc, r, a);
        break;
    case ASK_RELOAD:
        reload(rc, r);
        break;
    case ASK_STOP:
        stop(rc, r);
        break;
    }
}

void run_control_handle(void *arg, struct control_request *r, const json_t *body)
{
    struct run_control *rc = arg;
    struct err e = {0};
    struct ask a;

    if (!ask_read(&a, body, &e)) {
        control_refuse(r, 2, &e);
        return;
    }
    if (rc->pool) {
        serve(rc, r, &a);
    } else {
        (void)err_set(&e, ERR_NOT_NOW, "the ports are not up yet, or not any more");
        control_refuse(r, 1, &e);
    }
    ask_free(&a);
}
