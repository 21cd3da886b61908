#include "tools/labcm/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *call_end_words(enum call_end end)
{
    switch (end) {
    case CALL_OVER_DEVICE:
        return "the port hung up";
    case CALL_OVER_PHONE:
        return "the phone hung up";
    case CALL_OVER_LAMP:
        return "the lamp of the phone was set";
    case CALL_OVER_BUSY:
        return "busy: every port is on a call";
    case CALL_OVER_NO_ANSWER:
        return "no answer";
    case CALL_OVER_NOBODY:
        return "no port is registered";
    case CALL_OVER_UNKNOWN:
        return "no such number";
    case CALL_OVER_PHONE_BUSY:
        return "the phone is on a call already";
    case CALL_OVER_NO_CODEC:
        return "the port does not offer the codec with that packet time";
    case CALL_OVER_NO_SOCKET:
        return "the phone got no UDP port";
    case CALL_OVER_MEDIA_REFUSED:
        return "the port refused the media";
    case CALL_OVER_MEDIA_LATE:
        return "the port did not acknowledge OpenReceiveChannel in time";
    case CALL_OVER_DEVICE_LOST:
        return "the port's connection was lost";
    case CALL_OVER_RESOURCES:
        return "no memory";
    }
    return "";
}

/* ---- legs ----------------------------------------------------------------------------------- */

static uint32_t with_node(const struct manager *m, uint32_t counter)
{
    return m->s.node << 24 | (counter & 0xFFFFFF);
}

static void leg_begin(struct manager *m, struct device *d, struct call *c, enum leg_state state)
{
    d->leg = (struct leg){
        .state = state,
        .call = c,
        .reference = with_node(m, ++m->references),
        .party = with_node(m, ++m->parties + 0x100),
    };
    hunt_set_free(m->hunt, d->index, false);
}

static void leg_end(struct manager *m, struct device *d)
{
    explicit_bzero(d->leg.digits, sizeof d->leg.digits); /* may be part of a PIN */
    d->leg = (struct leg){.state = LEG_NONE};
    hunt_set_free(m->hunt, d->index, d->state == DEVICE_IN_SERVICE);
}

/* Tells the device that its call is over, and frees its line. */
static void clear(struct manager *m, struct device *d)
{
    struct sccp_time_date_res now;

    m->edge.now(m->edge.arg, &now);
    close_channel(&m->edge.outlet, d);
    present_over(&m->edge.outlet, d, &now);
    leg_end(m, d);
}

static void alarm_in(struct call *c, unsigned ms)
{
    c->manager->edge.alarm(c->manager->edge.arg, c, ms);
}

/* The device is out of it already. */
static void finish(struct call *c, enum call_end end)
{
    struct manager *m = c->manager;

    alarm_in(c, 0);
    hunt_walk_end(&c->walk);
    if (c->state == CALL_TALKING)
        m->talking--;
    if (c->far) {
        m->phones[c->asked.phone].call = NULL;
        m->edge.far_over(m->edge.arg, c, end);
    }
    explicit_bzero(c, sizeof *c);
    free(c);
}

/* ---- a phone calls: ringing ------------------------------------------------------------------ */

static void ring(struct call *c, struct device *d)
{
    struct manager *m = c->manager;

    leg_begin(m, d, c, LEG_RINGING);
    d->leg.next_ringing = c->ringing;
    c->ringing = d;
    present_ring_in(&m->edge.outlet, d, &c->parties);
    m->edge.far_rung(m->edge.arg, c, d);
}

static void no_longer_ringing(struct call *c, const struct device *d)
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
        clear(c->manager, d);
    }
}

static bool ring_next(struct call *c)
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
        alarm_in(c, m->s.ring_no_answer_ms);
    return c->ringing != NULL;
}

static bool ring_one(struct call *c, struct device *d)
{
    if (d->state != DEVICE_IN_SERVICE || d->leg.state != LEG_NONE)
        return false;
    ring(c, d);
    alarm_in(c, CALL_DIRECT_RING_MS);
    return true;
}

static void set_number(sccp_number to, const char *from)
{
    snprintf(to, sizeof(sccp_number), "%s", from);
}

