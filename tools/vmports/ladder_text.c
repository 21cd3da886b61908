/* The ladders of a capture and its lamp calls, for people and for scripts. */
#include "tools/vmports/ladder_text.h"

#include "base/text.h"
#include "sccp/message.h"

#include <inttypes.h>
#include <string.h>

#define LADDERS_MOST  40  /* shown; --json has all */
#define MESSAGES_MOST 200 /* of each */
#define TEXT_MOST     120 /* columns of a message */

static double since(const struct verify_report *r, int64_t us)
{
    return (double)(us - r->totals.first_us) / 1e6;
}

static const char *name_of(const struct verify_connection *c)
{
    return *c->ladder->name ? c->ladder->name : *c->line->name ? c->line->name : "-";
}

/* Is there anything to say of it? Without a key log, what cannot be opened is no news. */
static bool has_ladder(const struct verify_report *r, const struct verify_connection *c)
{
    const struct ladder_facts *l = c->ladder;

    return l && (l->count || l->unkept || (r->keys && (*l->ended[0] || *l->ended[1])));
}

/* ---- for people ------------------------------------------------------------------------------ */

static bool is_keepalive(const struct ladder_message *m)
{
    return m->id == SCCP_KEEP_ALIVE || m->id == SCCP_KEEP_ALIVE_ACK;
}

static void print_message(const struct verify_report *r, const struct ladder_message *m, FILE *out)
{
    const bool cut = strlen(m->text) > TEXT_MOST;

    fprintf(out, "  %12.6f  %s  %.*s%s\n", since(r, m->time_us),
            m->from == FLOW_CLIENT ? "-->" : "<--", TEXT_MOST, m->text, cut ? "..." : "");
}

/* In order of time; a line says which call those below belong to. */
static void print_messages(const struct verify_report *r, const struct ladder_facts *l, FILE *out)
{
    size_t shown = 0, keepalives = 0, left = 0;
    uint32_t call = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct ladder_message *m = &l->messages[i];
        keepalives += is_keepalive(m);
        left += !is_keepalive(m) && shown == MESSAGES_MOST;
        if (is_keepalive(m) || shown == MESSAGES_MOST)
            continue;
        if (m->call && m->call != call)
            fprintf(out, "    call %" PRIu32 "\n", call = m->call);
        print_message(r, m, out);
        shown++;
    }
    if (left || l->unkept)
        fprintf(out, "  ... and %" PRIu64 " more%s\n", left + l->unkept,
                l->unkept ? "" : ": --json has all");
    if (keepalives)
        fprintf(out, "  %zu keepalives and their answers are not shown\n", keepalives);
}

static void print_ends(const struct ladder_facts *l, FILE *out)
{
    const bool same = strcmp(l->ended[0], l->ended[1]) == 0;

    if (same && *l->ended[0])
        fprintf(out, "  both directions: %s\n", l->ended[0]);
    for (int i = 0; !same && i < 2; i++)
        if (*l->ended[i])
            fprintf(out, "  %s: %s\n", i == FLOW_CLIENT ? "-->" : "<--", l->ended[i]);
    if (l->gaps)
        fprintf(out, "  %" PRIu64 " gaps in the capture\n", l->gaps);
    if (l->broken)
        fprintf(out, "  %" PRIu64 " messages end early\n", l->broken);
}

void ladder_print(const struct verify_report *r, FILE *out, bool colour)
{
    const char *on = colour ? "\x1b[1m" : "", *off = colour ? "\x1b[0m" : "";
    size_t shown = 0, more = 0;

    for (size_t i = 0; i < r->connection_count; i++) {
        const struct verify_connection *c = &r->connections[i];
        char client[NET_ADDR_TEXT], server[NET_ADDR_TEXT];
        if (!has_ladder(r, c))
            continue;
        if (shown == LADDERS_MOST) {
            more++;
            continue;
        }
        if (shown++ == 0)
            fprintf(out, "\n%sSCCP: --> from the port, <-- from the call manager, in seconds%s\n",
                    on, off);
        fprintf(out, "%s%s%s  %s to %s\n", on, name_of(c), off,
                net_addr_text(&c->flow->ends[FLOW_CLIENT], client),
                net_addr_text(&c->flow->ends[FLOW_SERVER], server));
        print_messages(r, c->ladder, out);
        print_ends(c->ladder, out);
    }
    if (more)
        fprintf(out, "  ... and %zu more connections: --json has all\n", more);
}

