/* EDGE: root that works in somebody's folder leaves nothing there that he cannot use: what root
 * makes below a state directory belongs to the directory's owner. */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

/* Gives the open file or folder to the owner of `folder`, a descriptor, when we are root. A file of
 * several names is left alone: one of them may lie where that owner has no business. */
void owner_follow(int fd, int folder);
/* The same, of the folder that `path` lies in. */
void owner_follow_path(int fd, const char *path);

#endif
