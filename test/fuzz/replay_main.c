/* Runs a fuzz target over every file of the folders and files it is given: the corpus in ctest. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replayed;

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return 1;
    }
    uint8_t *bytes = malloc(1 << 22);
    size_t n = bytes ? fread(bytes, 1, 1 << 22, f) : 0;
    /* A copy of the exact size, so that a sanitizer sees a read past its end. */
    uint8_t *exact = malloc(n ? n : 1);
    if (exact && n)
        memcpy(exact, bytes, n);
    fclose(f);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    replayed++;
    return 0;
}

static int replay(const char *path)
{
    DIR *d = opendir(path);
    int bad = 0;

    if (!d)
        return replay_file(path);
    for (struct dirent *ent; (ent = readdir(d));) {
        char inner[1024];
        if (ent->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, ent->d_name);
        bad |= replay(inner);
    }
    closedir(d);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;

    for (int i = 1; i < argc; i++)
        bad |= replay(argv[i]);
    printf("%lu inputs replayed\n", replayed);
    return bad || replayed == 0;
}
