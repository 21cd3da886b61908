/* EDGE: what a port shows in `status`: RTMT's columns, then ours; see seat.h. */
#include "ports/seat.h"

#include <stdio.h>
#include <string.h>

static void put(char *to, size_t cap, const char *from)
{
    snprintf(to, cap, "%s", from);
}

/* RTMT's three statuses read "Idle" on a free port (unity-connection.md 6.1). */
static const char *application_status(const struct port *p)
{
    if (!port_in_call(p))
        return "Idle";
    return port_lamp_call(p) ? "MWI" : "Call";
}

static const char *display_status(const struct port *p)
{
    switch (p->state) {
    case PORT_RINGING:
    case PORT_ANSWERING:
        return "Answering";
    case PORT_TALKING:
    case PORT_KEPT:
        return "Connected";
    case PORT_CLEARING:
    case PORT_MWI_CLEARING:
        return "Hanging up";
    case PORT_MWI_OFF_HOOK:
    case PORT_MWI_DIAL_TONE:
    case PORT_MWI_DIALLED:
        return "Dialing";
    case PORT_STOPPED:
    case PORT_DOWN:
    case PORT_WAITING:
    case PORT_CONNECTING:
    case PORT_REGISTERING:
    case PORT_CONFIGURING:
    case PORT_IDLE:
    case PORT_UNREGISTERING:
    case PORT_STATES:
        break;
    }
    return "Idle";
}

static const char *conversation_status(const struct port *p)
{
    if ((p->state == PORT_TALKING || p->state == PORT_KEPT) && p->send.on)
        return "Opening Greeting";
    return port_in_call(p) ? application_status(p) : "Idle";
}

static void put_call(const struct seat *s, struct port_status *out)
{
    const struct port_info *i = &s->port.info;

    if (!port_in_call(&s->port))
        return;
    out->call_encrypted = port_encrypted(&s->port);
    if (port_lamp_call(&s->port))
        return;
    put(out->caller, sizeof out->caller, i->caller);
    put(out->called, sizeof out->called, i->called);
    put(out->redir, sizeof out->redir, i->redir);
    put(out->last_redir, sizeof out->last_redir, i->last_redir);
    put(out->reason, sizeof out->reason, port_reason_words(i->reason));
}

static void put_counters(const struct port *p, struct port_status *out)
{
    out->calls = p->calls;
    out->mwi_sent = p->lamps;
    out->mwi_failed = p->lamps_failed;
    out->registrations = p->registrations;
    out->digits = p->digits;
    out->unexpected = p->unexpected;
    out->unknown_messages = p->unknown;
}

void seat_status(const struct seat *s, struct port_status *out)
{
    const struct port *p = &s->port;

    memset(out, 0, sizeof *out);
    put(out->name, sizeof out->name, s->name);
    put(out->application_status, sizeof out->application_status, application_status(p));
    put(out->display_status, sizeof out->display_status, display_status(p));
    put(out->conversation_status, sizeof out->conversation_status, conversation_status(p));
    put(out->port_ext, sizeof out->port_ext, p->extension);
    put(out->state, sizeof out->state, port_state_words(p->state));
    out->trouble = s->trouble;
    out->registered = port_registered(p);
    out->mode = p->group->mode;
    out->protocol_version = p->version;
    if (s->line->link) {
        put(out->connected_to, sizeof out->connected_to, s->line->connected_to);
        put(out->tls_version, sizeof out->tls_version, s->line->version);
        put(out->cipher, sizeof out->cipher, s->line->cipher);
    }
    put(out->second_state, sizeof out->second_state, port_second_words(p->second.state));
    if (port_second_up(p))
        put(out->second_to, sizeof out->second_to, s->second->connected_to);
    put_call(s, out);
    put_counters(p, out);
    out->media = s->media;
}
