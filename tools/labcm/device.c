#include "tools/labcm/device.h"

const char *lab_mode_name(enum lab_mode mode)
{
    switch (mode) {
    case LAB_NON_SECURE:
        return "non-secure";
    case LAB_AUTHENTICATED:
        return "authenticated";
    case LAB_ENCRYPTED:
        return "encrypted";
    }
    return "";
}

const char *device_state_name(enum device_state s)
{
    switch (s) {
    case DEVICE_ABSENT:
        return "absent";
    case DEVICE_REGISTERED:
        return "registering";
    case DEVICE_IN_SERVICE:
        return "registered";
    }
    return "";
}

bool device_is_dynamic(const struct device *d)
{
    return d->version >= 17 && (d->features.f2 & SCCP_F2_DYNAMIC);
}

unsigned device_packet_ms(const struct device *d, uint32_t codec)
{
    for (uint32_t i = 0; i < d->cap_count; i++)
        if (d->caps[i].codec == codec)
            return d->caps[i].max_packet_ms;
    return 0;
}
