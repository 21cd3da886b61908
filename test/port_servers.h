/* A port on the bench with several call managers: at its first one, failed over to the next. */
#ifndef TEST_PORT_SERVERS_H
#define TEST_PORT_SERVERS_H

#include "port_talk.h"

#define SECOND(r, s)                                                                               \
    CHECK((r)->port.second.state == (s), "second line is %s, wanted %s",                           \
          port_second_words((r)->port.second.state), port_second_words(s))
#define AT(r, s) CHECK((r)->port.server == (s), "at server %u, wanted %u", (r)->port.server, (s))

static inline struct rig *at_first_of(size_t servers)
{
    rig_init(&rig, 17);
    port_set_servers(&rig.port, servers);
    rig_register(&rig);
    STATE(&rig, PORT_IDLE);
    AT(&rig, 0u);
    rig_advance(&rig, 3000);
    return &rig;
}

static inline struct rig *failed_over(size_t servers)
{
    struct rig *r = at_first_of(servers);

    rig_server_dies(r);
    STATE(r, PORT_IDLE);
    AT(r, 1u);
    return r;
}

#endif
