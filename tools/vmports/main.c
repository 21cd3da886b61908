/* vmports: the table of its commands. */
#include "tls/decoders.h"
#include "tools/shared/command.h"
#include "tools/vmports/commands.h"

static const struct command commands[] = {
    {"run", cmd_run, "register ports with a call manager and answer their calls", true},
    {"status", cmd_status, "show each port, its state and its calls", false},
    {"mwi", cmd_mwi, "switch message lamps on and off, or show the queue", false},
    {"reset", cmd_reset, "drop ports, fetch the CTL anew, register again", false},
    {"reload", cmd_reload, "read the settings file anew and apply what changed", false},
    {"stop", cmd_stop, "end the running program: calls may end, then ports unregister", false},
    {"check", cmd_check, "name every mistake in a settings file", false},
    {"config", cmd_config, "print a commented settings file with all defaults", false},
    {"ctl", cmd_ctl, "fetch, show, verify and compare CTL files", false},
    {"cert", cmd_cert, "show, export and renew the root certificate", true},
    {"doctor", cmd_doctor, "try each step up to a registration and say what is wrong", true},
    {"verify", cmd_verify, "prove from a capture what was encrypted and what was not", true},
    {"demo", cmd_demo, "the whole thing on loopback, as a report with evidence", false},
};

static const char examples[] = "  vmports demo\n"
                               "  vmports run -n 8 -t 10.48.46.182\n"
                               "  vmports mwi on 1001 --wait\n";

int main(int argc, char **argv)
{
    const struct program p = {"vmports",
                              "encrypted SCCP voicemail ports against a Cisco call manager",
                              examples, commands, sizeof commands / sizeof commands[0]};

    (void)tls_few_decoders(); /* without it everything goes on as well, only slower */
    return program_main(&p, argc, argv);
}
