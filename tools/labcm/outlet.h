/* Where messages to a device go: the server's link, or a test's list. */
#ifndef LABCM_OUTLET_H
#define LABCM_OUTLET_H

#include "tools/labcm/device.h"

struct outlet {
    /* The message is borrowed; its version is the device's. */
    void (*send)(void *arg, struct device *d, const struct sccp_message *m);
    void *arg;
};

#endif
