#include "tools/labcm/ask.h"

#include <stdio.h>
#include <string.h>

const char *const ask_reason_words[] = {"busy", "no-answer", "all", NULL};
const char *const ask_codec_words[] = {"ulaw", "alaw", NULL};
const char *const ask_form_words[] = {"keypad", "tone", "notify", "rfc2833", "inband", NULL};

static const uint32_t reasons[] = {SCCP_REDIRECT_BUSY, SCCP_REDIRECT_NO_ANSWER, SCCP_REDIRECT_ALL};
static const uint32_t codecs[] = {SCCP_CODEC_G711U, SCCP_CODEC_G711A};

/* A text member; a missing one is "". */
static bool text(const json_t *body, const char *name, char *out, size_t cap, struct err *e)
{
    const json_t *v = json_object_get(body, name);

    out[0] = '\0';
    if (!v)
        return true;
    if (!json_is_string(v))
        return err_set(e, ERR_USAGE, "%s: a text is wanted", name);
    if (json_string_length(v) >= cap || strlen(json_string_value(v)) != json_string_length(v))
        return err_set(e, ERR_USAGE, "%s: at most %zu characters", name, cap - 1);
    strcpy(out, json_string_value(v));
    return true;
}

bool ask_number(const json_t *body, const char *name, unsigned lo, unsigned hi, unsigned *out,
                struct err *e)
{
    const json_t *v = json_object_get(body, name);

    if (!v)
        return true;
    if (!json_is_integer(v) || json_integer_value(v) < lo || json_integer_value(v) > hi)
        return err_set(e, ERR_USAGE, "%s: a number from %u to %u is wanted", name, lo, hi);
    *out = (unsigned)json_integer_value(v);
    return true;
}

/* One of the words; *out stays when the member is missing. */
static bool word(const json_t *body, const char *name, const char *const *words, unsigned *out,
                 struct err *e)
{
    char given[32];

    if (!text(body, name, given, sizeof given, e))
        return false;
    if (!given[0])
        return true;
    for (unsigned i = 0; words[i]; i++)
        if (strcmp(words[i], given) == 0) {
            *out = i;
            return true;
        }
    return err_set(e, ERR_USAGE, "%s: not one of the words for it", name);
}

static bool are_digits(const char *name, const char *value, struct err *e)
{
    uint32_t tone;

    for (; *value; value++)
        if (!sccp_digit_to_tone(*value, &tone))
            return err_set(e, ERR_USAGE, "%s: only 0-9, *, # and A-D", name);
    return true;
}

static bool read_from(struct call_ask *out, const json_t *body, struct err *e)
{
    char from[PLAN_NUMBER];

    if (!text(body, "from", from, sizeof from, e))
        return false;
    if (!plan_phone(from, &out->request.phone))
        return err_set(e, ERR_USAGE, "from: the phones have the numbers %u to %u", PLAN_PHONE_FIRST,
                       PLAN_PHONE_FIRST + PLAN_PHONES - 1);
    return true;
}

static bool read_to(struct call_ask *out, const json_t *body, struct err *e)
{
    if (!text(body, "to", out->request.to, PLAN_NUMBER, e))
        return false;
    return out->request.to[0] ? are_digits("to", out->request.to, e)
                              : err_set(e, ERR_USAGE, "to: the number that is called is wanted");
}

/* "1002" or "1002,1003": the first and the last forwarder. */
static bool read_forwarders(struct call_ask *out, const json_t *body, struct err *e)
{
    char both[2 * PLAN_NUMBER], *comma;
    unsigned reason = 1; /* no answer */

    if (!text(body, "forwarded_by", both, sizeof both, e) ||
        !word(body, "reason", ask_reason_words, &reason, e))
        return false;
    comma = strchr(both, ',');
    if (comma)
        *comma++ = '\0';
    if (strlen(both) >= PLAN_NUMBER || (comma && strlen(comma) >= PLAN_NUMBER))
        return err_set(e, ERR_USAGE, "forwarded_by: at most 24 digits");
    snprintf(out->request.first_forwarder, PLAN_NUMBER, "%.*s", PLAN_NUMBER - 1, both);
    snprintf(out->request.last_forwarder, PLAN_NUMBER, "%.*s", PLAN_NUMBER - 1,
             comma ? comma : both);
    out->request.reason = reasons[reason];
    return are_digits("forwarded_by", out->request.first_forwarder, e) &&
           are_digits("forwarded_by", out->request.last_forwarder, e);
}

static bool read_media(struct call_ask *out, const json_t *body, struct err *e)
{
    struct call_request *r = &out->request;
    unsigned codec = UINT32_MAX, form = DIGIT_KEYPAD;

    r->packet_ms = 20;
    r->suite = SCCP_SRTP_AES_CM_128_HMAC_SHA1_32; /* what CUCM gives SCCP devices */
    r->clear = json_is_true(json_object_get(body, "clear"));
    out->rtcp = json_is_true(json_object_get(body, "rtcp"));
    if (!word(body, "codec", ask_codec_words, &codec, e) ||
        !word(body, "dtmf_form", ask_form_words, &form, e) ||
        !ask_number(body, "packet_ms", 10, 60, &r->packet_ms, e) ||
        !ask_number(body, "suite", 1, 5, &r->suite, e))
        return false;
    if (r->packet_ms % 10)
        return err_set(e, ERR_USAGE, "packet_ms: 10, 20, 30, 40, 50 or 60");
    if (r->suite == 3 || r->suite == 4)
        return err_set(e, ERR_USAGE, "suite: 1, 2 or 5");
    if (codec != UINT32_MAX)
        r->codec = codecs[codec];
    out->form = (enum digit_form)form;
    r->dtmf_payload = out->form == DIGIT_RFC2833 ? 101 : 0;
    return true;
}

bool ask_read(struct call_ask *out, const json_t *body, struct err *e)
{
    *out = (struct call_ask){0};
    return read_from(out, body, e) && read_to(out, body, e) && read_forwarders(out, body, e) &&
           read_media(out, body, e) && text(body, "dtmf", out->digits, sizeof out->digits, e) &&
           are_digits("dtmf", out->digits, e) &&
           ask_number(body, "for", 0, ASK_SECONDS_MAX, &out->for_s, e) &&
           text(body, "play", out->play, sizeof out->play, e) &&
           text(body, "expect", out->expect, sizeof out->expect, e);
}
