#include "base/owner.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void owner_follow(int fd, int folder)
{
    struct stat own, of;

    if (geteuid() != 0 || fstat(folder, &of) != 0 || fstat(fd, &own) != 0)
        return;
    if (own.st_uid == of.st_uid || (!S_ISDIR(own.st_mode) && own.st_nlink != 1))
        return;
    if (fchown(fd, of.st_uid, of.st_gid) != 0)
        return; /* he is told "permission denied" when he opens it */
}

void owner_follow_path(int fd, const char *path)
{
    char folder[PATH_MAX];

    if (geteuid() != 0 || snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
        return;
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int at = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return;
    owner_follow(fd, at);
    close(at);
}
