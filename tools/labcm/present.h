/* What a device is shown and told of a call, in CallManager's order (sccp.md 7.4-7.9). Pure. */
#ifndef LABCM_PRESENT_H
#define LABCM_PRESENT_H

#include "tools/labcm/outlet.h"

/* Who calls whom, and through whom. Empty texts: nobody. */
struct call_parties {
    sccp_number calling, called, original, last; /* original called, last redirecting */
    char calling_name[40], called_name[40], original_name[40], last_name[40];
    uint32_t reason; /* SCCP_REDIRECT_NO_ANSWER ... */
    uint32_t type;   /* SCCP_CALL_TYPE_INBOUND ... */
    uint32_t security;
    sccp_number hunt_pilot;
};

/* How the two ends of a call talk. */
struct call_media {
    uint32_t codec, packet_ms, dtmf_payload;
    struct sccp_srtp to_device, from_device;
    struct net_addr far; /* who talks to the device; its port 0: not known yet */
};

enum digit_form { DIGIT_KEYPAD, DIGIT_TONE, DIGIT_NOTIFY, DIGIT_RFC2833, DIGIT_INBAND };

void present_ring_in(const struct outlet *o, struct device *d, const struct call_parties *p);
/* It went off hook; then its channel is to be opened, and then it is connected. */
void present_answered(const struct outlet *o, struct device *d);
void present_connected(const struct outlet *o, struct device *d, const struct call_parties *p);
/* A call of its own: dial tone; after the first digit; after the last. */
void present_dial_tone(const struct outlet *o, struct device *d);
void present_first_digit(const struct outlet *o, struct device *d);
void present_proceed(const struct outlet *o, struct device *d, const struct call_parties *p);
void present_ring_out(const struct outlet *o, struct device *d);
void present_tone(const struct outlet *o, struct device *d, uint32_t tone);
/* Busy, congestion, no such number: a state and the tone that goes with it. */
void present_failure(const struct outlet *o, struct device *d, uint32_t call_state, uint32_t tone);
/* The call is over, or another member took it. */
void present_over(const struct outlet *o, struct device *d, const struct sccp_time_date_res *now);
/* A digit of the far party's, out of band. RFC 2833 and the audio are the phone's
 * business. */
void present_digit(const struct outlet *o, struct device *d, enum digit_form form, char digit);

void open_channel(const struct outlet *o, struct device *d, const struct call_media *m);
void start_transmission(const struct outlet *o, struct device *d, const struct call_media *m);
/* Asks for the statistics, then closes both ways; nothing if no channel was opened. */
void close_channel(const struct outlet *o, struct device *d);

#endif
