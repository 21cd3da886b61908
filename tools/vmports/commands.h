/* The commands of vmports, one file each (cmd_NAME.c). argv[0] is the command's name; each returns
 * the exit code: 0 done, 1 it was tried and failed (the reason is on stderr), 2 wrong use. */
#ifndef VMPORTS_COMMANDS_H
#define VMPORTS_COMMANDS_H

int cmd_run(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_mwi(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_cert(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_demo(int argc, char **argv);

#endif
