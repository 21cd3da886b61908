#include "tools/vmports/report_json.h"

#include <stdlib.h>

const char *security_mode_word(enum security_mode m)
{
    switch (m) {
    case MODE_NON_SECURE:
        return "non-secure";
    case MODE_AUTHENTICATED:
        return "authenticated";
    case MODE_ENCRYPTED:
        return "encrypted";
    }
    return "?";
}

/* Names and numbers come from the call manager and need not be UTF-8. */
static json_t *text(const char *s)
{
    json_t *j = json_string(s);
    return j ? j : json_string("(not text)");
}

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* unity-connection.md 6.1: exactly RTMT's names. */
static void rtmt_columns(json_t *row, const struct port_status *p)
{
    const struct {
        const char *name, *value;
    } columns[] = {
        {"Port Name", p->name},
        {"Caller", p->caller},
        {"Called", p->called},
        {"Reason", p->reason},
        {"Redir", p->redir},
        {"Last Redir", p->last_redir},
        {"Application Status", p->application_status},
        {"Display Status", p->display_status},
        {"Conversation Status", p->conversation_status},
        {"Port Ext", p->port_ext},
        {"Connected To", p->connected_to},
    };

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        json_object_set_new(row, columns[i].name, text(columns[i].value));
}

static json_t *media_json(const struct media_counts *m)
{
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"sent", m->sent},
        {"received", m->received},
        {"lost", m->lost},
        {"reordered", m->reordered},
        {"duplicates", m->duplicates},
        {"auth_failures", m->auth_failures},
        {"replays", m->replays},
        {"replays_old", m->replays_old},
        {"plain", m->plain},
        {"rtcp_sent", m->rtcp_sent},
        {"rtcp_received", m->rtcp_received},
        {"rtcp_bad", m->rtcp_bad},
        {"other_tag", m->other_tag},
        {"wrong_source", m->wrong_source},
        {"ssrc_changes", m->ssrc_changes},
        {"send_errors", m->send_errors},
    };
    json_t *media = json_object();

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        json_object_set_new(media, counts[i].name, count(counts[i].value));
    return media;
}

/* "reason": why it does not go now; "last_error": what it was last, even if it goes well since. */
static void put_trouble(json_t *row, const struct trouble *t)
{
    json_object_set_new(row, "reason", text(t->now ? t->text : ""));
    json_object_set_new(row, "last_error_id", json_string(err_id(t->kind)));
    json_object_set_new(row, "last_error", text(t->text));
    json_object_set_new(row, "errors", count(t->count));
}

static void add_list(void *rows, const char *group, const struct trouble *list)
{
    json_t *row = json_object();

    json_object_set_new(row, "group", text(group));
    put_trouble(row, list);
    json_array_append_new(rows, row);
}

json_t *lists_json(const struct pool *p)
{
    json_t *rows = json_array();

    pool_each_list(p, add_list, rows);
    return rows;
}

json_t *troubles_json(const struct pool *p)
{
    struct pool_trouble *list = calloc(ERR_KINDS, sizeof *list);
    size_t n = list ? pool_troubles(p, list, ERR_KINDS) : 0;
    json_t *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct trouble *t = &list[i].trouble;
        json_t *row = json_object();

        json_object_set_new(row, "id", json_string(err_id(t->kind)));
        json_object_set_new(row, "what", json_string(err_words(t->kind)));
        json_object_set_new(row, "count", count(t->count));
        json_object_set_new(row, "last_by", text(list[i].who));
        json_object_set_new(row, "last", text(t->text));
        json_array_append_new(rows, row);
    }
    free(list);
    return rows;
}

