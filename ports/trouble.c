#include "ports/trouble.h"

#include <stdio.h>

void trouble_note(struct trouble *t, const struct err *why)
{
    t->kind = why->kind;
    t->now = true;
    t->count++;
    snprintf(t->text, sizeof t->text, "%.*s", (int)sizeof t->text - 1, why->text);
}

void trouble_over(struct trouble *t)
{
    t->now = false;
}
