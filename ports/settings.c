#include "ports/settings.h"

#include "sccp/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXTENSION_CHARS "0123456789*#+"

void group_settings_default(struct group_settings *g)
{
    *g = (struct group_settings){
        .name = "PhoneSystem-1",
        .prefix = "CiscoUM1-VI",
        .first = 1,
        .count = 1,
        .mode = MODE_ENCRYPTED,
        .auto_failback = true,
        .standby = true,
        .register_tokens = true,
        .kept_call_quiet_ms = 300000, /* CUC drops a call without media then */
        .retry =
            {
                .first_ms = 1000, /* product.md 6 */
                .most_ms = 60000,
                .untrusted_ms = 5000,
                .rejected_ms = 30000,   /* "30 s or more": sccp.md 4.2 */
                .list_ms = 5000,        /* ctl-tftp-tls.md 3.4 */
                .list_stale_ms = 60000, /* ctl-tftp-tls.md 2.5 */
            },
        .refresh = CTL_REFRESH_ALWAYS,
        .ctl_policy = {.first = CTL_FIRST_ACCEPT},
        .after = AFTER_HANGUP,
        .wait_for_call_info_ms = 200, /* WaitForCallInfoMs; its value is not documented [?] */
        .max_call_s = 43200,          /* CUCM's Maximum Call Duration Timer, 720 minutes */
        .mwi =
            {
                .on_code = "999991",
                .off_code = "999990",
                .retry_interval_ms = 5,
                .mailbox = MWI_MAILBOX_EXTENSION,
                .dialling = MWI_DIAL_KEYPAD,
                .method = MWI_CGPN,
                .result_ms = 5000,
            },
        .protocol_version = 17,
        .device_type = SCCP_DEVICE_VOICE_MAIL_PORT,
        .features = {0x00, 0x70, 0x05}, /* sccp.md 2.3 */
        .load_name = "vmports " VMPORTS_VERSION,
    };
}

struct pool_settings pool_settings_default(void)
{
    return (struct pool_settings){
        .rtp_lo = 16384, .rtp_hi = 32767, .media_threads = 1, .max_handshakes = 200};
}

bool device_name(const char *prefix, unsigned number, char out[DEVICE_NAME_MAX + 1])
{
    char name[64];
    int n = snprintf(name, sizeof name, "%.40s%u", prefix, number);

    if (n < 0 || n > DEVICE_NAME_MAX)
        return false;
    memcpy(out, name, (size_t)n + 1);
    return true;
}

/* CUCM takes letters, digits, dot, dash and underline in a device's name. */
static bool prefix_ok(const char *prefix)
{
    return prefix[0] && strspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789.-_") == strlen(prefix);
}

bool settings_check_names(const struct group_settings *g, struct err *e)
{
    char name[DEVICE_NAME_MAX + 1];

    if (!prefix_ok(g->prefix))
        return err_set(e, ERR_USAGE, "prefix \"%.40s\": letters, digits and .-_ make a device name",
                       g->prefix);
    if (g->first == 0)
        return err_set(e, ERR_USAGE, "the first port is number 0; wanted is 1 or more");
    if (g->count == 0 || g->count > PORTS_MAX)
        return err_set(e, ERR_USAGE, "%u ports; wanted are 1 to %u", g->count, PORTS_MAX);
    if (g->first > UINT32_MAX - PORTS_MAX || !device_name(g->prefix, g->first + g->count - 1, name))
        return err_set(e, ERR_USAGE,
                       "the device name %.40s%u is longer than %u characters; shorten the prefix",
                       g->prefix, g->first + g->count - 1, DEVICE_NAME_MAX);
    return true;
}

static bool check_code(const char *which, const char *code, struct err *e)
{
    if (code[strspn(code, EXTENSION_CHARS)])
        return err_set(e, ERR_USAGE, "%s extension \"%.25s\": digits, * and # can be dialled",
                       which, code);
    return true;
}

bool settings_check_mwi(const struct mwi_settings *m, struct err *e)
{
    if (!check_code("MWI on", m->on_code, e) || !check_code("MWI off", m->off_code, e))
        return false;
    if (m->on_code[0] && strcmp(m->on_code, m->off_code) == 0)
        return err_set(e, ERR_USAGE, "MWI on and MWI off are the same number, %.25s", m->on_code);
    if (m->result_ms == 0)
        return err_set(e, ERR_USAGE, "the wait for a lamp's confirmation is 0 ms; wanted is more");
    return true;
}

