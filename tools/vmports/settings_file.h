/* EDGE: a settings file from disk, and the greetings that its groups name. */
#ifndef VMPORTS_SETTINGS_FILE_H
#define VMPORTS_SETTINGS_FILE_H

#include "ports/config.h"

#include <stdio.h>

/* NULL when it cannot be read. Whether it is good says its count of mistakes. */
struct config *settings_file_read(const char *path, struct err *e);
/* "FILE:LINE: text" for each. */
void settings_file_print_mistakes(const struct config *c, const char *path, FILE *out);

/* The sounds of a run, each file loaded once. Zeroed: none. */
struct greetings {
    struct {
        char path[CONFIG_PATH_MAX];
        struct sound *sound;
    } * list;
    size_t count;
};

/* "" is the greeting that ships. Borrowed until greetings_free; NULL: `e` names the file. */
const struct sound *greetings_get(struct greetings *g, const char *path, struct err *e);
void greetings_free(struct greetings *g);

#endif
