/* A settings file: its text to the settings of a run. Phone systems hold port groups, these hold
 * ranges of ports; the names are CUC's (unity-connection.md 2).
 *
 * Every mistake is found, not only the first, and has its line. Nothing is read from disk here, and
 * greetings are named, not loaded.
 *
 * Threads: libconfuse's lexer is global, so one text is read at a time. */
#ifndef PORTS_CONFIG_H
#define PORTS_CONFIG_H

#include "ports/settings.h"

#define CONFIG_FILE_MAX   (1024u * 1024u)
#define CONFIG_GROUPS_MAX 256u
#define CONFIG_RANGES_MAX 256u /* of one port group */
#define CONFIG_PATH_MAX   1024u

struct config_mistake {
    unsigned line;
    char text[400];
};

/* What a port group has beside its settings. */
struct config_group {
    char system[64];                /* its phone system's DisplayName */
    char greeting[CONFIG_PATH_MAX]; /* "": the one that ships */
    char pin[65];                   /* settings.ctl_policy.pin_sha256 */
    struct port_behaviour *ranges;  /* settings.behaviours */
    size_t range_count;
    unsigned line; /* where its section ends */
};

/* Owner: whoever holds it. `run.groups` are `groups`; state_dir, log and keylog are the caller's.
 */
struct config {
    struct pool_settings run;
    struct group_settings *groups; /* run.group_count of them; may be changed */
    struct config_group *more;     /* beside each */
    struct config_mistake *mistakes;
    size_t mistake_count; /* 0: good */
};

/* NULL only when memory ends. `text` need not end with NUL. Mistakes are in order of their lines.
 */
struct config *config_parse(const char *text, size_t len, struct err *e);
void config_free(struct config *c); /* accepts NULL */

/* What changed from one reading of a file to another, a line for each group; `group` is NULL for
 * what all share, which counts from the next start on. */
typedef void config_tell_fn(void *arg, const char *group, const char *text);
void config_changes(const struct config *was, const struct config *is, config_tell_fn *tell,
                    void *arg);

/* The file with every setting at its default, and what each means. Given; NULL: no memory. */
char *config_example(void);

#endif
