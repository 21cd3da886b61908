/* Which rule of port.c an event meets (port_event.c), and what the rules do, by thought:
 * port_session.c, port_failover.c, port_call.c, port_lamp.c; and the second line's rules,
 * port_second.c. Private to the port: others include port.h. */
#ifndef PORTS_RULES_H
#define PORTS_RULES_H

#include "ports/port.h"

#define NEVER INT64_MAX

/* Times in milliseconds. [?] marks what no Cisco document gives. */
#define TURN_MS          600000u /* for list, identity and a turn: ten thousand handshakes take less */
#define CONNECT_MS       25000u /* above link.h's 10 s for TCP and 10 s for TLS, which speak first */
#define REGISTER_MS      10000u  /* [?] */
#define CAPABILITIES_MS  1000u   /* every server asks right behind RegisterAck (sccp.md 4.3) */
#define STEP_MS          3000u   /* "a few seconds after which it goes on" (7.1) */
#define ANSWER_MS        10000u  /* the ring-no-answer time of a line group */
#define QUIET_MS         300000u /* 5 minutes without media (unity-connection.md 3.1) */
#define LOOK_FIRST_MS    5000u   /* a far end without media shows by then */
#define LOOK_MS          60000u
#define CLEAR_MS         4000u  /* [?] */
#define LAMP_OPEN_MS     2000u  /* "after about 2 s" 0x24 was not understood (8.4) */
#define DIAL_TONE_MS     500u   /* a server that opened the call but plays no tone [?] */
#define UNREGISTER_MS    3000u  /* chan_skinny and libsccp close without an ack (8.4) */
#define RESET_GRACE_MS   30000u /* "a port with a call may finish it first" (7.12) */
#define RESET_AGAIN_MS   5000u  /* after a NAK to Unregister [?] */
#define RESET_PAUSE_MS   2000u  /* "after a pause of some seconds" (7.12) */
#define STEADY_MS        5000u  /* a registration that lasted: the pauses begin anew */
#define NEXT_SERVER_MS   1000u  /* at once, spread over a second */
#define KEPT_LOOK_MS     1000u  /* how often a kept call is looked at */
#define SECOND_SPREAD_MS 2000u  /* lines to the standby are opened over this time */
#define TOKEN_MS         5000u  /* chan_skinny ignores RegisterTokenReq (8.4) */
#define TOKEN_KEPT_MS    30000u /* how long a token may wait for the end of a call [?] */
#define TOKEN_LEAST_MS   1000u  /* between two requests, whatever the refusal says */
#define TOKEN_MOST_S     86400u
#define BUSY_MS          5000u /* a token is not asked for during a call: look again then */
#define DIGIT_TWICE_MS   50    /* the same digit by two ways (7.7) */
#define INBAND_TWICE_MS  500   /* when one of them is the audio, which comes later [?] */
#define KEEPALIVES_LOST  3u    /* three intervals without any answer (7.3) */
#define KEEPALIVE_S      30u   /* CUCM's usual interval, where a server names none */
#define KEEPALIVE_MOST_S 86400u

#define STATISTICS_CLEAR 0u /* statsProcessingMode; 1: keep */

typedef void rule_fn(struct port *p, const struct port_event *ev, struct port_actions *out);

/* The next free action, zeroed but for its kind. */
struct port_action *act(struct port_actions *out, enum port_action_kind kind);
struct port_action *act_ids(struct port_actions *out, enum port_action_kind kind,
                            struct port_ids ids);
void note(struct port_actions *out, enum port_note n, uint32_t value);
uint32_t random_below(struct port *p, uint32_t n);
/* Doubles with each failure, with jitter. */
uint32_t retry_pause(struct port *p, uint32_t failures);
void put_text(char *to, size_t cap, const char *from);

/* port_event.c: where one happening can be two events, says which. */
enum port_event_kind which_event(const struct port *p, const struct port_event *ev);

/* port_session.c */
rule_fn dial, give_up, say_register, configure, rejected, answer_capabilities, first_capabilities,
    next_step, step_missed, time_missed, note_line, settle, keep_alive, lost, dead, untrusted,
    unregister, must_stay, stay_for_now, hang_up_and_unregister, will_leave, left, reset_now,
    pause_for_reset, will_reset, reset_after_call, fetch_and_will_reset, fetch_and_unregister,
    fetch_only, count_unknown;

/* port_failover.c */
rule_fn lost_to_standby, keep_call, look_at_kept, kept_over, kept_over_to_standby,
    unregister_to_go_back, go_back, stay;
/* The session is over: nothing of it may leak into the next. Its call may go on. */
void end_session(struct port *p, struct port_actions *out);
void forget_session(struct port *p, struct port_actions *out);
void plan_next_try(struct port *p, uint32_t at_least_ms);

/* port_second.c: the second line's own rules. */
bool second_event(enum port_event_kind k);
void second_step(struct port *p, const struct port_event *ev, struct port_actions *out);
/* After each step: opens it when the port has registered, drops it when that is over. */
void second_follow(struct port *p, struct port_actions *out);
int64_t second_due(const struct port *p);
/* What is due of it now. */
enum port_event_kind second_tick(struct port *p);
/* The line has another place in the list: the second one must not lead there, and may be the way
 * back now. */
void second_aim(struct port *p);
/* The token was in vain: ask for another one later. */
void second_ask_later(struct port *p);

/* port_call.c */
rule_fn ring, ring_and_answer, unwanted, remember_offer, forget_offer, note_info, inform_and_answer,
    answer, missed, mark_connected, not_connected, hang_up, quiet, silent, too_long, look, counted,
    far_hung_up, cleared, put_down, listen_to, refuse_receive, refuse_bad_receive, listening,
    listen_failed, stop_listening, speak, stay_silent, refuse_send, refuse_bad_send, sending,
    send_failed, stop_sending, open_port, port_opened, statistics_wanted, report, digit, subscribed,
    not_subscribed, unsubscribed, unreachable;
/* Everything a call has, without a word to the call manager. */
void end_call(struct port *p, struct port_actions *out);
void close_media(struct port *p, struct port_actions *out);

/* port_lamp.c */
rule_fn lamp_off_hook, lamp_turned_away, lamp_opened, lamp_dial, lamp_opened_and_dial,
    lamp_proceeds, lamp_confirmed, lamp_cleared, lamp_not_complete, lamp_busy, lamp_reorder,
    lamp_timed_out, lamp_ignored, lamp_try_prefix, lamp_gives_way, lamp_taken, lamp_left;
void end_lamp(struct port *p, struct port_actions *out, enum port_lamp_result result);

#endif
