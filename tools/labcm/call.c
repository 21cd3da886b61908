/* Calls of phones: hunting, answering, media, and the end of every call. */
#include "tools/labcm/call_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a phone calls: ringing ------------------------------------------------------------------ */

static void ring(struct call *c, struct device *d)
{
    struct manager *m = c->manager;

    call_leg_begin(m, d, c, LEG_RINGING);
    d->leg.next_ringing = c->ringing;
    c->ringing = d;
    present_ring_in(&m->edge.outlet, d, &c->parties);
    m->edge.far_rung(m->edge.arg, c, d);
}

void call_no_longer_ringing(struct call *c, const struct device *d)
{
    for (struct device **at = &c->ringing; *at; at = &(*at)->leg.next_ringing)
        if (*at == d) {
            *at = d->leg.next_ringing;
            return;
        }
}

static void stop_ringing(struct call *c)
{
    while (c->ringing) {
        struct device *d = c->ringing;
        c->ringing = d->leg.next_ringing;
        call_clear(c->manager, d);
    }
}

bool call_ring_next(struct call *c)
{
    struct manager *m = c->manager;
    uint32_t member;

    if (!c->hunting)
        return false;
    while ((member = hunt_next(m->hunt, &c->walk)) != HUNT_NOBODY) {
        ring(c, &m->devices[member]);
        if (hunt_algorithm(m->hunt) != HUNT_BROADCAST)
            break;
    }
    if (c->ringing)
        call_alarm_in(c, m->s.ring_no_answer_ms);
    return c->ringing != NULL;
}

static bool ring_one(struct call *c, struct device *d)
{
    if (d->state != DEVICE_IN_SERVICE || d->leg.state != LEG_NONE)
        return false;
    ring(c, d);
    call_alarm_in(c, CALL_DIRECT_RING_MS);
    return true;
}

/* A forwarded call keeps the mailbox in "original called", its last hop in "last redirecting". */
static void name_parties(struct call *c)
{
    const struct call_request *r = &c->asked;
    struct call_parties *p = &c->parties;

    plan_phone_number(r->phone, p->calling);
    snprintf(p->calling_name, sizeof p->calling_name, "Phone %s", p->calling);
    call_set_number(p->called, r->to);
    snprintf(p->called_name, sizeof p->called_name, "Voicemail");
    call_set_number(p->original, *r->first_forwarder ? r->first_forwarder : r->to);
    snprintf(p->original_name, sizeof p->original_name, "%s%s",
             *r->first_forwarder ? "Phone " : "Voicemail", r->first_forwarder);
    call_set_number(p->last, r->last_forwarder);
    if (*r->last_forwarder)
        snprintf(p->last_name, sizeof p->last_name, "Phone %s", r->last_forwarder);
    p->reason = *r->first_forwarder ? r->reason : SCCP_REDIRECT_NONE;
    p->type = SCCP_CALL_TYPE_INBOUND;
    if (c->hunting)
        call_set_number(p->hunt_pilot, r->to);
}

static struct call *refuse(enum call_end why, enum call_end *end)
{
    *end = why;
    return NULL;
}

static struct call *drop(struct call *c, enum call_end why, enum call_end *end)
{
    hunt_walk_end(&c->walk);
    free(c);
    return refuse(why, end);
}

/* Busy or nobody there: which one a caller is told. */
static enum call_end nobody_rung(const struct manager *m)
{
    return m->in_service ? CALL_OVER_BUSY : CALL_OVER_NOBODY;
}

struct call *call_place(struct manager *m, const struct call_request *r, void *far,
                        enum call_end *end)
{
    struct plan_route to = plan_look_up(&m->s.plan, r->to, true, false);
    struct call *c;

    m->placed++;
    if (r->phone < PLAN_PHONES && m->phones[r->phone].call)
        return refuse(CALL_OVER_PHONE_BUSY, end);
    if (to.kind == PLAN_IS_MWI && !to.has_phone && r->phone < PLAN_PHONES) {
        sccp_number own;
        plan_phone_number(r->phone, own);
        manager_set_lamp(m, own, to.lamp_on, own);
        return refuse(CALL_OVER_LAMP, end);
    }
    if (to.kind != PLAN_IS_PILOT && to.kind != PLAN_IS_PORT)
        return refuse(CALL_OVER_UNKNOWN, end);
    c = call_new(m);
    if (!c)
        return refuse(CALL_OVER_RESOURCES, end);
    c->far = far;
    c->asked = *r;
    c->hunting = to.kind == PLAN_IS_PILOT;
    name_parties(c);
    if (!(c->hunting ? call_ring_next(c) : ring_one(c, &m->devices[to.index])))
        return drop(c,
                    c->hunting || m->devices[to.index].state == DEVICE_IN_SERVICE
                        ? nobody_rung(m)
                        : CALL_OVER_NOBODY,
                    end);
    if (r->phone < PLAN_PHONES)
        m->phones[r->phone].call = c;
    return c;
}

