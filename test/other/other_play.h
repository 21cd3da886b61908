/* What the scenes share: the office, the programs under it, the calls. */
#ifndef TEST_OTHER_PLAY_H
#define TEST_OTHER_PLAY_H

#include "other.h"

enum { PORTS = 3, GREETING = 8000 }; /* samples: one second */

extern struct office office;
extern const char *vmports, *folder, *profile_name;
extern unsigned deviations;
extern uint8_t greeting[GREETING]; /* as the codec's bytes */

/* other_stage.c */
char *in_folder(const char *name); /* good for the next fifteen */
int start(const char *out, char *const *argv);
int finish(int pid, int ms);  /* the exit code, while the office works on; -1: took longer */
bool said(const char *words); /* by the last ASK */
void status_says(const char *words);
void start_vmports(void);

/* vmports COMMAND... --control ours: its output stays in the file "said". */
#define ASK(...)                                                                                   \
    start(in_folder("said"), (char *[]){(char *)(uintptr_t)vmports, __VA_ARGS__,                   \
                                        (char *)"--control", in_folder("v.sock"), NULL})

/* other_scenes.c */
uint32_t next_ref(void);
struct seat *port(unsigned number); /* waits until it is registered */
void names_line_and_call(const struct seat *s, const struct message *m, uint32_t ref);
void call_is_heard(unsigned number);
void call_is_early(unsigned number);
void keys_of_no_use(unsigned number);
void caller_hangs_up(unsigned number);
void keys_change(unsigned number);
void caller_gives_up(unsigned number);

#endif