/* A forwarded call keeps the mailbox in "original called", its last hop in "last redirecting". */
static void name_parties(struct call *c)
{
    const struct call_request *r = &c->asked;
    struct call_parties *p = &c->parties;

    plan_phone_number(r->phone, p->calling);
    snprintf(p->calling_name, sizeof p->calling_name, "Phone %s", p->calling);
    set_number(p->called, r->to);
    snprintf(p->called_name, sizeof p->called_name, "Voicemail");
    set_number(p->original, *r->first_forwarder ? r->first_forwarder : r->to);
    snprintf(p->original_name, sizeof p->original_name, "%s%s",
             *r->first_forwarder ? "Phone " : "Voicemail", r->first_forwarder);
    set_number(p->last, r->last_forwarder);
    if (*r->last_forwarder)
        snprintf(p->last_name, sizeof p->last_name, "Phone %s", r->last_forwarder);
    p->reason = *r->first_forwarder ? r->reason : SCCP_REDIRECT_NONE;
    p->type = SCCP_CALL_TYPE_INBOUND;
    if (c->hunting)
        set_number(p->hunt_pilot, r->to);
}

static struct call *refuse(enum call_end why, enum call_end *end)
{
    *end = why;
    return NULL;
}

static struct call *call_new(struct manager *m)
{
    struct call *c = calloc(1, sizeof *c);

    if (c)
        c->manager = m;
    return c;
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
    if (m->phones[r->phone].call)
        return refuse(CALL_OVER_PHONE_BUSY, end);
    if (to.kind == PLAN_IS_MWI && !to.has_phone) {
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
    if (!(c->hunting ? ring_next(c) : ring_one(c, &m->devices[to.index])))
        return drop(c,
                    c->hunting || m->devices[to.index].state == DEVICE_IN_SERVICE
                        ? nobody_rung(m)
                        : CALL_OVER_NOBODY,
                    end);
    m->phones[r->phone].call = c;
    return c;
}

static void nobody_answered(struct call *c)
{
    stop_ringing(c);
    if (!ring_next(c))
        finish(c, CALL_OVER_NO_ANSWER);
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

static void give_up(struct call *c, struct device *d, enum call_end why)
{
    clear(c->manager, d);
    finish(c, why);
}

static void answer(struct manager *m, struct device *d)
{
    struct call *c = d->leg.call;

    no_longer_ringing(c, d);
    stop_ringing(c);
    if (!choose_codec(c, d)) {
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d,
                     "no common codec: the port's capabilities have no G.711 with %u ms",
                     c->asked.packet_ms);
        give_up(c, d, CALL_OVER_NO_CODEC);
        return;
    }
    c->device = d;
    c->encrypted = d->mode == LAB_ENCRYPTED && !c->asked.clear;
    d->leg.state = LEG_CONNECTED;
    if (!open_both(c, d)) {
        give_up(c, d, CALL_OVER_NO_SOCKET);
        return;
    }
    c->state = CALL_TALKING;
    m->talking++;
    m->answered++;
    d->calls++;
    alarm_in(c, CALL_MEDIA_MS);
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
        give_up(c, d, CALL_OVER_MEDIA_REFUSED);
        return;
    }
    if (net_ip_is_any(&c->device_addr) || c->device_addr.port == 0 || a->port > UINT16_MAX) {
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "OpenReceiveChannelAck without an address");
        give_up(c, d, CALL_OVER_MEDIA_REFUSED);
        return;
    }
    c->acknowledged = true;
    alarm_in(c, 0);
    m->edge.far_talk(m->edge.arg, c);
}

void call_sending(struct manager *m, struct device *d, const struct sccp_start_transmit_ack *a)
{
    if (a->status == SCCP_MEDIA_OK || d->leg.state != LEG_CONNECTED || a->party != d->leg.party)
        return;
    manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "StartMediaTransmissionAck: status %u", a->status);
    give_up(d->leg.call, d, CALL_OVER_MEDIA_REFUSED);
}

