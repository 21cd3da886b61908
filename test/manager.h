/* A scripted call manager, as one device knows it: what it hears is answered by what it says.
 * Pure: who has it carries the messages. */
#ifndef TEST_MANAGER_H
#define TEST_MANAGER_H

#include "ports/settings.h"
#include "sccp/codec.h"

/* What it does by itself, each of which a test can switch off. */
struct manager {
    uint32_t version;        /* the highest it speaks */
    uint8_t answers_version; /* not 0: RegisterAck says this, as chan_skinny's 48 */
    uint32_t keepalive_s;
    bool silent, rejects;                   /* to everything; to Register */
    bool no_capabilities_req, no_soft_keys; /* CallManager 2 */
    bool no_keepalive_ack, no_unregister_ack, refuses_unregister;
    bool ignores_cgpn;         /* 0x24 */
    bool smt_early, smt_never; /* before the ack; not at all */
    bool encrypted;
    bool clears_after_proceed; /* a lamp call: no tone, but OnHook */
    bool confused;             /* a test speaks for it, and it does not know its calls */
    uint32_t lamp_tone;        /* 0: ConfirmationTone */
    uint32_t token_wait_s;     /* RegisterTokenReq is refused for so long; 0: granted */
    uint32_t call, party;      /* of the call that is up */
    char digits[64];           /* dialled */
    uint32_t next_call;
    uint32_t agreed; /* version, since Register */
    char name[17];   /* of who registered; "": nobody yet */

    const struct mwi_settings *codes;
    void (*say)(void *arg, const struct sccp_message *m);
    void *arg;
    const char *broken; /* what the port did that no port may do; NULL: nothing */
};

void manager_init(struct manager *cm, const struct mwi_settings *codes); /* it behaves */
void manager_hears(struct manager *cm, const struct sccp_message *m);
uint32_t manager_rings(struct manager *cm); /* RingIn and CallInfo; returns the call */
void manager_hangs_up(struct manager *cm);

/* Messages to say. */
struct sccp_message say_call_state(uint32_t state, uint32_t call);
struct sccp_message say_call_info(uint32_t call, const char *caller, const char *called,
                                  const char *redirecting, uint32_t reason);
struct sccp_message say_close(uint32_t id, uint32_t call, uint32_t party);
struct sccp_message say_tone(uint32_t tone, uint32_t call);
struct sccp_message say_id(uint32_t id);
struct sccp_message manager_open_receive(const struct manager *cm, uint32_t call, uint32_t party);
struct sccp_message manager_start_transmit(const struct manager *cm, uint32_t call, uint32_t party);

#endif
