/* The held list on a real disk: whole or not at all, private, with its backup. */
#include "ctl_fixture.h"

#include "ctl/fetch.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static struct buf newer; /* another good list */

static int load(void **state)
{
    struct ctl_build_record r[3];
    struct err e;

    if (fixture_load(state) != 0)
        return -1;
    example_records(r);
    struct ctl_build b = example_build(r, 2);
    b.timestamp++;
    strcpy(dir, "/tmp/ctl_held_test.XXXXXX");
    return mkdtemp(dir) && ctl_build(&b, &newer, &e) ? 0 : -1;
}

static char *in(const char *name)
{
    static char path[2][128];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static int unload(void **state)
{
    static const char *const left[] = {"CTLFile.tlv", "CTLFile.tlv.bak", ".CTLFile.tlv.new"};

    for (size_t i = 0; i < 3; i++)
        unlink(in(left[i]));
    rmdir(dir);
    buf_free(&newer);
    return fixture_unload(state);
}

static int clean(void **state)
{
    struct err e;

    (void)state;
    bool ok = ctl_held_forget(dir, &e);
    unlink(in("CTLFile.tlv.bak"));
    return ok ? 0 : -1;
}

static void write_bytes(const char *name, const uint8_t *bytes, size_t len)
{
    FILE *f = fopen(in(name), "wb");

    CHECK(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0, "%s", name);
}

static void check_content(const char *name, const uint8_t *want, size_t len)
{
    struct buf got = {0};
    struct err e;

    CHECK(buf_read_file(&got, in(name), 1 << 20, &e), "%s", e.text);
    CHECK_BYTES(got.at, got.len, want, len);
    buf_free(&got);
}

static bool exists(const char *name)
{
    return access(in(name), F_OK) == 0;
}

static void nothing_held_is_no_error(void **state)
{
    struct ctl_file *f = (struct ctl_file *)1;
    struct err e;

    (void)state;
    CHECK(ctl_held_load(dir, &f, &e) && f == NULL, "%s", e.text);
    CHECK(ctl_held_load("/nonexistent/place", &f, &e) && f == NULL, "%s", e.text);
    CHECK(ctl_held_forget("/nonexistent/place", &e), "%s", e.text);
}

static void what_is_stored_is_loaded_again_private_with_its_backup(void **state)
{
    struct ctl_file *f;
    struct stat st;
    struct err e;

    (void)state;
    CHECK(ctl_held_store(dir, example, example_len, &e), "%s", e.text);
    CHECK(!exists("CTLFile.tlv.bak"), "a backup of nothing");
    CHECK(stat(in("CTLFile.tlv"), &st) == 0 && (st.st_mode & 0777) == 0600, "%o", st.st_mode);
    CHECK(ctl_held_load(dir, &f, &e), "%s", e.text);
    CHECK_BYTES(f->bytes, f->len, example, example_len);
    ctl_free(f);
    CHECK(ctl_held_store(dir, newer.at, newer.len, &e), "%s", e.text);
    check_content("CTLFile.tlv", newer.at, newer.len);
    check_content("CTLFile.tlv.bak", example, example_len);
    CHECK(stat(in("CTLFile.tlv.bak"), &st) == 0 && (st.st_mode & 0777) == 0600, "%o", st.st_mode);
    CHECK(ctl_held_store(dir, newer.at, newer.len, &e), "%s", e.text);
    check_content("CTLFile.tlv.bak", example, example_len); /* the same again is no new list */
    CHECK(!exists(".CTLFile.tlv.new"), "the temporary file is left");
}

static void a_forgotten_list_stays_as_backup(void **state)
{
    struct ctl_file *f;
    struct err e;

    (void)state;
    CHECK(ctl_held_store(dir, example, example_len, &e), "%s", e.text);
    CHECK(ctl_held_forget(dir, &e), "%s", e.text);
    CHECK(ctl_held_load(dir, &f, &e) && !f, "still held");
    check_content("CTLFile.tlv.bak", example, example_len);
}

static void a_damaged_list_is_never_used(void **state)
{
    static const struct {
        size_t at, len;
        const char *part;
    } rows[] = {
        {2636, 2637, "CTL signature is wrong"}, /* the last byte changed */
        {0, 2637, "not a CTL"},
        {0, 0, "0 bytes"},
    };
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        example[rows[i].at] ^= 1;
        write_bytes("CTLFile.tlv", example, rows[i].len);
        example[rows[i].at] ^= 1;
        CHECK(!ctl_held_load(dir, &f, &e) && !f, "row %zu", i);
        CHECK(e.kind == ERR_CTL_40 && strstr(e.text, rows[i].part), "row %zu: %s", i, e.text);
        CHECK(strstr(e.text, dir), "row %zu: %s", i, e.text);
    }
    uint8_t *big = calloc(1, CTL_FILE_MAX + 1);
    write_bytes("CTLFile.tlv", big, CTL_FILE_MAX + 1);
    free(big);
    CHECK(!ctl_held_load(dir, &f, &e) && e.kind == ERR_CTL_40, "%s", e.text);
    CHECK(ctl_held_store(dir, example, example_len, &e), "a good list replaces a damaged: %s",
          e.text);
    CHECK(ctl_held_load(dir, &f, &e) && f, "%s", e.text);
    ctl_free(f);
}