void call_phone_hangs_up(struct call *c)
{
    stop_ringing(c);
    if (c->device)
        clear(c->manager, c->device);
    finish(c, CALL_OVER_PHONE);
}

/* ---- a device calls -------------------------------------------------------------------------- */

static void cannot_complete(struct call *c, uint32_t call_state, uint32_t tone)
{
    struct manager *m = c->manager;

    c->state = CALL_TONE;
    c->device->leg.state = LEG_TONE;
    present_failure(&m->edge.outlet, c->device, call_state, tone);
    alarm_in(c, CALL_TONE_MS);
}

static void proceed(struct call *c)
{
    struct device *d = c->device;

    set_number(c->parties.calling, d->leg.has_subscriber ? d->leg.subscriber : d->number);
    set_number(c->parties.called, d->leg.digits);
    c->parties.type = SCCP_CALL_TYPE_OUTBOUND;
    d->leg.state = LEG_PROCEEDING;
    present_proceed(&c->manager->edge.outlet, d, &c->parties);
}

/* The lamp is that of the calling party, unless the digits name an extension behind the code. */
static void switch_lamp(struct call *c, const struct plan_route *r)
{
    struct manager *m = c->manager;
    struct device *d = c->device;
    sccp_number whose;

    set_number(whose, c->parties.calling);
    if (r->has_phone)
        plan_phone_number(r->index, whose);
    if (!manager_set_lamp(m, whose, r->lamp_on, d->name)) {
        manager_note(m, LOG_WARN, LOG_NOTIFIER, d,
                     "message waiting for %s: no line has this number", whose);
        cannot_complete(c, SCCP_CALL_CONGESTION, SCCP_TONE_REORDER);
        return;
    }
    d->lamps++;
    c->state = CALL_TONE;
    d->leg.state = LEG_TONE;
    present_tone(&m->edge.outlet, d, SCCP_TONE_CONFIRMATION);
    alarm_in(c, CALL_TONE_MS);
}

/* Nobody lifts a phone here: it rings until the caller gives up or the timer does. */
static void ring_phone(struct call *c, unsigned phone)
{
    struct manager *m = c->manager;

    if (m->phones[phone].call) {
        cannot_complete(c, SCCP_CALL_BUSY, SCCP_TONE_LINE_BUSY);
        return;
    }
    c->state = CALL_ALERTING;
    present_ring_out(&m->edge.outlet, c->device);
    alarm_in(c, CALL_DIRECT_RING_MS);
}

static void route(struct call *c, bool whole)
{
    struct manager *m = c->manager;
    struct leg *leg = &c->device->leg;
    struct plan_route r = plan_look_up(&m->s.plan, leg->digits, whole, leg->has_subscriber);

    if (r.kind == PLAN_MORE)
        return;
    if (r.kind != PLAN_UNKNOWN)
        proceed(c);
    switch (r.kind) {
    case PLAN_IS_MWI:
        switch_lamp(c, &r);
        break;
    case PLAN_IS_PHONE:
        ring_phone(c, r.index);
        break;
    case PLAN_IS_PORT:
    case PLAN_IS_PILOT: /* a port that calls voicemail would call itself */
        cannot_complete(c, SCCP_CALL_CONGESTION, SCCP_TONE_REORDER);
        break;
    case PLAN_UNKNOWN:
    case PLAN_MORE:
        cannot_complete(c, SCCP_CALL_INVALID_NUMBER, SCCP_TONE_REORDER);
        break;
    }
}

/* Glare: the port goes off hook while a call is being offered to it. The offer goes on to the next
 * member. */
static void yield_ringing(struct manager *m, struct device *d)
{
    struct call *c = d->leg.call;

    no_longer_ringing(c, d);
    clear(m, d);
    if (!c->ringing && !ring_next(c))
        finish(c, CALL_OVER_NO_ANSWER);
}