static void nobody_answered(struct call *c)
{
    stop_ringing(c);
    if (!call_ring_next(c))
        call_finish(c, CALL_OVER_NO_ANSWER);
}

/* ---- talking --------------------------------------------------------------------------------- */

/* CUCM takes a codec from both capability lists; with a phone that has both laws the port's list
 * decides. */
static bool choose_codec(struct call *c, const struct device *d)
{
    static const uint32_t laws[] = {SCCP_CODEC_G711U, SCCP_CODEC_G711A};

    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        if (c->asked.codec && c->asked.codec != laws[i])
            continue;
        if (device_packet_ms(d, laws[i]) < c->asked.packet_ms)
            continue;
        c->media.codec = laws[i];
        c->media.packet_ms = c->asked.packet_ms;
        return true;
    }
    return false;
}

static void make_key(struct call *c, struct sccp_srtp *key)
{
    const struct manager_edge *edge = &c->manager->edge;

    *key = (struct sccp_srtp){.algorithm = SCCP_SRTP_NONE};
    if (!c->encrypted)
        return;
    key->algorithm = c->asked.suite;
    key->key_len = 16;
    key->salt_len = c->asked.suite == SCCP_SRTP_AEAD_AES_128_GCM ? 12 : 14;
    edge->random(edge->arg, key->key, key->key_len);
    edge->random(edge->arg, key->salt, key->salt_len);
}

static uint32_t security_of(const struct call *c, const struct device *d)
{
    if (c->encrypted)
        return SCCP_SECURITY_ENCRYPTED;
    return d->mode == LAB_NON_SECURE || c->asked.clear ? SCCP_SECURITY_NOT_AUTHENTICATED
                                                       : SCCP_SECURITY_AUTHENTICATED;
}

/* The phone's own channel is open at once, so the device is told to send right away: often before
 * its own acknowledgement is on the way (sccp.md 7.4). */
static bool open_both(struct call *c, struct device *d)
{
    const struct manager_edge *edge = &c->manager->edge;

    make_key(c, &c->media.to_device);
    make_key(c, &c->media.from_device);
    c->media.dtmf_payload = c->asked.dtmf_payload;
    if (!edge->far_open(edge->arg, c, &c->media.far))
        return false;
    c->parties.security = security_of(c, d);
    present_answered(&edge->outlet, d);
    open_channel(&edge->outlet, d, &c->media);
    present_connected(&edge->outlet, d, &c->parties);
    start_transmission(&edge->outlet, d, &c->media);
    return true;
}

static void answer(struct manager *m, struct device *d)
{
    struct call *c = d->leg.call;

    call_no_longer_ringing(c, d);
    stop_ringing(c);
    if (!choose_codec(c, d)) {
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d,
                     "no common codec: the port's capabilities have no G.711 with %u ms",
                     c->asked.packet_ms);
        call_give_up(c, d, CALL_OVER_NO_CODEC);
        return;
    }
    c->device = d;
    c->encrypted = d->mode == LAB_ENCRYPTED && !c->asked.clear;
    d->leg.state = LEG_CONNECTED;
    if (!open_both(c, d)) {
        call_give_up(c, d, CALL_OVER_NO_SOCKET);
        return;
    }
    c->state = CALL_TALKING;
    m->talking++;
    m->answered++;
    d->calls++;
    call_alarm_in(c, CALL_MEDIA_MS);
}

/* Phones of older versions seem not to (sccp.md 6.5, 0x0154). */
static bool says_that_it_sends(const struct device *d)
{
    return d->version >= 17;
}

static bool acknowledges(struct manager *m, const struct device *d,
                         const struct sccp_open_receive_ack *a)
{
    if (d->leg.state == LEG_CONNECTED && a->party == d->leg.party &&
        (a->call == 0 || a->call == d->leg.reference))
        return true;
    manager_note(m, LOG_WARN, LOG_MIU_CALL, d,
                 "OpenReceiveChannelAck for party %u, call %u: no such channel is being opened",
                 a->party, a->call);
    return false;
}

