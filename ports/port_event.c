/* Where one happening can be two events of the table: which one it is. */
#include "ports/rules.h"
#include "sccp/values.h"

static bool may_be_kept(const struct port *p)
{
    return p->state == PORT_TALKING && (p->send.on || p->receive.on) &&
           p->group->kept_call_quiet_ms > 0;
}

static enum port_event_kind gone(const struct port *p, enum port_event_kind k)
{
    if (p->leaving)
        return EV_LEFT;
    if (p->state == PORT_UNREGISTERING)
        return p->going_back && port_second_up(p) ? EV_LEFT_TO_GO_BACK : EV_LEFT_FOR_RESET;
    return k;
}

static enum port_event_kind link_lost(const struct port *p)
{
    if (may_be_kept(p))
        return EV_LOST_IN_CALL;
    return !p->leaving && port_registered(p) && port_second_up(p) ? EV_LOST_TO_STANDBY
                                                                  : gone(p, EV_LINK_LOST);
}

static enum port_event_kind kept_over_kind(const struct port *p)
{
    if (p->leaving)
        return EV_LEFT;
    return port_second_up(p) ? EV_KEPT_OVER_TO_STANDBY : EV_KEPT_OVER;
}

/* Without signalling, what else only the call manager ends a call by. */
static bool ends_kept(const struct port *p, enum port_event_kind k)
{
    if (k == EV_TIMEOUT)
        return p->now_ms - p->heard_ms >= (int64_t)p->group->kept_call_quiet_ms;
    return k == EV_UNREACHABLE || k == EV_CALL_TOO_LONG ||
           (k == EV_PLAYED && p->group->after == AFTER_HANGUP);
}

static enum port_event_kind timed_out(const struct port *p)
{
    if (p->state == PORT_UNREGISTERING)
        return gone(p, EV_TIMEOUT);
    if (p->state == PORT_CONFIGURING && p->step == STEP_TIME)
        return EV_TIME_MISSED;
    if (p->state == PORT_KEPT)
        return EV_KEPT_LOOK;
    if (p->state != PORT_MWI_OFF_HOOK)
        return EV_TIMEOUT;
    if (p->offer.call)
        return EV_TIMEOUT_CALL_CAME;
    return !p->by_prefix && p->group->mwi.fallback_to_prefix ? EV_TIMEOUT_TRY_PREFIX : EV_TIMEOUT;
}

static enum port_event_kind rings(const struct port *p, const struct port_event *ev)
{
    if (p->leaving || p->never_answers)
        return EV_RING_UNWANTED;
    if (p->state != PORT_IDLE)
        return EV_RING_SECOND;
    return p->info_call && p->info_call == ev->ids.call ? EV_RING_INFORMED : EV_RING;
}

/* CUC's inactivity detection: a call that is up, with a channel, on which nothing comes. */
static bool heard_nothing(const struct port *p, const struct media_counts *c)
{
    return p->group->drop_inactive && p->state == PORT_TALKING && p->receive.on &&
           c->received == p->heard && p->now_ms - p->heard_ms >= QUIET_MS;
}

/* "2 NAK, call active -> stay" (7.12); who is to leave for good waits for the time-out only. */
static enum port_event_kind unregistered(const struct port *p, const struct port_event *ev)
{
    if (ev->value == SCCP_UNREGISTER_OK)
        return gone(p, ev->kind);
    if (p->leaving || ev->value != SCCP_UNREGISTER_NAK)
        return EV_LEAVE_REFUSED;
    return p->going_back ? EV_UNREGISTER_REFUSED : EV_RESET_REFUSED;
}

enum port_event_kind which_event(const struct port *p, const struct port_event *ev)
{
    const enum port_event_kind k = ev->kind;

    if (p->state == PORT_KEPT && ends_kept(p, k))
        return kept_over_kind(p);
    if (k == EV_LINK_LOST)
        return link_lost(p);
    if (k == EV_UNTRUSTED)
        return gone(p, k);
    if (k == EV_UNREGISTERED && p->state == PORT_UNREGISTERING)
        return unregistered(p, ev);
    if (k == EV_TIMEOUT)
        return timed_out(p);
    if (k == EV_RING)
        return rings(p, ev);
    if (k == EV_STEP_DONE && p->step == STEP_TIME)
        return EV_CONFIGURED;
    if (k == EV_CALL_ENDED && p->state == PORT_MWI_DIALLED && p->proceeded)
        return EV_CALL_CLEARED;
    if (k == EV_COUNTS && heard_nothing(p, &ev->counts))
        return EV_SILENT_TOO_LONG;
    if (k == EV_PLAYED && p->group->after != AFTER_HANGUP)
        return EV_PLAYED_ON;
    return k;
}
