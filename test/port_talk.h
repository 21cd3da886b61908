/* What the tests of a port's rules share: a port on the bench, registered or in a call. */
#ifndef TEST_PORT_TALK_H
#define TEST_PORT_TALK_H

#include "check.h"
#include "port_rig.h"

#define WELL(r)                                                                                    \
    CHECK((r)->broken == NULL, "%s (state %s)", (r)->broken, port_state_words((r)->port.state))
#define STATE(r, s)                                                                                \
    CHECK((r)->port.state == (s), "state is %s, wanted %s", port_state_words((r)->port.state),     \
          port_state_words(s))

static struct rig rig; /* too big for some stacks under a sanitizer */

static inline struct rig *registered(uint32_t version)
{
    rig_init(&rig, version);
    rig_register(&rig);
    STATE(&rig, PORT_IDLE);
    rig_forget(&rig);
    return &rig;
}

static inline struct rig *talking(uint32_t version)
{
    struct rig *r = registered(version);

    rig_ring(r);
    STATE(r, PORT_TALKING);
    return r;
}

static inline void hear(struct rig *r, struct sccp_message m)
{
    rig_hear(r, &m);
}

#endif
