#include "media/verdict.h"

#include <inttypes.h>

#define SILENT_NS INT64_C(2000000000) /* a far end that talks has begun by then */

/* A few packets go wrong when keys or routes change in mid-call; from here on it is a fault. One
 * packet of a hundred that is lost is heard (ITU-T G.113 appendix I, G.711 without concealment). */
#define SOME    5u
#define PERCENT 100u

/* "what is wrong: one number of several". Always false, as err_set is. */
static bool found(struct err *e, enum err_kind kind, uint64_t n, uint64_t of)
{
    if (of)
        return err_set(e, kind, "%s: %" PRIu64 " of %" PRIu64 " packets", err_words(kind), n, of);
    return err_set(e, kind, "%s: %" PRIu64 " times", err_words(kind), n);
}

static bool not_authentic(const struct media_counts *c, struct err *e)
{
    const uint64_t all = c->received + c->auth_failures;

    if (c->auth_failures < SOME || c->auth_failures * PERCENT < all)
        return true;
    if (c->plain * 2 > c->auth_failures)
        return found(e, ERR_MEDIA_02, c->plain, all);
    if (c->other_tag * 2 > c->auth_failures)
        return found(e, ERR_MEDIA_03, c->other_tag, all);
    return found(e, ERR_MEDIA_04, c->auth_failures, all);
}

static bool silent(const struct media_counts *c, struct err *e)
{
    if (c->received > 0 || c->listened_ns < SILENT_NS)
        return true;
    return err_set(e, ERR_MEDIA_01, "%s: none in %" PRId64 " ms", err_words(ERR_MEDIA_01),
                   c->listened_ns / 1000000);
}

static bool again(const struct media_counts *c, struct err *e)
{
    if (c->replays_old > 0)
        return found(e, ERR_MEDIA_05, c->replays, c->received + c->replays);
    if (c->replays + c->duplicates >= SOME)
        return found(e, ERR_MEDIA_06, c->replays + c->duplicates, c->received);
    return true;
}

static bool from_elsewhere(const struct media_counts *c, struct err *e)
{
    if (c->wrong_source >= SOME)
        return found(e, ERR_MEDIA_07, c->wrong_source, c->received);
    return c->ssrc_changes == 0 || found(e, ERR_MEDIA_08, c->ssrc_changes, 0);
}

static bool bad_road(const struct media_counts *c, struct err *e)
{
    if (c->lost >= SOME && c->lost * PERCENT >= c->received + c->lost)
        return found(e, ERR_MEDIA_09, c->lost, c->received + c->lost);
    return c->reordered < SOME || found(e, ERR_MEDIA_10, c->reordered, c->received);
}

bool media_verdict(const struct media_counts *c, struct err *e)
{
    return not_authentic(c, e) && silent(c, e) && again(c, e) && from_elsewhere(c, e) &&
           bad_road(c, e);
}