static void what_is_no_list_is_not_stored(void **state)
{
    struct err e;

    (void)state;
    CHECK(ctl_held_store(dir, example, example_len, &e), "%s", e.text);
    CHECK(!ctl_held_store(dir, example, 100, &e) && e.kind == ERR_CTL_06, "%s", e.text);
    check_content("CTLFile.tlv", example, example_len);
}

static void folders_are_made_private(void **state)
{
    struct stat st;
    struct err e;

    (void)state;
    CHECK(ctl_held_store(in("a/b"), example, example_len, &e), "%s", e.text);
    CHECK(stat(in("a"), &st) == 0 && (st.st_mode & 0777) == 0700, "%o", st.st_mode);
    CHECK(exists("a/b/CTLFile.tlv"), "not there");
    unlink(in("a/b/CTLFile.tlv"));
    rmdir(in("a/b"));
    rmdir(in("a"));
}

static void a_place_that_cannot_be_written_is_named(void **state)
{
    struct err e;

    (void)state;
    write_bytes("file", (const uint8_t *)"x", 1);
    CHECK(!ctl_held_store(in("file"), example, example_len, &e), "stored in a file");
    CHECK(e.kind == ERR_CTL_39 && strstr(e.text, in("file")) && strstr(e.text, strerror(ENOTDIR)),
          "%s", e.text);
    unlink(in("file"));
}

/* A full disk, played by a limit on the size of files. */
static void a_full_disk_leaves_the_old_list(void **state)
{
    struct rlimit old, tiny = {0};
    struct err e;

    (void)state;
    CHECK(ctl_held_store(dir, example, example_len, &e), "%s", e.text);
    getrlimit(RLIMIT_FSIZE, &old);
    tiny = old;
    tiny.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tiny);
    bool ok = ctl_held_store(dir, newer.at, newer.len, &e);
    setrlimit(RLIMIT_FSIZE, &old);
    CHECK(!ok && e.kind == ERR_CTL_39 && strstr(e.text, strerror(EFBIG)), "%s", e.text);
    check_content("CTLFile.tlv", example, example_len);
    CHECK(!exists(".CTLFile.tlv.new"), "the temporary file is left");
}

static void store_many(bool first)
{
    struct err e;

    for (int i = 0; i < 60; i++) {
        bool ok = (i % 2 == 0) == first ? ctl_held_store(dir, example, example_len, &e)
                                        : ctl_held_store(dir, newer.at, newer.len, &e);
        if (!ok)
            _exit(1);
    }
    _exit(0);
}

static void processes_that_store_at_once_leave_a_whole_list(void **state)
{
    pid_t child[4];
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (int i = 0; i < 4; i++) {
        child[i] = fork();
        if (child[i] == 0)
            store_many(i % 2);
    }
    for (int i = 0; i < 200; i++) { /* a reader meets one or the other, never half of one */
        CHECK(ctl_held_load(dir, &f, &e), "%s", e.text);
        ctl_free(f);
    }
    for (int i = 0; i < 4; i++) {
        int status = -1;
        waitpid(child[i], &status, 0);
        CHECK(status == 0, "child %d: %d", i, status);
    }
    CHECK(ctl_held_load(dir, &f, &e) && f, "%s", e.text);
    ctl_free(f);
    CHECK(!exists(".CTLFile.tlv.new"), "the temporary file is left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_held_is_no_error, clean),
        cmocka_unit_test_setup(what_is_stored_is_loaded_again_private_with_its_backup, clean),
        cmocka_unit_test_setup(a_forgotten_list_stays_as_backup, clean),
        cmocka_unit_test_setup(a_damaged_list_is_never_used, clean),
        cmocka_unit_test_setup(what_is_no_list_is_not_stored, clean),
        cmocka_unit_test_setup(folders_are_made_private, clean),
        cmocka_unit_test_setup(a_place_that_cannot_be_written_is_named, clean),
        cmocka_unit_test_setup(a_full_disk_leaves_the_old_list, clean),
        cmocka_unit_test_setup(processes_that_store_at_once_leave_a_whole_list, clean),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