static void print_lamp(const struct verify_report *r, const struct verify_connection *c,
                       const struct lamp_call *lamp, FILE *out)
{
    fprintf(out, "  %-16s %12.6f %8.3f  %-12s %-16s %s\n", name_of(c), since(r, lamp->first_us),
            (double)(lamp->last_us - lamp->first_us) / 1e6, *lamp->mailbox ? lamp->mailbox : "-",
            *lamp->number ? lamp->number : "-", lamp->result);
}

void lamp_calls_print(const struct verify_report *r, FILE *out, bool colour)
{
    size_t shown = 0, more = 0;

    for (size_t i = 0; i < r->connection_count; i++) {
        const struct verify_connection *c = &r->connections[i];
        for (size_t k = 0; c->ladder && k < c->ladder->lamp_count; k++) {
            if (shown == LADDERS_MOST) {
                more++;
                continue;
            }
            if (shown++ == 0)
                fprintf(out, "\n%sLamp calls%s\n  %-16s %12s %8s  %-12s %-16s %s\n",
                        colour ? "\x1b[1m" : "", colour ? "\x1b[0m" : "", "port", "at", "seconds",
                        "mailbox", "dialled", "result");
            print_lamp(r, c, &c->ladder->lamps[k], out);
        }
    }
    if (more)
        fprintf(out, "  ... and %zu more: --json has all\n", more);
}

/* ---- for scripts ----------------------------------------------------------------------------- */

static json_t *message_json(const struct verify_report *r, const struct ladder_message *m)
{
    const char *fields = strchr(m->text, ' ');

    return json_pack("{s:f, s:s, s:s, s:I, s:I, s:s}", "time", since(r, m->time_us), "from",
                     m->from == FLOW_CLIENT ? "port" : "call manager", "message", sccp_name(m->id),
                     "id", (json_int_t)m->id, "call", (json_int_t)m->call, "fields",
                     fields ? fields + 1 : "");
}

static json_t *address_json(const struct net_addr *a)
{
    char text[NET_ADDR_TEXT];

    return json_string(net_addr_text(a, text));
}

static json_t *connection_json(const struct verify_report *r, const struct verify_connection *c)
{
    const struct ladder_facts *l = c->ladder;
    json_t *messages = json_array();

    for (size_t i = 0; i < l->count; i++)
        json_array_append_new(messages, message_json(r, &l->messages[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:I, s:I, s:I}", "port", name_of(c), "client",
                     address_json(&c->flow->ends[FLOW_CLIENT]), "server",
                     address_json(&c->flow->ends[FLOW_SERVER]), "messages", messages, "port_unread",
                     l->ended[FLOW_CLIENT], "call_manager_unread", l->ended[FLOW_SERVER], "gaps",
                     (json_int_t)l->gaps, "broken", (json_int_t)l->broken, "not_kept",
                     (json_int_t)l->unkept);
}

json_t *ladder_json(const struct verify_report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->connection_count; i++)
        if (has_ladder(r, &r->connections[i]))
            json_array_append_new(list, connection_json(r, &r->connections[i]));
    return list;
}

json_t *lamp_calls_json(const struct verify_report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->connection_count; i++) {
        const struct verify_connection *c = &r->connections[i];
        for (size_t k = 0; c->ladder && k < c->ladder->lamp_count; k++) {
            const struct lamp_call *lamp = &c->ladder->lamps[k];
            json_array_append_new(
                list, json_pack("{s:s, s:f, s:f, s:s, s:s, s:s}", "port", name_of(c), "time",
                                since(r, lamp->first_us), "seconds",
                                (double)(lamp->last_us - lamp->first_us) / 1e6, "mailbox",
                                lamp->mailbox, "number", lamp->number, "result", lamp->result));
        }
    }
    return list;
}