bool settings_check_servers(const struct group_settings *g, struct err *e)
{
    if (g->server_count > SERVERS_MAX || g->tftp_count > SERVERS_MAX)
        return err_set(e, ERR_USAGE, "more than %u servers", SERVERS_MAX);
    if (g->mode == MODE_NON_SECURE && g->server_count == 0 && g->tftp_count == 0)
        return err_set(e, ERR_USAGE, "no call manager and no TFTP server is named");
    if (g->mode != MODE_NON_SECURE && g->tftp_count == 0 && g->refresh != CTL_REFRESH_NEVER)
        return err_set(e, ERR_USAGE, "no TFTP server is named, and secure ports need the CTL");
    return true;
}

bool settings_check_tls(const struct group_settings *g, struct err *e)
{
    if (g->legacy_tls && g->mode == MODE_NON_SECURE)
        return err_set(e, ERR_USAGE, "legacy TLS does not go with non-secure ports");
    if (g->legacy_tls && g->tls_max == TLS_MAX_13)
        return err_set(e, ERR_USAGE, "legacy TLS ends with TLS 1.2");
    if (g->mode == MODE_AUTHENTICATED && g->tls_max == TLS_MAX_13)
        return err_set(e, ERR_USAGE, "authenticated ports speak NULL-SHA, which TLS 1.3 lacks");
    return true;
}

static bool check_group(const struct group_settings *g, struct err *e)
{
    if (g->protocol_version > SCCP_VERSION_MAX)
        return err_set(e, ERR_USAGE, "protocol version %u; known are 0 to %u", g->protocol_version,
                       SCCP_VERSION_MAX);
    return settings_check_names(g, e) && settings_check_servers(g, e) && settings_check_tls(g, e) &&
           settings_check_mwi(&g->mwi, e);
}

static bool has_number(const struct group_settings *g, uint64_t number)
{
    return number >= g->first && number - g->first < g->count;
}

/* "VI1" + 1 and "VI" + 11 are the same name: for each count of digits, the numbers of `a` are a
 * range of numbers of `b`. */
static bool share_by_digits(const struct group_settings *a, const struct group_settings *b)
{
    const char *more = a->prefix + strlen(b->prefix);
    const uint64_t last = (uint64_t)a->first + a->count - 1;

    if (more[0] < '1' || more[0] > '9' || more[strspn(more, "0123456789")] || strlen(more) > 9)
        return false;
    const uint64_t in_front = strtoul(more, NULL, 10);
    for (uint64_t power = 10; power / 10 <= last; power *= 10) {
        const uint64_t lo = a->first > power / 10 ? a->first : power / 10;
        const uint64_t hi = last < power - 1 ? last : power - 1;
        const uint64_t shift = in_front * power;
        if (lo <= hi &&
            (has_number(b, shift + lo) || (b->first >= shift + lo && b->first <= shift + hi)))
            return true;
    }
    return false;
}

bool settings_share_names(const struct group_settings *a, const struct group_settings *b)
{
    const size_t na = strlen(a->prefix), nb = strlen(b->prefix);

    if (na < nb)
        return settings_share_names(b, a);
    if (strncmp(a->prefix, b->prefix, nb) != 0)
        return false;
    if (na > nb)
        return share_by_digits(a, b);
    return has_number(a, b->first) || has_number(b, a->first);
}

size_t settings_ports(const struct pool_settings *s)
{
    size_t n = 0;

    for (size_t g = 0; g < s->group_count; g++)
        n += s->groups[g].count;
    return n;
}

static bool same_servers(const struct group_settings *a, const struct group_settings *b)
{
    bool same = a->server_count == b->server_count;

    for (size_t i = 0; same && i < a->server_count; i++)
        same = strcmp(a->servers[i].host, b->servers[i].host) == 0 &&
               a->servers[i].port == b->servers[i].port;
    return same;
}

unsigned settings_doubled(unsigned first_ms, unsigned failures, unsigned most_ms)
{
    unsigned ms = first_ms;

    for (unsigned i = 0; i < failures && ms < most_ms; i++)
        ms *= 2;
    return ms < most_ms ? ms : most_ms;
}