static bool begin_dialling(struct manager *m, struct device *d, const char *subscriber)
{
    struct call *c;

    if (d->leg.state == LEG_RINGING)
        yield_ringing(m, d);
    if (d->leg.state != LEG_NONE) {
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "off hook in a call: ignored");
        return false;
    }
    c = call_new(m);
    if (!c)
        return false;
    c->state = CALL_DIALLING;
    c->device = d;
    leg_begin(m, d, c, LEG_DIALLING);
    d->leg.has_subscriber = subscriber != NULL;
    set_number(d->leg.subscriber, subscriber ? subscriber : "");
    present_dial_tone(&m->edge.outlet, d);
    alarm_in(c, CALL_DIGIT_MS);
    return true;
}

void call_off_hook(struct manager *m, struct device *d, uint32_t reference)
{
    if (d->leg.state != LEG_RINGING) {
        (void)begin_dialling(m, d, NULL);
        return;
    }
    if (reference == 0 || reference == d->leg.reference)
        answer(m, d);
    else
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "off hook for call %u: call %u is ringing",
                     reference, d->leg.reference);
}

void call_off_hook_as(struct manager *m, struct device *d, const struct sccp_off_hook_with_cgpn *as)
{
    (void)begin_dialling(m, d, *as->calling_party ? as->calling_party : as->voice_mailbox);
}

static bool add_digit(struct leg *leg, char digit)
{
    size_t n = strlen(leg->digits);

    if (n + 1 >= sizeof leg->digits)
        return false;
    leg->digits[n] = digit;
    leg->digits[n + 1] = '\0';
    return true;
}

void call_digit(struct manager *m, struct device *d, char digit)
{
    struct leg *leg = &d->leg;

    if (leg->state != LEG_DIALLING || digit == '\0')
        return;
    if (leg->digits[0] == '\0')
        present_first_digit(&m->edge.outlet, d);
    alarm_in(leg->call, CALL_DIGIT_MS);
    if (!add_digit(leg, digit)) {
        cannot_complete(leg->call, SCCP_CALL_INVALID_NUMBER, SCCP_TONE_REORDER);
        return;
    }
    route(leg->call, false);
}

/* The number as a whole: it opens the call itself, or follows an off hook. */
void call_enbloc(struct manager *m, struct device *d, const char *number)
{
    if (d->leg.state != LEG_DIALLING && !begin_dialling(m, d, NULL))
        return;
    if (d->leg.digits[0] == '\0')
        present_first_digit(&m->edge.outlet, d);
    snprintf(d->leg.digits, sizeof d->leg.digits, "%.24s", number);
    route(d->leg.call, true);
}

void call_on_hook(struct manager *m, struct device *d, uint32_t reference)
{
    struct call *c = d->leg.call;

    /* After the far end has hung up a device confirms with OnHook: there is nothing left to end.
     * While it rings, OnHook changes nothing: the hunt goes on in its own time (sccp.md 7.4). */
    if (!c || d->leg.state == LEG_RINGING || (reference && reference != d->leg.reference))
        return;
    clear(m, d);
    finish(c, CALL_OVER_DEVICE);
}

void call_device_lost(struct manager *m, struct device *d)
{
    struct call *c = d->leg.call;
    bool rang = d->leg.state == LEG_RINGING;

    if (!c)
        return;
    if (rang)
        no_longer_ringing(c, d);
    leg_end(m, d);
    if (!rang)
        finish(c, CALL_OVER_DEVICE_LOST);
    else if (!c->ringing && !ring_next(c))
        finish(c, CALL_OVER_NO_ANSWER);
}

/* ---- time ------------------------------------------------------------------------------------ */

void call_alarm(struct call *c)
{
    switch (c->state) {
    case CALL_RINGING:
        nobody_answered(c);
        break;
    case CALL_TALKING:
        manager_note(c->manager, LOG_WARN, LOG_MIU_CALL, c->device,
                     "OpenReceiveChannelAck did not come within %u s", CALL_MEDIA_MS / 1000);
        give_up(c, c->device, CALL_OVER_MEDIA_LATE);
        break;
    case CALL_DIALLING:
        route(c, true);
        break;
    case CALL_ALERTING:
        cannot_complete(c, SCCP_CALL_CONGESTION, SCCP_TONE_REORDER);
        break;
    case CALL_TONE:
        give_up(c, c->device, CALL_OVER_DEVICE);
        break;
    }
}
