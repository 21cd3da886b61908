/* A command that holds keys shows its memory to nobody. */
#include "check.h"

#include "tools/shared/command.h"
#include "tools/shared/secrets.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPEN = 10, SHUT = 11, HALF = 12 };

static int look(int argc, char **argv)
{
    struct rlimit core = {1, 1};

    (void)argc;
    (void)argv;
    getrlimit(RLIMIT_CORE, &core);
    const bool dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
    if (dumpable)
        return OPEN;
    return core.rlim_cur == 0 && core.rlim_max == 0 ? SHUT : HALF;
}

/* In a process of its own: the way back is closed. */
static int ends_with(const char *command, bool let_out)
{
    static const struct command commands[] = {{"keys", look, "", true}, {"none", look, "", false}};
    const struct program p = {"test", "", "", commands, 2};
    char program[] = "test", word[8];
    int status = 0;

    snprintf(word, sizeof word, "%s", command);
    const pid_t pid = fork();
    CHECK(pid >= 0, "fork");
    if (pid == 0) {
        if (let_out)
            setenv(SECRETS_LET_OUT, "1", 1);
        else
            unsetenv(SECRETS_LET_OUT);
        _exit(program_main(&p, 2, (char *[]){program, word, NULL}));
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "%d", status);
    return WEXITSTATUS(status);
}

static void a_command_with_keys_leaves_no_core_and_lets_nobody_look(void **state)
{
    (void)state;
    assert_int_equal(ends_with("keys", false), SHUT);
    assert_int_equal(ends_with("none", false), OPEN);
}

static void whoever_debugs_it_may_say_so(void **state)
{
    (void)state;
    assert_int_equal(ends_with("keys", true), OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_with_keys_leaves_no_core_and_lets_nobody_look),
        cmocka_unit_test(whoever_debugs_it_may_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
