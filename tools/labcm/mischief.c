#include "tools/labcm/mischief.h"

#include "base/wire.h"
#include "sccp/frame.h"

/* The answer that stays away; two ids where the protocol's version decides which one it is, and for
 * RegisterAck, which the first request follows at once. */
static const struct {
    enum fault_id fault;
    uint32_t id, id_dynamic;
} swallowed[] = {
    {FAULT_SCCP_NO_REGISTER_ACK, SCCP_REGISTER_ACK, SCCP_CAPABILITIES_REQ},
    {FAULT_SCCP_NO_CAPABILITIES, SCCP_CAPABILITIES_REQ, SCCP_CAPABILITIES_REQ},
    {FAULT_SCCP_NO_TIME, SCCP_TIME_DATE_RES, SCCP_TIME_DATE_RES},
    {FAULT_SCCP_NO_TRANSMIT, SCCP_START_MEDIA_TRANSMISSION, SCCP_START_MEDIA_TRANSMISSION},
    {FAULT_SCCP_NO_BUTTONS, SCCP_BUTTON_TEMPLATE_RES, SCCP_BUTTON_TEMPLATE_RES},
    {FAULT_SCCP_NO_SOFT_KEYS, SCCP_SOFT_KEY_TEMPLATE_RES, SCCP_SOFT_KEY_TEMPLATE_RES},
    {FAULT_SCCP_NO_SOFT_KEY_SETS, SCCP_SOFT_KEY_SET_RES, SCCP_SOFT_KEY_SET_RES},
    {FAULT_SCCP_NO_CONFIG, SCCP_CONFIG_STAT_RES, SCCP_CONFIG_STAT_V2_RES},
    {FAULT_SCCP_NO_LINE, SCCP_LINE_STAT_RES, SCCP_LINE_STAT_V2_RES},
    {FAULT_SCCP_NO_FORWARD, SCCP_FORWARD_STAT_RES, SCCP_FORWARD_STAT_RES},
    {FAULT_SCCP_NO_KEEPALIVE_ACK, SCCP_KEEP_ALIVE_ACK, SCCP_KEEP_ALIVE_ACK},
};

bool mischief_swallows(const struct faults *f, const struct device *d, uint32_t id)
{
    /* TimeDateRes is the last word of the registration: the port is in service then. */
    if (d->state == DEVICE_IN_SERVICE && id != SCCP_TIME_DATE_RES &&
        fault_on(f, FAULT_SCCP_HALF_OPEN, d->name))
        return true;
    for (size_t i = 0; i < sizeof swallowed / sizeof swallowed[0]; i++)
        if ((id == swallowed[i].id || id == swallowed[i].id_dynamic) &&
            fault_on(f, swallowed[i].fault, d->name))
            return true;
    return false;
}

void mischief_changes(const struct faults *f, const char *device, struct sccp_message *m)
{
    if (m->id != SCCP_OPEN_RECEIVE_CHANNEL || m->open_receive.srtp.algorithm == 0)
        return;
    if (fault_on(f, FAULT_MEDIA_KEY_0, device))
        m->open_receive.srtp.key_len = 0;
    if (fault_on(f, FAULT_MEDIA_KEY_15, device))
        m->open_receive.srtp.key_len = 15;
    if (fault_on(f, FAULT_MEDIA_SALT_13, device))
        m->open_receive.srtp.salt_len = 13;
    if (fault_on(f, FAULT_MEDIA_ALGORITHM, device))
        m->open_receive.srtp.algorithm = 99; /* nobody's */
    if (fault_on(f, FAULT_MEDIA_MKI, device))
        m->open_receive.srtp.mki_present = 1;
    if (fault_on(f, FAULT_MEDIA_KDR, device))
        m->open_receive.srtp.key_derivation_rate = 1;
}

size_t mischief_bytes(const struct faults *f, const char *device, uint8_t out[12])
{
    static const struct {
        enum fault_id fault;
        uint32_t length, id;
    } list[] = {
        {FAULT_SCCP_LENGTH_0, 0, SCCP_KEEP_ALIVE_ACK},
        {FAULT_SCCP_LENGTH_3, 3, SCCP_KEEP_ALIVE_ACK},
        {FAULT_SCCP_LENGTH_4G, UINT32_MAX, SCCP_KEEP_ALIVE_ACK},
        {FAULT_SCCP_UNKNOWN_ID, 4, 0x5F5F}, /* sccp.md Appendix A has no such id */
    };
    struct wire_writer w = wire_write_to(out, 12);

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (!fault_on(f, list[i].fault, device))
            continue;
        wire_put_u32le(&w, list[i].length);
        wire_put_u32le(&w, 0); /* the header's version word */
        wire_put_u32le(&w, list[i].id);
        return wire_written(&w);
    }
    return 0;
}

static bool reset_follows(const struct faults *f, const char *device, struct sccp_message *out)
{
    const bool reset = fault_on(f, FAULT_SCCP_RESET_IN_CALL, device);

    if (!reset && !fault_on(f, FAULT_SCCP_RESTART_IN_CALL, device))
        return false;
    out->id = SCCP_RESET;
    out->reset.type = reset ? SCCP_RESET_TYPE_RESET : SCCP_RESET_TYPE_RESTART;
    return true;
}

bool mischief_follows(const struct faults *f, const char *device, const struct sccp_message *m,
                      struct sccp_message *out)
{
    *out = (struct sccp_message){.version = m->version};
    if (m->id == SCCP_START_MEDIA_TRANSMISSION)
        return reset_follows(f, device, out);
    if (m->id != SCCP_OPEN_RECEIVE_CHANNEL || !fault_on(f, FAULT_SCCP_SECOND_CHANNEL, device))
        return false;
    *out = *m;
    out->open_receive.party++;
    return true;
}

#define SHORT_BODY 7 /* inside the second field */

static void put_word(uint8_t *at, uint32_t v)
{
    struct wire_writer w = wire_write_to(at, 4);

    wire_put_u32le(&w, v);
}

/* How much of a frame of `len` bytes still goes out: the half, so many bytes, or with each frame
 * one more of those places where it is in two. */
static size_t frame_cut(struct fault_place place, size_t len)
{
    if (place.at == FAULT_AT_USUAL)
        return len / 2;
    if (place.at == FAULT_AT_EACH)
        return 1 + place.nth % (len - 1);
    return (size_t)place.at < len ? (size_t)place.at : len;
}

/* length, version, id: sccp/frame.h */
enum mischief_way mischief_spoils(struct faults *f, const char *device, uint32_t id, uint8_t *pdu,
                                  size_t *len)
{
    if (id != SCCP_REGISTER_ACK && fault_on(f, FAULT_SCCP_VERSION_WORD, device))
        put_word(pdu + 4, 99);
    if (id == SCCP_OPEN_RECEIVE_CHANNEL && fault_on(f, FAULT_SCCP_SHORT_MESSAGE, device)) {
        *len = SCCP_HEADER + SHORT_BODY;
        put_word(pdu, SCCP_LENGTH_MIN + SHORT_BODY);
    }
    if (id == SCCP_BUTTON_TEMPLATE_RES && fault_on(f, FAULT_SCCP_CUT_FRAME, device)) {
        *len = frame_cut(fault_strikes(f, FAULT_SCCP_CUT_FRAME), *len);
        return MISCHIEF_THEN_CLOSE;
    }
    return fault_on(f, FAULT_SCCP_BYTEWISE, device) ? MISCHIEF_BYTEWISE : MISCHIEF_WHOLE;
}
