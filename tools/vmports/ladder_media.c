/* Where a port takes the voice of its calls, by what it says on its ladder. */
#include "sccp/ids.h"
#include "tools/vmports/ladder_inner.h"

#include <stdlib.h>

#define MEDIA_MAX 1000000u /* calls of one connection */

static bool make_room(struct ladder *l)
{
    if (l->facts.media_count < l->media_room)
        return true;
    size_t room = l->media_room ? l->media_room * 2 : 16;
    struct ladder_media *media = room <= MEDIA_MAX ? realloc(l->media, room * sizeof *media) : NULL;
    if (!media)
        return false;
    l->media = media;
    l->media_room = room;
    l->facts.media = media;
    return true;
}

void ladder_media_message(struct ladder *l, enum flow_side from, const struct sccp_message *m)
{
    const struct sccp_open_receive_ack *ack = &m->open_receive_ack;

    if (m->id != SCCP_OPEN_RECEIVE_CHANNEL_ACK || from != FLOW_CLIENT || ack->status != 0)
        return;
    if (make_room(l)) /* else the stream is called by its address */
        l->media[l->facts.media_count++] =
            (struct ladder_media){.time_us = l->now_us, .at = sccp_addr_to(&ack->addr, ack->port)};
}
