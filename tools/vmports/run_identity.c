#include "tools/vmports/run_identity.h"

#include "tls/identity.h"

#define ROOT_WARN_DAYS 60 /* PKI-01 */

bool run_any_of_age(const struct run_settings *s, bool legacy)
{
    for (size_t i = 0; i < s->pool.group_count; i++)
        if (s->groups[i].mode != MODE_NON_SECURE && s->groups[i].legacy_tls == legacy)
            return true;
    return false;
}

/* A certificate that nobody was told to upload is the first thing to go wrong. */
static void say_root(struct log *log, const char *state_dir, const struct tls_authority *a,
                     bool legacy)
{
    const long days = tls_authority_days_left(a);
    char name[32];
    struct err e;

    tls_root_file_name(tls_authority_root(a), name, sizeof name);
    if (tls_authority_made_root(a))
        log_line(log, LOG_NOTE, LOG_SSL_INIT, NULL,
                 "first start: the root certificate %s was made. Upload it to every CUCM node as "
                 "CallManager-trust (`vmports cert export %s%s`), then restart Cisco CallManager",
                 name, name, legacy ? " --legacy-tls" : "");
    if (days >= ROOT_WARN_DAYS)
        return;
    err_set(&e, ERR_PKI_01, "the root certificate %s in %s ends in %ld days", name, state_dir,
            days);
    log_err(log, LOG_WARN, LOG_SSL_INIT, NULL, &e);
}

bool run_open_identity(const struct run_settings *s, const char *state_dir, bool legacy,
                       struct log *log, struct err *e)
{
    const struct tls_authority_settings as = {
        .dir = state_dir, .legacy = legacy, .key_per_port = s->pool.key_per_port};
    struct tls_authority *a;

    if (!run_any_of_age(s, legacy))
        return true;
    a = tls_authority_open(&as, e);
    if (a)
        say_root(log, state_dir, a, legacy);
    tls_authority_free(a);
    return a != NULL;
}
