#include "tools/labcm/mischief.h"

#include "base/wire.h"

/* The answer that stays away; two ids where the protocol's version decides which one it is, and for
 * RegisterAck, which the first request follows at once. */
static const struct {
    enum fault_id fault;
    uint32_t id, id_dynamic;
} swallowed[] = {
    {FAULT_SCCP_NO_REGISTER_ACK, SCCP_REGISTER_ACK, SCCP_CAPABILITIES_REQ},
    {FAULT_SCCP_NO_BUTTONS, SCCP_BUTTON_TEMPLATE_RES, SCCP_BUTTON_TEMPLATE_RES},
    {FAULT_SCCP_NO_SOFT_KEYS, SCCP_SOFT_KEY_TEMPLATE_RES, SCCP_SOFT_KEY_TEMPLATE_RES},
    {FAULT_SCCP_NO_SOFT_KEY_SETS, SCCP_SOFT_KEY_SET_RES, SCCP_SOFT_KEY_SET_RES},
    {FAULT_SCCP_NO_CONFIG, SCCP_CONFIG_STAT_RES, SCCP_CONFIG_STAT_V2_RES},
    {FAULT_SCCP_NO_LINE, SCCP_LINE_STAT_RES, SCCP_LINE_STAT_V2_RES},
    {FAULT_SCCP_NO_FORWARD, SCCP_FORWARD_STAT_RES, SCCP_FORWARD_STAT_RES},
    {FAULT_SCCP_NO_KEEPALIVE_ACK, SCCP_KEEP_ALIVE_ACK, SCCP_KEEP_ALIVE_ACK},
};

bool mischief_swallows(const struct faults *f, const char *device, uint32_t id)
{
    for (size_t i = 0; i < sizeof swallowed / sizeof swallowed[0]; i++)
        if ((id == swallowed[i].id || id == swallowed[i].id_dynamic) &&
            fault_on(f, swallowed[i].fault, device))
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
        uint32_t length;
    } list[] = {
        {FAULT_SCCP_LENGTH_0, 0},
        {FAULT_SCCP_LENGTH_3, 3},
        {FAULT_SCCP_LENGTH_4G, UINT32_MAX},
    };
    struct wire_writer w = wire_write_to(out, 12);

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (!fault_on(f, list[i].fault, device))
            continue;
        wire_put_u32le(&w, list[i].length);
        wire_put_u32le(&w, 0); /* the header's version word */
        wire_put_u32le(&w, SCCP_KEEP_ALIVE_ACK);
        return wire_written(&w);
    }
    return 0;
}
