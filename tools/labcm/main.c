/* labcm: the table of its commands. */
#include "tls/decoders.h"
#include "tools/labcm/commands.h"
#include "tools/shared/command.h"

static const struct command commands[] = {
    {"run", cmd_run, "play a call manager: TFTP, CTL, SCCP with mutual TLS, phones", true},
    {"call", cmd_call, "a phone calls a port or the pilot, and says what it heard", false},
    {"load", cmd_load, "many calls at a rate, or the highest rate of calls or lamps without a loss",
     false},
    {"lamp", cmd_lamp, "message lamps: their states, who set them and when", false},
    {"devices", cmd_devices, "who is registered: mode, version, cipher, certificate", false},
    {"info", cmd_info, "where everything is served, and what has happened so far", false},
    {"trust", cmd_trust, "upload a root certificate into CallManager-trust", false},
    {"mode", cmd_mode, "set the cluster secure (mixed mode) or non-secure", false},
    {"renew", cmd_renew, "make a new CallManager certificate and a CTL that names it", false},
    {"drop", cmd_drop, "cut off the connections of devices, as a failing network does", false},
    {"reset", cmd_reset, "send devices a reset or restart, as an administrator does", false},
    {"service", cmd_service, "stop or start the CallManager service: failover and back", false},
    {"tokens", cmd_tokens, "grant register tokens, or refuse them for some seconds", false},
    {"fault", cmd_fault, "go wrong on purpose: the menu, and one of its faults on or off", false},
    {"stop", cmd_stop, "end the running labcm", false},
    {"tftp", cmd_tftp, "serve a folder by TFTP and nothing else", false},
};

static const char examples[] = "  labcm run -n 8 --trust CUC-ROOT.0 --tftp-port 6969\n"
                               "  labcm call 1001 8000 --expect greeting.wav\n"
                               "  labcm lamp 1001\n";

int main(int argc, char **argv)
{
    const struct program p = {"labcm", "a lab call manager for encrypted SCCP voicemail ports",
                              examples, commands, sizeof commands / sizeof commands[0]};

    (void)tls_few_decoders(); /* without it everything goes on as well, only slower */
    return program_main(&p, argc, argv);
}
