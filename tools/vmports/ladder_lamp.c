/* Lamp calls (sccp.md 7.9): off hook as the mailbox's extension, the MWI number, a tone that says
 * how it went, on hook. */
#include "base/text.h"
#include "tools/vmports/ladder_inner.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static void escape(char *out, const char *text, size_t cap)
{
    log_escape(text, strnlen(text, cap), out, LAMP_NUMBER_MAX);
}

static void begin(struct ladder *l, const sccp_number *as)
{
    ladder_lamp_end(l, "no tone");
    l->dial = (struct lamp_dial){.on = true, .as_another = as != NULL};
    l->dial.call.first_us = l->now_us;
    if (as)
        escape(l->dial.call.mailbox, *as, sizeof *as);
}

static bool keep(struct ladder *l)
{
    if (l->facts.lamp_count == l->lamp_room) {
        size_t room = l->lamp_room ? l->lamp_room * 2 : 4;
        struct lamp_call *lamps = realloc(l->lamps, room * sizeof *lamps);
        if (!lamps)
            return false;
        l->lamps = lamps;
        l->lamp_room = room;
    }
    l->lamps[l->facts.lamp_count++] = l->dial.call;
    l->facts.lamps = l->lamps;
    return true;
}

/* What turns out to be no lamp call leaves no digit behind. */
void ladder_lamp_end(struct ladder *l, const char *without_tone)
{
    struct lamp_dial *d = &l->dial;

    if (d->on && (d->as_another || (d->call.result && strcmp(d->call.result, "confirmed") == 0))) {
        d->call.last_us = l->now_us;
        if (!d->call.result)
            d->call.result = without_tone;
        if (!*d->call.number)
            escape(d->call.number, d->dialled, sizeof d->dialled);
        l->facts.unkept += !keep(l);
    }
    OPENSSL_cleanse(d, sizeof *d);
}

static void on_tone(struct ladder *l, uint32_t tone)
{
    const char **result = &l->dial.call.result;

    if (!l->dial.on || *result)
        return;
    if (tone == SCCP_TONE_CONFIRMATION)
        *result = "confirmed";
    else if (tone == SCCP_TONE_LINE_BUSY)
        *result = "busy";
    else if (tone == SCCP_TONE_REORDER)
        *result = "reorder";
    else if (tone == SCCP_TONE_NO_SUCH_NUMBER)
        *result = "no such number";
}

static void from_server(struct ladder *l, const struct sccp_message *m)
{
    if (m->id == SCCP_START_TONE)
        on_tone(l, m->start_tone.tone);
    if (m->id != SCCP_CALL_STATE)
        return;
    if (m->call_state.state == SCCP_CALL_RING_IN)
        l->ringing = true;
    else if (m->call_state.state == SCCP_CALL_ON_HOOK) {
        l->ringing = false;
        ladder_lamp_end(l, "no tone");
    }
}

static void from_port(struct ladder *l, const struct sccp_message *m)
{
    struct lamp_dial *d = &l->dial;
    const char digit = m->id == SCCP_KEYPAD_BUTTON ? sccp_key_to_digit(m->keypad_button.button) : 0;

    if (m->id == SCCP_OFF_HOOK_WITH_CGPN)
        begin(l, &m->off_hook_with_cgpn.calling_party);
    else if (m->id == SCCP_OFF_HOOK && !l->ringing)
        begin(l, NULL);
    else if (m->id == SCCP_ON_HOOK)
        ladder_lamp_end(l, "no tone");
    else if (m->id == SCCP_ENBLOC_CALL && d->on)
        escape(d->call.number, m->enbloc_call.called_party, sizeof m->enbloc_call.called_party);
    else if (digit && d->on && !d->call.result && d->digits < LAMP_DIGITS_MAX)
        d->dialled[d->digits++] = digit;
}

void ladder_lamp_message(struct ladder *l, enum flow_side from, const struct sccp_message *m)
{
    if (from == FLOW_CLIENT)
        from_port(l, m);
    else
        from_server(l, m);
}
