/* EDGE: what a program that holds keys asks of the kernel. */
#ifndef SHARED_SECRETS_H
#define SHARED_SECRETS_H

#define SECRETS_LET_OUT "VMPORTS_CORE" /* set in the environment: debuggers and cores as usual */

/* No core dump, and no other process of the user may look into this one (ptrace, /proc/PID/mem):
 * memory holds private keys, TLS master secrets and media keys. An exec undoes it. */
void secrets_keep_in(void);

#endif