json_t *port_json(const struct port_status *p)
{
    json_t *row = json_object();

    rtmt_columns(row, p);
    json_object_set_new(row, "state", text(p->state));
    json_object_set_new(row, "registered", json_boolean(p->registered));
    json_object_set_new(row, "security", json_string(security_mode_word(p->mode)));
    json_object_set_new(row, "call_encrypted", json_boolean(p->call_encrypted));
    json_object_set_new(row, "tls_version", text(p->tls_version));
    json_object_set_new(row, "cipher", text(p->cipher));
    json_object_set_new(row, "protocol_version", count(p->protocol_version));
    json_object_set_new(row, "second_line", text(p->second_state));
    json_object_set_new(row, "standing_by_at", text(p->second_to));
    json_object_set_new(row, "calls", count(p->calls));
    json_object_set_new(row, "mwi_sent", count(p->mwi_sent));
    json_object_set_new(row, "mwi_failed", count(p->mwi_failed));
    json_object_set_new(row, "digits", count(p->digits));
    json_object_set_new(row, "registrations", count(p->registrations));
    json_object_set_new(row, "unexpected", count(p->unexpected));
    json_object_set_new(row, "unknown_messages", count(p->unknown_messages));
    put_trouble(row, &p->trouble);
    json_object_set_new(row, "media", media_json(&p->media));
    return row;
}

json_t *mwi_totals_json(const struct pool_totals *t)
{
    json_t *mwi = json_object();

    json_object_set_new(mwi, "queued", count(t->mwi.queued));
    json_object_set_new(mwi, "active", count(t->mwi.active));
    json_object_set_new(mwi, "oldest_seconds", json_real(t->mwi.oldest_s));
    json_object_set_new(mwi, "sent", count(t->mwi.sent));
    json_object_set_new(mwi, "confirmed", count(t->mwi.confirmed));
    json_object_set_new(mwi, "failed", count(t->mwi.failed));
    return mwi;
}

json_t *totals_json(const struct pool_totals *t)
{
    json_t *all = json_object();

    json_object_set_new(all, "ports", count(t->ports));
    json_object_set_new(all, "registered", count(t->registered));
    json_object_set_new(all, "ports_in_use", count(t->in_use));
    json_object_set_new(all, "ports_locked", count(t->locked));
    json_object_set_new(all, "calls", count(t->calls));
    json_object_set_new(all, "calls_failed", count(t->calls_failed));
    json_object_set_new(all, "calls_refused", count(t->calls_refused));
    json_object_set_new(all, "calls_kept", count(t->calls_kept));
    json_object_set_new(all, "mwi", mwi_totals_json(t));
    json_object_set_new(all, "errors", count(t->errors));
    json_object_set_new(all, "registrations", count(t->registrations));
    json_object_set_new(all, "handshakes", count(t->handshakes));
    json_object_set_new(all, "handshakes_most", count(t->handshakes_most));
    json_object_set_new(all, "failovers", count(t->failovers));
    json_object_set_new(all, "failbacks", count(t->failbacks));
    json_object_set_new(all, "standing_by", count(t->standing_by));
    json_object_set_new(all, "media", media_json(&t->media));
    json_object_set_new(all, "log_lines_lost", count(t->log_lines_lost));
    return all;
}

json_t *lamp_json(const char *extension, bool on, enum mwi_result r, double seconds)
{
    json_t *lamp = json_object();

    json_object_set_new(lamp, "extension", text(extension));
    json_object_set_new(lamp, "on", json_boolean(on));
    json_object_set_new(lamp, "confirmed", json_boolean(r == MWI_CONFIRMED));
    json_object_set_new(lamp, "result", json_string(mwi_result_words(r)));
    json_object_set_new(lamp, "seconds", json_real(seconds));
    return lamp;
}

json_t *summary_json(const struct run_summary *s)
{
    json_t *all = totals_json(&s->totals);

    /* As it was when the end began: afterwards no port is registered. */
    json_object_set_new(all, "registered", count(s->registered));
    json_object_set_new(all, "ports_locked", count(s->totals.ports - s->registered));
    json_object_set_new(all, "seconds", json_real(s->seconds));
    json_object_set_new(all, "registered_after_seconds",
                        s->registered_after_s < 0 ? json_null() : json_real(s->registered_after_s));
    json_object_set_new(all, "ended", json_string(s->ended));
    json_object_set_new(all, "reached", json_boolean(s->reached));
    json_object_set_new(all, "troubles", s->troubles);
    return all;
}
