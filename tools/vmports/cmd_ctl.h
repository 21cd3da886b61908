/* EDGE: what the files of `vmports ctl` share: what was given, and how a list is told of. */
#ifndef VMPORTS_CMD_CTL_H
#define VMPORTS_CMD_CTL_H

#include "ctl/fetch.h"
#include "tools/shared/command.h"
#include "tools/vmports/options.h"

#define SERVERS_MAX 16
#define FILES_MAX   2

/* What the options of all subcommands say; each takes the ones its table names. */
struct given {
    const char *who; /* "vmports ctl fetch" */
    const char *state_dir, *output, *held;
    const char *files[FILES_MAX];
    size_t file_count;
    struct ctl_fetch_server servers[SERVERS_MAX];
    size_t server_count;
    struct ctl_policy policy;
};

int ctl_cmd_fetch(const struct given *g);
int ctl_cmd_show(const struct given *g);
int ctl_cmd_verify(const struct given *g);
int ctl_cmd_diff(const struct given *g);
int ctl_cmd_accept(const struct given *g);
int ctl_cmd_forget(const struct given *g);

/* The held list of --state-dir or the default; `dir` gets its place. Nothing held: *held NULL. */
bool ctl_cmd_load_held(const struct given *g, char dir[PATH_TEXT], struct ctl_file **held,
                       struct err *e) MUST_USE;
/* One line each, on stdout: "accepted with warnings: a; b", "refused: CTL-26 ...". */
void ctl_cmd_print_verdict(const struct ctl_verdict *v);
void ctl_cmd_print_refusal(const struct err *why);
/* What an operator compares with `show ctl`: digests of the file, name and digest of the signer. */
void ctl_cmd_print_fingerprints(const struct ctl_file *f, size_t signer);

#endif