void call_channel_open(struct manager *m, struct device *d, const struct sccp_open_receive_ack *a)
{
    struct call *c = d->leg.call;

    if (!acknowledges(m, d, a))
        return;
    c->device_addr = sccp_addr_to(&a->addr, a->port);
    if (a->status != SCCP_MEDIA_OK) {
        const char *words = sccp_media_status_name(a->status);
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "OpenReceiveChannelAck: status %u (%s)",
                     a->status, words ? words : "unknown");
        call_give_up(c, d, CALL_OVER_MEDIA_REFUSED);
        return;
    }
    if (net_ip_is_any(&c->device_addr) || c->device_addr.port == 0 || a->port > UINT16_MAX) {
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "OpenReceiveChannelAck without an address");
        call_give_up(c, d, CALL_OVER_MEDIA_REFUSED);
        return;
    }
    m->with_media += !c->acknowledged;
    c->acknowledged = true;
    if (says_that_it_sends(d))
        call_alarm_in(c, c->sending ? 0 : CALL_MEDIA_MS);
    else
        call_alarm_in(c, 0);
    m->edge.far_talk(m->edge.arg, c);
}

void call_sending(struct manager *m, struct device *d, const struct sccp_start_transmit_ack *a)
{
    if (d->leg.state != LEG_CONNECTED || a->party != d->leg.party)
        return;
    d->leg.call->sending = true;
    if (a->status == SCCP_MEDIA_OK) {
        if (d->leg.call->acknowledged)
            call_alarm_in(d->leg.call, 0);
        return;
    }
    manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "StartMediaTransmissionAck: status %u", a->status);
    call_give_up(d->leg.call, d, CALL_OVER_MEDIA_REFUSED);
}

void call_phone_hangs_up(struct call *c)
{
    stop_ringing(c);
    if (c->device)
        call_clear(c->manager, c->device);
    call_finish(c, CALL_OVER_PHONE);
}

/* ---- hooks and losses ------------------------------------------------------------------------ */

void call_off_hook(struct manager *m, struct device *d, uint32_t reference)
{
    if (d->leg.state != LEG_RINGING) {
        (void)call_begin_dialling(m, d, NULL);
        return;
    }
    if (reference == 0 || reference == d->leg.reference)
        answer(m, d);
    else
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "off hook for call %u: call %u is ringing",
                     reference, d->leg.reference);
}

void call_on_hook(struct manager *m, struct device *d, uint32_t reference)
{
    struct call *c = d->leg.call;

    /* After the far end has hung up a device confirms with OnHook: there is nothing left to end.
     * While it rings, OnHook changes nothing: the hunt goes on in its own time (sccp.md 7.4). */
    if (!c || d->leg.state == LEG_RINGING || (reference && reference != d->leg.reference))
        return;
    call_clear(m, d);
    call_finish(c, CALL_OVER_DEVICE);
}

void call_device_lost(struct manager *m, struct device *d)
{
    struct call *c = d->leg.call;
    bool rang = d->leg.state == LEG_RINGING;

    if (!c)
        return;
    if (rang)
        call_no_longer_ringing(c, d);
    call_leg_end(m, d);
    if (!rang)
        call_finish(c, m->going_down ? CALL_OVER_SERVICE_DOWN : CALL_OVER_DEVICE_LOST);
    else if (!c->ringing && !call_ring_next(c))
        call_finish(c, CALL_OVER_NO_ANSWER);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Without OpenReceiveChannelAck there is no call. A server does not wait for the other one, but a
 * device that is careful says it. */
static void media_late(struct call *c)
{
    manager_note(c->manager, LOG_WARN, LOG_MIU_CALL, c->device, "%s did not come within %u s",
                 c->acknowledged ? "StartMediaTransmissionAck" : "OpenReceiveChannelAck",
                 CALL_MEDIA_MS / 1000);
    if (!c->acknowledged)
        call_give_up(c, c->device, CALL_OVER_MEDIA_LATE);
}

void call_alarm(struct call *c)
{
    switch (c->state) {
    case CALL_RINGING:
        nobody_answered(c);
        break;
    case CALL_TALKING:
        media_late(c);
        break;
    case CALL_DIALLING:
        call_dial_late(c);
        break;
    case CALL_ALERTING:
        call_ring_late(c);
        break;
    case CALL_TONE:
        call_give_up(c, c->device, CALL_OVER_DEVICE);
        break;
    }
}
