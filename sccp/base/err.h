/* Errors: one fact, then where it happened, then what to do about it.
 *
 * A function that can fail returns bool (or NULL) and takes `struct err *e` last. The text travels
 * in the caller's struct; there is no global. An error is returned or reported, never both.
 * `e` may be NULL where the caller does not care. Nothing here allocates. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_USE                __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* X(kind, id, words, advice). The ids CTL-.., TFTP-.., NET-.., TLS-.., PKI-.. and MEDIA-.. are the
 * situations that a Cisco engineer meets; others have an empty id. */
#define ERR_LIST(X)                                                                                \
    X(ERR_NONE, "", "no error", "")                                                                \
    X(ERR_USAGE, "", "wrong use", "see `--help`")                                                  \
    X(ERR_MEMORY, "", "out of memory", "use fewer ports or give the machine more memory")          \
    X(ERR_SYSTEM, "", "the system refused", "")                                                    \
    X(ERR_FILE, "", "a file could not be used", "check its path and permissions")                  \
    X(ERR_SHORT, "", "the data ended early", "capture the connection and look at the peer")        \
    X(ERR_FORMAT, "", "the data is malformed", "capture the connection and look at the peer")      \
    X(ERR_LIMIT, "", "a limit was passed", "")                                                     \
    X(ERR_NOT_NOW, "", "not possible now", "")                                                     \
    X(ERR_REFUSED, "", "the call manager refused",                                                 \
      "compare device name, security mode and certificate with its configuration")                 \
    X(ERR_TIMEOUT, "", "no answer in time", "check that the call manager is running")              \
    X(ERR_CLOSED, "", "the peer closed the connection", "look at the peer's log for the reason")   \
    X(ERR_CRYPTO, "", "a cryptographic operation failed", "")                                      \
    X(ERR_SOUND, "", "the sound file could not be used", "give a file that libsndfile reads")      \
    X(ERR_CTL_01, "CTL-01", "the CTL is empty", "check `show ctl` on the TFTP node")               \
    X(ERR_CTL_02, "CTL-02", "the CTL is too big", "check which file the TFTP node serves")         \
    X(ERR_CTL_03, "CTL-03", "the file is not a CTL", "check which file the TFTP node serves")      \
    X(ERR_CTL_04, "CTL-04", "the CTL version is not supported", "known are 1.0, 1.1 and 1.2")      \
    X(ERR_CTL_05, "CTL-05", "the CTL version is newer than 1.2", "it is read like 1.2")            \
    X(ERR_CTL_06, "CTL-06", "the CTL header length is impossible", "fetch the file again")         \
    X(ERR_CTL_07, "CTL-07", "the CTL is cut off", "fetch the file again")                          \
    X(ERR_CTL_08, "CTL-08", "a CTL header tag overruns its container", "fetch the file again")     \
    X(ERR_CTL_09, "CTL-09", "a CTL header tag stands twice", "fetch the file again")               \
    X(ERR_CTL_10, "CTL-10", "a CTL header tag is missing", "fetch the file again")                 \
    X(ERR_CTL_11, "CTL-11", "a CTL tag has the wrong length", "fetch the file again")              \
    X(ERR_CTL_12, "CTL-12", "an unknown CTL tag was skipped", "")                                  \
    X(ERR_CTL_13, "CTL-13", "a CTL record has no start", "fetch the file again")                   \
    X(ERR_CTL_14, "CTL-14", "a CTL record length does not fit", "fetch the file again")            \
    X(ERR_CTL_15, "CTL-15", "a CTL record tag stands twice", "fetch the file again")               \
    X(ERR_CTL_16, "CTL-16", "a CTL record has no role", "fetch the file again")                    \
    X(ERR_CTL_17, "CTL-17", "a CTL string is malformed", "fetch the file again")                   \
    X(ERR_CTL_18, "CTL-18", "the CTL digest is unknown", "SHA-1, SHA-256 and SHA-512 are known")   \
    X(ERR_CTL_19, "CTL-19", "the CTL signature algorithm is unknown", "only RSA is known")         \
    X(ERR_CTL_20, "CTL-20", "a CTL certificate is unreadable", "run `utils ctl update CTLFile`")   \
    X(ERR_CTL_21, "CTL-21", "a CTL address has the wrong length (CSCum48958)",                     \
      "configure the server by its host name")                                                     \
    X(ERR_CTL_22, "CTL-22", "a CTL record contradicts its certificate",                            \
      "run `utils ctl update CTLFile`")                                                            \
    X(ERR_CTL_23, "CTL-23", "a CTL name differs from its certificate", "")                         \
    X(ERR_CTL_24, "CTL-24", "the CTL signer is not in the list", "do not trust this file")         \
    X(ERR_CTL_25, "CTL-25", "the CTL signer may not sign", "do not trust this file")               \
    X(ERR_CTL_26, "CTL-26", "the CTL signature is wrong", "fetch the file again")                  \
    X(ERR_CTL_27, "CTL-27", "the CTL signature has the wrong length",                              \
      "the file was changed or damaged")                                                           \
    X(ERR_CTL_28, "CTL-28", "another file was served as CTLFile.tlv", "check the TFTP node")       \
    X(ERR_CTL_29, "CTL-29", "the CTL contains no records", "run `utils ctl update CTLFile`")       \
    X(ERR_CTL_30, "CTL-30", "the CTL signer is not the pinned one",                                \
      "compare with `show ctl` and change the pin only if they agree")                             \
    X(ERR_CTL_31, "CTL-31", "trust on first use is off",                                           \
      "install a list: `vmports ctl accept FILE`")                                                 \
    X(ERR_CTL_32, "CTL-32", "the CTL signer is unknown to the held list",                          \
      "if the cluster's certificates were renewed, compare the fingerprint and run "               \
      "`vmports ctl accept FILE`")                                                                 \
    X(ERR_CTL_33, "CTL-33", "the CTL is older than the held one", "check the TFTP node")           \
    X(ERR_CTL_34, "CTL-34", "the CTL has no CallManager certificate",                              \
      "run `utils ctl set-cluster mixed-mode` on the publisher, restart TFTP and CallManager")     \
    X(ERR_CTL_35, "CTL-35", "the server is not in the CTL",                                        \
      "wrong TFTP server, server configured by another name, or list out of date")                 \
    X(ERR_CTL_36, "CTL-36", "the server is in the CTL without a certificate",                      \
      "the list was made in non-secure mode: run `utils ctl set-cluster mixed-mode`")              \
    X(ERR_CTL_37, "CTL-37", "no new CTL could be fetched; the held one is used", "")               \
    X(ERR_CTL_38, "CTL-38", "TFTP servers deliver different CTLs",                                 \
      "TFTP replication between the nodes is incomplete")                                          \
    X(ERR_CTL_39, "CTL-39", "the CTL could not be stored", "check the state directory")            \
    X(ERR_CTL_40, "CTL-40", "the stored CTL is damaged", "run `vmports ctl forget`")               \
    X(ERR_CTL_DATE, "", "a date of the CTL is out of range", "compare the clocks of both systems") \
    X(ERR_TFTP_01, "TFTP-01", "CTLFile.tlv was not found",                                         \
      "check the TFTP server of the port group, and that the cluster is in mixed mode (`show "     \
      "ctl`)")                                                                                     \
    X(ERR_TFTP_02, "TFTP-02", "the TFTP server denies access", "")                                 \
    X(ERR_TFTP_03, "TFTP-03", "the TFTP server reported an error", "")                             \
    X(ERR_TFTP_04, "TFTP-04", "the TFTP server does not answer",                                   \
      "check address, routing, firewall (UDP 69 and high ports) and the Cisco TFTP service")       \
    X(ERR_TFTP_05, "TFTP-05", "the TFTP transfer stopped", "a firewall without TFTP inspection?")  \
    X(ERR_TFTP_06, "TFTP-06", "the TFTP server's name cannot be resolved", "")                     \
    X(ERR_TFTP_07, "TFTP-07", "the TFTP server broke the protocol", "")                            \
    X(ERR_TFTP_08, "TFTP-08", "the TFTP transfer has the wrong size", "fetch the file again")      \
    X(ERR_TFTP_09, "TFTP-09", "the TFTP transfer is too big", "")                                  \
    X(ERR_TFTP_10, "TFTP-10", "no CTL from any TFTP server", "")                                   \
    X(ERR_NET_01, "NET-01", "the connection was refused",                                          \
      "Cisco CallManager is not running there, or the cluster is not in mixed mode")               \
    X(ERR_NET_02, "NET-02", "the server does not answer", "check firewall and routing")            \
    X(ERR_NET_03, "NET-03", "the connection was closed without close_notify", "")                  \
    X(ERR_TLS_01, "TLS-01", "no device certificate", "see `vmports cert show`")                    \
    X(ERR_TLS_02, "TLS-02", "the server's certificate is not in the CTL (unknown CA sent by us)",  \
      "compare `show ctl` with the CallManager certificate; run `utils ctl update CTLFile`, "      \
      "restart TFTP and CallManager, then `vmports reset`")                                        \
    X(ERR_TLS_03, "TLS-03", "the call manager does not know our root (unknown CA sent by it)",     \
      "upload our root (`vmports cert export`) as CallManager-trust on every node and restart "    \
      "Cisco CallManager")                                                                         \
    X(ERR_TLS_04, "TLS-04", "the CallManager certificate is outside its dates",                    \
      "compare the clocks; if it has expired, regenerate it, run `utils ctl update CTLFile`, "     \
      "restart TFTP and CallManager")                                                              \
    X(ERR_TLS_05, "TLS-05", "the call manager refuses our certificate",                            \
      "compare the clocks of both systems")                                                        \
    X(ERR_TLS_06, "TLS-06", "the connection was closed after the registration was sent",           \
      "the certificate's CN must equal the device name")                                           \
    X(ERR_TLS_07, "TLS-07", "the TLS version was refused", "check `show tls min-version`")         \
    X(ERR_TLS_08, "TLS-08", "no common cipher suite, or no client certificate arrived", "")        \
    X(ERR_TLS_09, "TLS-09", "the device security modes differ",                                    \
      "make the port's mode equal to the Device Security Mode of the voice mail port")             \
    X(ERR_TLS_10, "TLS-10", "the server needs legacy TLS", "use --legacy-tls for it")              \
    X(ERR_TLS_11, "TLS-11", "the peer's key is too weak", "use --legacy-tls for it")               \
    X(ERR_TLS_12, "TLS-12", "the server lacks secure renegotiation", "use --legacy-tls for it")    \
    X(ERR_TLS_13, "TLS-13", "the TLS handshake was not finished in time", "")                      \
    X(ERR_TLS_14, "TLS-14", "the peer sent a TLS alert", "")                                       \
    X(ERR_PKI_01, "PKI-01", "the root certificate expires soon",                                   \
      "run `vmports cert renew` and upload the new root before")                                   \
    X(ERR_PKI_02, "PKI-02", "the root certificate was renewed", "the call manager must get it")    \
    X(ERR_PKI_03, "PKI-03", "a port certificate is not signed by the root",                        \
      "run `vmports cert renew`")                                                                  \
    X(ERR_PKI_04, "PKI-04", "a subject name cannot be used", "1-64 printable characters")          \
    X(ERR_MEDIA_01, "MEDIA-01", "no media comes from the far end",                                 \
      "check addresses, ports and firewall between far end and port (UDP 16384-32767)")            \
    X(ERR_MEDIA_02, "MEDIA-02", "plain RTP comes in an SRTP call",                                 \
      "the far end did not get or take its key: check its device security mode")                   \
    X(ERR_MEDIA_03, "MEDIA-03", "the SRTP tag of the far end has another length",                  \
      "one side uses 32 bits, the other 80: compare algorithm ids of OpenReceiveChannel and "      \
      "StartMediaTransmission")                                                                    \
    X(ERR_MEDIA_04, "MEDIA-04", "the SRTP of the far end does not authenticate",                   \
      "its key or salt is not the one that the call manager gave the port")                        \
    X(ERR_MEDIA_05, "MEDIA-05", "old media packets are replayed",                                  \
      "somebody on the way repeats the call: they are dropped")                                    \
    X(ERR_MEDIA_06, "MEDIA-06", "media packets come twice",                                        \
      "look for a mirror port or a routing loop on the way")                                       \
    X(ERR_MEDIA_07, "MEDIA-07", "media comes from another address than announced",                 \
      "look for NAT or a media resource in between")                                               \
    X(ERR_MEDIA_08, "MEDIA-08", "the far end changes its SSRC in mid-call",                        \
      "look for a second sender, or a media resource that took over")                              \
    X(ERR_MEDIA_09, "MEDIA-09", "media packets are lost on the way",                               \
      "check QoS and the load of the far end and of this machine")                                 \
    X(ERR_MEDIA_10, "MEDIA-10", "media packets come in another order",                             \
      "look for parallel routes on the way")

enum err_kind {
#define ERR_ENUM(kind, id, words, advice) kind,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
};

enum { /* how many there are */
#define ERR_ONE(kind, id, words, advice) +1
       ERR_KINDS = 0 ERR_LIST(ERR_ONE)
#undef ERR_ONE
};

struct err {
    enum err_kind kind;
    char text[480]; /* the fact, with where in front of it */
};

/* Writes the fact; always returns false, so that `return err_set(...)` fails in one line. */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same, with errno's words behind the text. */
bool err_errno(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "where: " in front of what is there; always false. */
bool err_in(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_clear(struct err *e);

/* All three return static text, "" where there is none. */
const char *err_id(enum err_kind kind);     /* "CTL-24" */
const char *err_words(enum err_kind kind);  /* what kind of thing went wrong */
const char *err_advice(enum err_kind kind); /* what to do next */

#endif