bool settings_same_line(const struct group_settings *a, const struct group_settings *b)
{
    return strcmp(a->prefix, b->prefix) == 0 && a->mode == b->mode &&
           a->legacy_tls == b->legacy_tls && a->tls_max == b->tls_max && same_servers(a, b) &&
           a->protocol_version == b->protocol_version && a->device_type == b->device_type &&
           memcmp(a->features, b->features, sizeof a->features) == 0 &&
           strcmp(a->load_name, b->load_name) == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool settings_same_trust(const struct group_settings *a, const struct group_settings *b)
{
    const struct ctl_policy *p = &a->ctl_policy, *q = &b->ctl_policy;
    bool same = a->tftp_count == b->tftp_count;

    for (size_t i = 0; same && i < a->tftp_count; i++)
        same = strcmp(a->tftp[i].host, b->tftp[i].host) == 0 && a->tftp[i].port == b->tftp[i].port;
    return same && a->refresh == b->refresh && p->first == q->first && p->strict == q->strict &&
           p->any_ccm == q->any_ccm && p->resolve_names == q->resolve_names &&
           p->least == q->least && same_text(p->pin_sha256, q->pin_sha256);
}

struct port_behaviour port_behaviour_default(void)
{
    return (struct port_behaviour){
        .enabled = true, .answer = true, .notification = true, .trap = true, .mwi = true};
}

struct port_behaviour port_behaviour_of(const struct group_settings *g, unsigned number)
{
    struct port_behaviour b = port_behaviour_default();

    for (size_t i = 0; i < g->behaviour_count; i++)
        if (number >= g->behaviours[i].first && number <= g->behaviours[i].last)
            b = g->behaviours[i];
    b.first = b.last = number;
    if (b.hunt_order == 0)
        b.hunt_order = number;
    return b;
}

/* Names a range that would do: from the same start if it fits below 65536. */
static bool rtp_too_few(const struct pool_settings *s, size_t pairs, size_t ports, struct err *e)
{
    const size_t most = (65536 - 1024) / 2;
    size_t from = (s->rtp_lo + 1u) & ~1u;

    if (ports > most)
        return err_set(e, ERR_USAGE, "%zu ports: at most %zu have a UDP port each", ports, most);
    if (from + 2 * ports > 65536)
        from = 65536 - 2 * ports;
    return err_set(e, ERR_USAGE,
                   "RTP ports %u-%u hold %zu calls; %zu ports need as many: --rtp-ports %zu-%zu",
                   s->rtp_lo, s->rtp_hi, pairs, ports, from, from + 2 * ports - 1);
}

/* A call has one even port with its odd neighbour (RTCP). */
bool settings_check_rtp(const struct pool_settings *s, size_t ports, struct err *e)
{
    if (s->rtp_lo == 0 && s->rtp_hi == 0)
        return true;
    if (s->rtp_lo > s->rtp_hi)
        return err_set(e, ERR_USAGE, "RTP ports %u-%u: the first is above the last", s->rtp_lo,
                       s->rtp_hi);
    const size_t first = (s->rtp_lo + 1u) & ~1u;
    const size_t pairs = s->rtp_hi > first ? (s->rtp_hi - first + 1) / 2 : 0;
    return pairs >= ports || rtp_too_few(s, pairs, ports, e);
}

static bool check_others(const struct pool_settings *s, size_t at, struct err *e)
{
    for (size_t i = 0; i < at; i++)
        if (settings_share_names(&s->groups[i], &s->groups[at]))
            return err_set(e, ERR_USAGE, "groups %s and %s share device names %.15s...",
                           s->groups[i].name, s->groups[at].name, s->groups[at].prefix);
    return true;
}

bool settings_check(const struct pool_settings *s, struct err *e)
{
    const size_t ports = settings_ports(s);

    if (s->group_count == 0)
        return err_set(e, ERR_USAGE, "no port group");
    for (size_t i = 0; i < s->group_count; i++) {
        if (!check_group(&s->groups[i], e) || !check_others(s, i, e))
            return false;
    }
    if (ports > PORTS_MAX)
        return err_set(e, ERR_USAGE, "%zu ports in all groups; wanted are 1 to %u", ports,
                       PORTS_MAX);
    return settings_check_rtp(s, ports, e);
}
