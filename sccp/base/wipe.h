/* Secrets that the compiler leaves behind. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

/* Overwrites the stack below the caller's frame: copies of a key that functions called before have
 * left in their frames, as temporaries nobody can name. Some microseconds. */
void wipe_stack(void);

#endif
