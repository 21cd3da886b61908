#include "ports/settings_words.h"

#include "ports/settings.h"

#include <stddef.h>

const char *const settings_words_mode[] = {
    [MODE_NON_SECURE] = "non-secure",
    [MODE_AUTHENTICATED] = "authenticated",
    [MODE_ENCRYPTED] = "encrypted",
    NULL,
};
const char *const settings_words_tls_max[] = {
    [TLS_MAX_AUTO] = "auto", [TLS_MAX_12] = "1.2", [TLS_MAX_13] = "1.3", NULL};
const char *const settings_words_after[] = {
    [AFTER_HANGUP] = "hangup", [AFTER_LOOP] = "loop", [AFTER_SILENCE] = "silence", NULL};
const char *const settings_words_refresh[] = {[CTL_REFRESH_ALWAYS] = "always",
                                              [CTL_REFRESH_ONCE] = "once",
                                              [CTL_REFRESH_NEVER] = "never",
                                              NULL};
const char *const settings_words_ctl_first[] = {
    [CTL_FIRST_ACCEPT] = "accept", [CTL_FIRST_PIN] = "pin", [CTL_FIRST_REFUSE] = "refuse", NULL};
const char *const settings_words_token_form[] = {
    [TOKEN_TYPED] = "typed", [TOKEN_PLAIN] = "plain", NULL};
const char *const settings_words_mwi_mailbox[] = {
    [MWI_MAILBOX_EXTENSION] = "extension", [MWI_MAILBOX_EMPTY] = "empty", NULL};
const char *const settings_words_mwi_dialling[] = {
    [MWI_DIAL_KEYPAD] = "keypad", [MWI_DIAL_ENBLOC] = "enbloc", NULL};
const char *const settings_words_mwi_method[] = {
    [MWI_CGPN] = "cgpn", [MWI_PREFIX] = "prefix", NULL};
