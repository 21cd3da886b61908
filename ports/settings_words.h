/* The words of the settings that are one of a few: by enum, ended by NULL. The settings file and
 * the command line read the same. */
#ifndef PORTS_SETTINGS_WORDS_H
#define PORTS_SETTINGS_WORDS_H

extern const char *const settings_words_mode[];         /* enum security_mode */
extern const char *const settings_words_tls_max[];      /* enum tls_max */
extern const char *const settings_words_after[];        /* enum after_greeting */
extern const char *const settings_words_refresh[];      /* enum ctl_refresh */
extern const char *const settings_words_ctl_first[];    /* enum ctl_first */
extern const char *const settings_words_token_form[];   /* enum token_form */
extern const char *const settings_words_mwi_mailbox[];  /* enum mwi_mailbox */
extern const char *const settings_words_mwi_dialling[]; /* enum mwi_dialling */
extern const char *const settings_words_mwi_method[];   /* enum mwi_method */

#endif
