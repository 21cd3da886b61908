/* The commands of labcm, one file each or a few that are alike. argv[0] is the command's name; each
 * returns the exit code: 0 done, 1 it was tried and failed, 2 wrong use. */
#ifndef LABCM_COMMANDS_H
#define LABCM_COMMANDS_H

int cmd_run(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_lamp(int argc, char **argv);
int cmd_devices(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_trust(int argc, char **argv);
int cmd_mode(int argc, char **argv);
int cmd_renew(int argc, char **argv);
int cmd_fault(int argc, char **argv);
int cmd_drop(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_service(int argc, char **argv);
int cmd_tokens(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_tftp(int argc, char **argv);

#endif
