#include "sccp/row.h"

#include <string.h>

const struct sccp_shape *sccp_shape_of(uint32_t id)
{
    static const struct sccp_shape *const rooms[] = {sccp_session_shapes, sccp_call_shapes,
                                                     sccp_media_shapes};

    for (size_t i = 0; id < SCCP_ID_END && i < COUNT(rooms); i++)
        if (rooms[i][id].known)
            return &rooms[i][id];
    return NULL;
}

bool sccp_knows(uint32_t id)
{
    return sccp_shape_of(id) != NULL;
}

bool sccp_field_in(const struct sccp_field *f, uint32_t v)
{
    return v >= f->since && v <= f->until;
}

size_t sccp_field_wire(const struct sccp_field *f, uint32_t v)
{
    switch (f->kind) {
    case SCCP_UINT:
    case SCCP_DIGIT:
    case SCCP_TONED:
    case SCCP_BYTES:
    case SCCP_IP:
    case SCCP_SECRET:
    case SCCP_TEXT:
    case SCCP_PARAMS:
    case SCCP_PARAMS_SINCE_11:
    case SCCP_PAD:
        return f->wire;
    case SCCP_ADDRESS:
        return v >= 17 ? 20 : 4;
    case SCCP_NUMBER:
        return v >= 18 ? 25 : 24;
    case SCCP_STRING:
    case SCCP_COUNTED:
    case SCCP_ARRAY:
        return 0;
    }
    return 0;
}

const char *sccp_field_name(const struct sccp_field *f)
{
    const char *dot = strchr(f->name, '.');

    return dot ? dot + 1 : f->name;
}

uint32_t sccp_load(const char *at, size_t size)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;

    switch (size) {
    case 1:
        memcpy(&u8, at, 1);
        return u8;
    case 2:
        memcpy(&u16, at, 2);
        return u16;
    default:
        memcpy(&u32, at, 4);
        return u32;
    }
}

void sccp_store(char *at, size_t size, uint32_t v)
{
    uint8_t u8 = (uint8_t)v;
    uint16_t u16 = (uint16_t)v;

    if (size == 1)
        memcpy(at, &u8, 1);
    else if (size == 2)
        memcpy(at, &u16, 2);
    else
        memcpy(at, &v, 4);
}
