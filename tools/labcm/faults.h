/* The fault menu: every way to be wrong that can be switched on in a running lab, in one table that
 * the lab, `labcm fault list`, the tests and FAULTS.md read. Pure. */
#ifndef LABCM_FAULTS_H
#define LABCM_FAULTS_H

#include "base/addr.h"
#include "base/err.h"
#include "sccp/message.h"

/* Which part of the lab goes wrong, and what it knows a device by, to which a fault may be kept:
 * its name, or the address that it was last registered from. */
#define FAULT_GROUP_LIST(X)                                                                        \
    X(TFTP, "tftp", ADDRESS)                                                                       \
    X(CTL, "ctl", ADDRESS)                                                                         \
    X(TLS, "tls", ADDRESS)                                                                         \
    X(SCCP, "sccp", NAME)                                                                          \
    X(MEDIA, "media", NAME)                                                                        \
    X(MWI, "mwi", NAME)

/* When the fault is met: by itself at the next fetch of the list, when a port connects again, in a
 * call, in a call of some seconds, in a lamp request; and so where its verdict is read. */
#define FAULT_MET_LIST(X)                                                                          \
    X(FETCH, "fetch")                                                                              \
    X(CONNECT, "connect")                                                                          \
    X(CALL, "call")                                                                                \
    X(TALK, "talk")                                                                                \
    X(LAMP, "lamp")

/* X(id, name, group, met, what the lab does, vmports' verdict, do ports stay registered?) The
 * verdict is the id or the words in vmports' log; of a lamp, the result of `vmports mwi --wait`. */
#define FAULT_LIST(X)                                                                              \
    X(TFTP_SILENT, "tftp-silent", TFTP, FETCH, "requests get no answer", "TFTP-04", true)          \
    X(TFTP_STOPS, "tftp-stops", TFTP, FETCH, "the transfer stops after its first block",           \
      "TFTP-05", true)                                                                             \
    X(TFTP_SHORT, "tftp-short", TFTP, FETCH, "half of the size announced is delivered", "TFTP-08", \
      true)                                                                                        \
    X(TFTP_OTHER_FILE, "tftp-other-file", TFTP, FETCH, "a web page comes as CTLFile.tlv",          \
      "CTL-03", true)                                                                              \
    X(TFTP_ERROR_0, "tftp-error-0", TFTP, FETCH, "error 0, not defined", "TFTP-03", true)          \
    X(TFTP_ERROR_1, "tftp-error-1", TFTP, FETCH, "error 1, file not found", "TFTP-01", true)       \
    X(TFTP_ERROR_2, "tftp-error-2", TFTP, FETCH, "error 2, access violation", "TFTP-02", true)     \
    X(TFTP_ERROR_3, "tftp-error-3", TFTP, FETCH, "error 3, disk full", "TFTP-03", true)            \
    X(TFTP_ERROR_4, "tftp-error-4", TFTP, FETCH, "error 4, illegal operation", "TFTP-03", true)    \
    X(TFTP_ERROR_5, "tftp-error-5", TFTP, FETCH, "error 5, unknown transfer id", "TFTP-03", true)  \
    X(TFTP_ERROR_6, "tftp-error-6", TFTP, FETCH, "error 6, file exists", "TFTP-03", true)          \
    X(TFTP_ERROR_7, "tftp-error-7", TFTP, FETCH, "error 7, no such user", "TFTP-03", true)         \
    X(TFTP_ERROR_8, "tftp-error-8", TFTP, FETCH, "error 8, options refused", "TFTP-03", true)      \
    X(TFTP_SLOW, "tftp-slow", TFTP, FETCH, "each packet is sent a fifth of a second late",         \
      "CTLFile.tlv from 127.0.0.1 is unchanged", true)                                             \
    X(TFTP_OTHER_PORT, "tftp-other-port", TFTP, FETCH,                                             \
      "before each block comes one of other bytes from another port",                              \
      "CTLFile.tlv from 127.0.0.1 is unchanged", true)                                             \
    X(TFTP_REPLACED, "tftp-replaced", TFTP, FETCH,                                                 \
      "between two requests the list is replaced by a newer one",                                  \
      "CTLFile.tlv from 127.0.0.1 accepted", true)                                                 \
    X(TFTP_REPLACED_MIDWAY, "tftp-replaced-midway", TFTP, FETCH,                                   \
      "in the middle of a transfer the list is replaced by one of other addresses", "CTL-26",      \
      true)                                                                                        \
    X(CTL_BIT_HEADER, "ctl-bit-header", CTL, FETCH,                                                \
      "one bit of the header's time stamp is changed after signing", "CTL-26", true)               \
    X(CTL_BIT_RECORD, "ctl-bit-record", CTL, FETCH,                                                \
      "one bit of the last record's address is changed after signing", "CTL-26", true)             \
    X(CTL_BIT_SIGNATURE, "ctl-bit-signature", CTL, FETCH, "one bit of the signature is changed",   \
      "CTL-26", true)                                                                              \
    X(CTL_BIT_VERSION, "ctl-bit-version", CTL, FETCH,                                              \
      "one bit of VERSION is changed after signing", "CTL-04", true)                               \
    X(CTL_BIT_LENGTH, "ctl-bit-length", CTL, FETCH,                                                \
      "one bit of HEADERLENGTH is changed after signing", "CTL-06", true)                          \
    X(CTL_BIT_SIGNER, "ctl-bit-signer", CTL, FETCH,                                                \
      "one bit of SIGNERNAME is changed after signing", "CTL-26", true)                            \
    X(CTL_BIT_SERIAL, "ctl-bit-serial", CTL, FETCH,                                                \
      "one bit of the signer's SERIALNUMBER is changed after signing", "CTL-24", true)             \
    X(CTL_BIT_CA, "ctl-bit-ca", CTL, FETCH, "one bit of CANAME is changed after signing",          \
      "CTL-26", true)                                                                              \
    X(CTL_BIT_DIGEST, "ctl-bit-digest", CTL, FETCH,                                                \
      "one bit of DIGESTALGORITHM is changed after signing", "CTL-18", true)                       \
    X(CTL_BIT_ALGORITHM, "ctl-bit-algorithm", CTL, FETCH,                                          \
      "one bit of SIGNATUREALGORITHM is changed after signing", "CTL-19", true)                    \
    X(CTL_BIT_MODULUS, "ctl-bit-modulus", CTL, FETCH,                                              \
      "one bit of SIGNATUREMODULUS is changed after signing", "CTL-26", true)                      \
    X(CTL_BIT_FILE_NAME, "ctl-bit-file-name", CTL, FETCH,                                          \
      "one bit of FILENAME is changed after signing", "CTL-26", true)                              \
    X(CTL_BIT_PADDING, "ctl-bit-padding", CTL, FETCH,                                              \
      "one bit of the padding is changed after signing", "CTL-08", true)                           \
    X(CTL_BIT_RECORD_LENGTH, "ctl-bit-record-length", CTL, FETCH,                                  \
      "one bit of a RECORDLENGTH is changed after signing", "CTL-14", true)                        \
    X(CTL_BIT_DNS_NAME, "ctl-bit-dns-name", CTL, FETCH,                                            \
      "one bit of a DNSNAME is changed after signing", "CTL-26", true)                             \
    X(CTL_BIT_SUBJECT, "ctl-bit-subject", CTL, FETCH,                                              \
      "one bit of a SUBJECTNAME is changed after signing", "CTL-26", true)                         \
    X(CTL_BIT_FUNCTION, "ctl-bit-function", CTL, FETCH,                                            \
      "one bit of a FUNCTION is changed after signing", "CTL-26", true)                            \
    X(CTL_BIT_RECORD_ISSUER, "ctl-bit-record-issuer", CTL, FETCH,                                  \
      "one bit of an ISSUERNAME is changed after signing", "CTL-26", true)                         \
    X(CTL_BIT_RECORD_SERIAL, "ctl-bit-record-serial", CTL, FETCH,                                  \
      "one bit of a record's SERIALNUMBER is changed after signing", "CTL-22", true)               \
    X(CTL_BIT_PUBLIC_KEY, "ctl-bit-public-key", CTL, FETCH,                                        \
      "one bit of a PUBLICKEY is changed after signing", "CTL-22", true)                           \
    X(CTL_BIT_CERT_SIGNATURE, "ctl-bit-cert-signature", CTL, FETCH,                                \
      "one bit of a record's SIGNATURE is changed after signing", "CTL-26", true)                  \
    X(CTL_BIT_CERTIFICATE, "ctl-bit-certificate", CTL, FETCH,                                      \
      "one bit of a CERTIFICATE is changed after signing", "CTL-22", true)                         \
    X(CTL_CUT, "ctl-cut", CTL, FETCH, "the last quarter of the list is missing", "CTL-14", true)   \
    X(CTL_HEADER_LENGTH, "ctl-header-length", CTL, FETCH, "HEADERLENGTH is one too large",         \
      "CTL-08", true)                                                                              \
    X(CTL_LOOK_ALIKE, "ctl-look-alike", CTL, FETCH,                                                \
      "the signer has the right names and serial number but another key", "CTL-26", true)          \
    X(CTL_UNKNOWN_SIGNER, "ctl-unknown-signer", CTL, FETCH,                                        \
      "a signer of the right name that the held list does not know", "CTL-32", true)               \
    X(CTL_SIGNER_NOT_LISTED, "ctl-signer-not-listed", CTL, FETCH,                                  \
      "the signer is no record of its list", "CTL-24", true)                                       \
    X(CTL_SIGNER_CAPF, "ctl-signer-capf", CTL, FETCH, "CAPF signs, which may not", "CTL-25", true) \
    X(CTL_OLD, "ctl-old", CTL, FETCH, "a list older than the one held is served", "CTL-33", true)  \
    X(CTL_EMPTY, "ctl-empty", CTL, FETCH, "a list without records", "CTL-29", true)                \
    X(CTL_SHA512, "ctl-sha512", CTL, FETCH, "the list is signed with SHA-512",                     \
      "CTLFile.tlv from 127.0.0.1 accepted", true)                                                 \
    X(CTL_TWIN, "ctl-twin", CTL, FETCH,                                                            \
      "signed by a listed certificate of the signer's names and serial number, but another key",   \
      "CTL-32", true)                                                                              \
    X(CTL_NO_CERTIFICATE, "ctl-no-certificate", CTL, FETCH,                                        \
      "a further node stands in the list without a certificate",                                   \
      "CTLFile.tlv from 127.0.0.1 accepted", true)                                                 \
    X(CTL_NON_SECURE, "ctl-non-secure", CTL, FETCH,                                                \
      "the list of a non-secure cluster: no call manager has a certificate", "CTL-34", false)      \
    X(TLS_ROOT_UNKNOWN, "tls-root-unknown", TLS, CONNECT, "our root is not in CallManager-trust",  \
      "TLS-03", false)                                                                             \
    X(TLS_NOT_IN_LIST, "tls-not-in-list", TLS, CONNECT,                                            \
      "the CallManager certificate was renewed, the list was not", "TLS-02", false)                \
    X(TLS_OLD_VERSION, "tls-old-version", TLS, CONNECT, "the server speaks TLS 1.0 alone",         \
      "TLS-10", false)                                                                             \
    X(TLS_NO_SUITE, "tls-no-suite", TLS, CONNECT, "no cipher suite in common", "TLS-08", false)    \
    X(TLS_EXPIRED, "tls-expired", TLS, FETCH,                                                      \
      "the CallManager certificate, also in the list, has expired", "TLS-04", false)               \
    X(TLS_FUTURE, "tls-future", TLS, FETCH,                                                        \
      "the clock is ahead: the CallManager certificate, also in the list, is of tomorrow",         \
      "TLS-04", false)                                                                             \
    X(TLS_SILENT, "tls-silent", TLS, CONNECT, "the ClientHello gets no answer", "TLS-13", false)   \
    X(TLS_RESET, "tls-reset", TLS, CONNECT, "the connection is reset after the ClientHello",       \
      "the peer reset the connection during the handshake", false)                                 \
    X(TLS_CLOSES, "tls-closes", TLS, CONNECT, "the connection is closed after the ClientHello",    \
      "the peer closed the connection during the handshake", false)                                \
    X(TLS_GARBAGE, "tls-garbage", TLS, CONNECT,                                                    \
      "the ClientHello is answered with bytes that are no TLS", "does not speak TLS", false)       \
    X(TLS_SILENT_HELLO, "tls-silent-hello", TLS, CONNECT, "nothing more comes after ServerHello",  \
      "TLS-13", false)                                                                             \
    X(TLS_SILENT_FINISHED, "tls-silent-finished", TLS, CONNECT,                                    \
      "nothing more comes instead of the server's Finished", "TLS-13", false)                      \
    X(TLS_RESET_HELLO, "tls-reset-hello", TLS, CONNECT,                                            \
      "the connection is reset after ServerHello",                                                 \
      "the peer reset the connection during the handshake", false)                                 \
    X(TLS_RESET_FINISHED, "tls-reset-finished", TLS, CONNECT,                                      \
      "the connection is reset instead of the server's Finished",                                  \
      "the peer reset the connection during the handshake", false)                                 \
    X(TLS_CLOSES_HELLO, "tls-closes-hello", TLS, CONNECT,                                          \
      "the connection is closed after ServerHello",                                                \
      "the peer closed the connection during the handshake", false)                                \
    X(TLS_CLOSES_FINISHED, "tls-closes-finished", TLS, CONNECT,                                    \
      "the connection is closed instead of the server's Finished",                                 \
      "the peer closed the connection during the handshake", false)                                \
    X(TLS_GARBAGE_HELLO, "tls-garbage-hello", TLS, CONNECT, "what follows ServerHello is no TLS",  \
      "left the TLS version that was chosen", false)                                               \
    X(TLS_GARBAGE_FINISHED, "tls-garbage-finished", TLS, CONNECT,                                  \
      "what comes instead of the server's Finished is no TLS",                                     \
      "left the TLS version that was chosen", false)                                               \
    X(TLS_NO_GOODBYE, "tls-no-goodbye", TLS, CONNECT,                                              \
      "after the handshake the connection ends without close_notify", "without close_notify",      \
      false)                                                                                       \
    X(TLS_RENEGOTIATION, "tls-renegotiation", TLS, CONNECT,                                        \
      "a registered port is asked to renegotiate, or by TLS 1.3 for new keys",                     \
      "asked to renegotiate", false)                                                               \
    X(SCCP_REJECT, "sccp-reject", SCCP, CONNECT, "Register is answered with RegisterReject",       \
      "the call manager rejects the registration", false)                                          \
    X(SCCP_CLOSES, "sccp-closes", SCCP, CONNECT,                                                   \
      "the connection is closed when Register comes, as CUCM does when the name differs",          \
      "TLS-06", false)                                                                             \
    X(SCCP_NO_REGISTER_ACK, "sccp-no-register-ack", SCCP, CONNECT, "Register gets no answer",      \
      "no answer to Register in 10 s", false)                                                      \
    X(SCCP_NO_BUTTONS, "sccp-no-buttons", SCCP, CONNECT, "ButtonTemplateReq gets no answer",       \
      "going on without: ButtonTemplateReq", true)                                                 \
    X(SCCP_NO_SOFT_KEYS, "sccp-no-soft-keys", SCCP, CONNECT, "SoftKeyTemplateReq gets no answer",  \
      "going on without: SoftKeyTemplateReq", true)                                                \
    X(SCCP_NO_SOFT_KEY_SETS, "sccp-no-soft-key-sets", SCCP, CONNECT,                               \
      "SoftKeySetReq gets no answer", "going on without: SoftKeySetReq", true)                     \
    X(SCCP_NO_CONFIG, "sccp-no-config", SCCP, CONNECT, "ConfigStatReq gets no answer",             \
      "going on without: ConfigStatReq", true)                                                     \
    X(SCCP_NO_LINE, "sccp-no-line", SCCP, CONNECT, "LineStatReq gets no answer",                   \
      "going on without: LineStatReq", true)                                                       \
    X(SCCP_NO_FORWARD, "sccp-no-forward", SCCP, CONNECT, "ForwardStatReq gets no answer",          \
      "going on without: ForwardStatReq", true)                                                    \
    X(SCCP_NO_KEEPALIVE_ACK, "sccp-no-keepalive-ack", SCCP, CONNECT, "KeepAlive gets no answer",   \
      "three keepalives unanswered", false)                                                        \
    X(SCCP_LENGTH_0, "sccp-length-0", SCCP, CONNECT, "a header of length 0 follows RegisterAck",   \
      "the length is 0", false)                                                                    \
    X(SCCP_LENGTH_3, "sccp-length-3", SCCP, CONNECT, "a header of length 3 follows RegisterAck",   \
      "the length is 3", false)                                                                    \
    X(SCCP_LENGTH_4G, "sccp-length-4g", SCCP, CONNECT,                                             \
      "a header of length 4294967295 follows RegisterAck", "the length is 4294967295", false)      \
    X(SCCP_NO_CAPABILITIES, "sccp-no-capabilities", SCCP, CONNECT, "CapabilitiesReq never comes",  \
      "no CapabilitiesReq followed RegisterAck", true)                                             \
    X(SCCP_NO_TIME, "sccp-no-time", SCCP, CONNECT, "TimeDateReq gets no answer",                   \
      "going on without: TimeDateReq", true)                                                       \
    X(SCCP_HALF_OPEN, "sccp-half-open", SCCP, CONNECT,                                             \
      "a registered port's connection stays, but nobody is there any more",                        \
      "three keepalives unanswered", false)                                                        \
    X(SCCP_UNKNOWN_ID, "sccp-unknown-id", SCCP, CONNECT,                                           \
      "a message that no protocol knows follows RegisterAck", "unknown kind was skipped: 0x5F5F",  \
      true)                                                                                        \
    X(SCCP_VERSION_WORD, "sccp-version-word", SCCP, CONNECT,                                       \
      "the header of each message says version 99", "has version word 99", true)                   \
    X(SCCP_BYTEWISE, "sccp-bytewise", SCCP, CONNECT, "every message comes byte by byte",           \
      "registered with 127.0.0.1", true)                                                           \
    X(SCCP_CUT_FRAME, "sccp-cut-frame", SCCP, CONNECT,                                             \
      "the connection ends in the middle of ButtonTemplateRes", "in the middle of a message",      \
      false)                                                                                       \
    X(SCCP_SHORT_MESSAGE, "sccp-short-message", SCCP, CALL,                                        \
      "the body of OpenReceiveChannel is cut after 7 bytes", "OpenReceiveChannel: the body ends",  \
      false)                                                                                       \
    X(SCCP_SECOND_CHANNEL, "sccp-second-channel", SCCP, CALL,                                      \
      "a second OpenReceiveChannel follows the first", "second OpenReceiveChannel", true)          \
    X(SCCP_NO_TRANSMIT, "sccp-no-transmit", SCCP, CALL, "StartMediaTransmission never comes",      \
      "StartMediaTransmission never came", true)                                                   \
    X(SCCP_RESET_IN_CALL, "sccp-reset-in-call", SCCP, CALL, "Reset (reset) comes in mid-call",     \
      "asks for a reset", false)                                                                   \
    X(SCCP_RESTART_IN_CALL, "sccp-restart-in-call", SCCP, CALL,                                    \
      "Reset (restart) comes in mid-call", "asks for a reset", false)                              \
    X(SCCP_OTHER_NAME, "sccp-other-name", SCCP, CONNECT,                                           \
      "the certificate is held to be another device's", "X.509 name mismatch", false)              \
    X(SCCP_OTHER_MODE, "sccp-other-mode", SCCP, CONNECT,                                           \
      "the device is configured with another Device Security Mode", "Security mode mismatch",      \
      false)                                                                                       \
    X(SCCP_UNREGISTER_NAK, "sccp-unregister-nak", SCCP, FETCH,                                     \
      "Unregister is refused with NAK, as while a call is active",                                 \
      "the port stays and resets later", true)                                                     \
    X(MEDIA_KEY_0, "media-key-0", MEDIA, CALL, "the key for a call has no bytes",                  \
      "the SRTP key is 0 bytes", true)                                                             \
    X(MEDIA_KEY_15, "media-key-15", MEDIA, CALL, "the key for a call has 15 bytes",                \
      "the SRTP key is 15 bytes", true)                                                            \
    X(MEDIA_SALT_13, "media-salt-13", MEDIA, CALL, "the salt for a call has 13 bytes",             \
      "the SRTP salt is 13 bytes", true)                                                           \
    X(MEDIA_ALGORITHM, "media-algorithm", MEDIA, CALL,                                             \
      "a call asks for an SRTP algorithm that nobody knows", "SRTP algorithm 99 is not known",     \
      true)                                                                                        \
    X(MEDIA_MKI, "media-mki", MEDIA, CALL,                                                         \
      "a call asks for a master key identifier in each packet", "refused as Unknown: an MKI",      \
      true)                                                                                        \
    X(MEDIA_KDR, "media-kdr", MEDIA, CALL, "a call asks for a key derivation rate other than 0",   \
      "refused as Unknown: a key derivation rate", true)                                           \
    X(MEDIA_SILENCE, "media-silence", MEDIA, TALK, "the far end sends no packet", "MEDIA-01",      \
      true)                                                                                        \
    X(MEDIA_PLAIN, "media-plain", MEDIA, TALK, "the far end sends plain RTP in an SRTP call",      \
      "MEDIA-02", true)                                                                            \
    X(MEDIA_TAG, "media-tag", MEDIA, TALK,                                                         \
      "the far end uses 80-bit tags against 32, or 32 against 80", "MEDIA-03", true)               \
    X(MEDIA_WRONG_KEY, "media-wrong-key", MEDIA, TALK, "the far end has another key", "MEDIA-04",  \
      true)                                                                                        \
    X(MEDIA_REPLAY, "media-replay", MEDIA, TALK,                                                   \
      "the first packets come again after three seconds", "MEDIA-05", true)                        \
    X(MEDIA_TWICE, "media-twice", MEDIA, TALK, "every packet comes twice", "MEDIA-06", true)       \
    X(MEDIA_OTHER_SOURCE, "media-other-source", MEDIA, TALK,                                       \
      "packets come from another address than announced", "MEDIA-07", true)                        \
    X(MEDIA_OTHER_SSRC, "media-other-ssrc", MEDIA, TALK,                                           \
      "a second sender with the same key joins the far end", "MEDIA-08", true)                     \
    X(MEDIA_LOSS, "media-loss", MEDIA, TALK, "every fifth packet is lost", "MEDIA-09", true)       \
    X(MEDIA_REORDER, "media-reorder", MEDIA, TALK, "every fifth packet is overtaken", "MEDIA-10",  \
      true)                                                                                        \
    X(MWI_BUSY, "mwi-busy", MWI, LAMP, "MWI numbers are busy", "busy", true)                       \
    X(MWI_REORDER, "mwi-reorder", MWI, LAMP, "MWI numbers lead to reorder", "reorder", true)       \
    X(MWI_IGNORED, "mwi-ignored", MWI, LAMP, "OffHookWithCallingPartyNumber is not understood",    \
      "ignores OffHookWithCallingPartyNumber", true)                                               \
    X(MWI_SILENT, "mwi-silent", MWI, LAMP, "nothing follows the last digit", "no answer in time",  \
      true)                                                                                        \
    X(MWI_NO_CONFIRMATION, "mwi-no-confirmation", MWI, LAMP,                                       \
      "the lamp changes, but no confirmation tone comes", "no answer in time", true)               \
    X(MWI_NO_LAMP, "mwi-no-lamp", MWI, LAMP,                                                       \
      "the confirmation tone comes, but the lamp stays as it was", "confirmed", true)

/* X(id, what it finds, step, id of the problem or warning or "", text): what `vmports doctor` says
 * to each fault, with a list held from before. Of a problem the text is in the cause it puts first,
 * of a warning in the warning, of what is well in the evidence; of what it does not find, it is
 * why. */
#define FAULT_FINDS_LIST(X)                                                                        \
    X(PROBLEM, "problem")                                                                          \
    X(WARNING, "warning")                                                                          \
    X(WELL, "well")                                                                                \
    X(NOTHING, "nothing")

#define FAULT_DOCTOR_LIST(X)                                                                       \
    X(TFTP_SILENT, PROBLEM, "tftp", "TFTP-04", "Cisco TFTP does not run")                          \
    X(TFTP_STOPS, PROBLEM, "tftp", "TFTP-05", "firewall without TFTP inspection")                  \
    X(TFTP_SHORT, PROBLEM, "tftp", "TFTP-08", "cut short")                                         \
    X(TFTP_OTHER_FILE, PROBLEM, "ctl", "CTL-03", "wrong TFTP server")                              \
    X(TFTP_ERROR_0, PROBLEM, "tftp", "TFTP-03", "no Cisco TFTP")                                   \
    X(TFTP_ERROR_3, PROBLEM, "tftp", "TFTP-03", "no Cisco TFTP")                                   \
    X(TFTP_ERROR_4, PROBLEM, "tftp", "TFTP-03", "no Cisco TFTP")                                   \
    X(TFTP_ERROR_6, PROBLEM, "tftp", "TFTP-03", "no Cisco TFTP")                                   \
    X(TFTP_ERROR_7, PROBLEM, "tftp", "TFTP-03", "no Cisco TFTP")                                   \
    X(TFTP_ERROR_1, PROBLEM, "tftp", "TFTP-01", "wrong TFTP server")                               \
    X(TFTP_ERROR_2, PROBLEM, "tftp", "TFTP-02", "no CUCM node")                                    \
    X(TFTP_ERROR_5, PROBLEM, "tftp", "TFTP-03", "changed our UDP port")                            \
    X(TFTP_ERROR_8, PROBLEM, "tftp", "TFTP-03", "dislikes TFTP options")                           \
    X(TFTP_SLOW, WELL, "tftp", "", "delivers CTLFile.tlv")                                         \
    X(TFTP_OTHER_PORT, WELL, "tftp", "", "delivers CTLFile.tlv")                                   \
    X(TFTP_REPLACED, WELL, "ctl", "", "held, another list")                                        \
    X(TFTP_REPLACED_MIDWAY, PROBLEM, "ctl", "CTL-26", "changed or damaged")                        \
    X(CTL_BIT_HEADER, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                             \
    X(CTL_BIT_RECORD, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                             \
    X(CTL_BIT_SIGNATURE, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                          \
    X(CTL_BIT_VERSION, PROBLEM, "ctl", "CTL-04", "but for a few bytes")                            \
    X(CTL_BIT_LENGTH, PROBLEM, "ctl", "CTL-06", "but for a few bytes")                             \
    X(CTL_BIT_SIGNER, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                             \
    X(CTL_BIT_SERIAL, PROBLEM, "ctl", "CTL-24", "but for a few bytes")                             \
    X(CTL_BIT_CA, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                                 \
    X(CTL_BIT_DIGEST, PROBLEM, "ctl", "CTL-18", "but for a few bytes")                             \
    X(CTL_BIT_ALGORITHM, PROBLEM, "ctl", "CTL-19", "but for a few bytes")                          \
    X(CTL_BIT_MODULUS, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                            \
    X(CTL_BIT_FILE_NAME, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                          \
    X(CTL_BIT_PADDING, PROBLEM, "ctl", "CTL-08", "but for a few bytes")                            \
    X(CTL_BIT_RECORD_LENGTH, PROBLEM, "ctl", "CTL-14", "but for a few bytes")                      \
    X(CTL_BIT_DNS_NAME, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                           \
    X(CTL_BIT_SUBJECT, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                            \
    X(CTL_BIT_FUNCTION, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                           \
    X(CTL_BIT_RECORD_ISSUER, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                      \
    X(CTL_BIT_RECORD_SERIAL, PROBLEM, "ctl", "CTL-22", "but for a few bytes")                      \
    X(CTL_BIT_PUBLIC_KEY, PROBLEM, "ctl", "CTL-22", "but for a few bytes")                         \
    X(CTL_BIT_CERT_SIGNATURE, PROBLEM, "ctl", "CTL-26", "but for a few bytes")                     \
    X(CTL_BIT_CERTIFICATE, PROBLEM, "ctl", "CTL-22", "but for a few bytes")                        \
    X(CTL_CUT, PROBLEM, "ctl", "CTL-14", "cut off")                                                \
    X(CTL_HEADER_LENGTH, PROBLEM, "ctl", "CTL-08", "cut off")                                      \
    X(CTL_LOOK_ALIKE, PROBLEM, "ctl", "CTL-26", "changed or damaged")                              \
    X(CTL_UNKNOWN_SIGNER, PROBLEM, "ctl", "CTL-32", "was regenerated")                             \
    X(CTL_SIGNER_NOT_LISTED, PROBLEM, "ctl", "CTL-24", "changed or damaged")                       \
    X(CTL_SIGNER_CAPF, PROBLEM, "ctl", "CTL-25", "changed or damaged")                             \
    X(CTL_OLD, WARNING, "ctl", "CTL-33", "older than the held one")                                \
    X(CTL_EMPTY, PROBLEM, "ctl", "CTL-29", "no usable list")                                       \
    X(CTL_SHA512, WELL, "ctl", "", "held, another list")                                           \
    X(CTL_TWIN, PROBLEM, "ctl", "CTL-32", "was regenerated")                                       \
    X(CTL_NO_CERTIFICATE, WELL, "ctl", "", "held, another list")                                   \
    X(CTL_NON_SECURE, PROBLEM, "ctl", "CTL-36", "not in mixed mode")                               \
    X(TLS_ROOT_UNKNOWN, PROBLEM, "tls", "TLS-03", "not in CallManager-trust")                      \
    X(TLS_NOT_IN_LIST, PROBLEM, "tls", "TLS-02", "was regenerated")                                \
    X(TLS_OLD_VERSION, PROBLEM, "tls", "TLS-10", "old call manager")                               \
    X(TLS_NO_SUITE, PROBLEM, "tls", "TLS-08", "Device Security Mode")                              \
    X(TLS_EXPIRED, PROBLEM, "clock", "TLS-04", "certificate has expired")                          \
    X(TLS_FUTURE, PROBLEM, "clock", "TLS-04", "the clock here is behind")                          \
    X(TLS_SILENT, PROBLEM, "tls", "TLS-13", "holds TLS back")                                      \
    X(TLS_RESET, PROBLEM, "tls", "NET-03", "cuts TLS off")                                         \
    X(TLS_CLOSES, PROBLEM, "tls", "NET-03", "cuts TLS off")                                        \
    X(TLS_GARBAGE, PROBLEM, "tls", "", "not the secure SCCP port")                                 \
    X(TLS_SILENT_HELLO, PROBLEM, "tls", "TLS-13", "lost on the way here")                          \
    X(TLS_SILENT_FINISHED, PROBLEM, "tls", "TLS-13", "lost on the way there")                      \
    X(TLS_RESET_HELLO, PROBLEM, "tls", "NET-03", "no certificate of ours was seen")                \
    X(TLS_RESET_FINISHED, PROBLEM, "tls", "NET-03", "not in CallManager-trust")                    \
    X(TLS_CLOSES_HELLO, PROBLEM, "tls", "NET-03", "no certificate of ours was seen")               \
    X(TLS_CLOSES_FINISHED, PROBLEM, "tls", "NET-03", "not in CallManager-trust")                   \
    X(TLS_GARBAGE_HELLO, PROBLEM, "tls", "TLS-07", "breaks into the handshake")                    \
    X(TLS_GARBAGE_FINISHED, PROBLEM, "tls", "TLS-07", "breaks into the handshake")                 \
    X(TLS_NO_GOODBYE, PROBLEM, "register", "TLS-06", "InvalidX509NameInCertificate")               \
    X(TLS_RENEGOTIATION, PROBLEM, "unregister", "TLS-14", "insists on renegotiation")              \
    X(SCCP_REJECT, PROBLEM, "register", "", "security modes")                                      \
    X(SCCP_CLOSES, PROBLEM, "register", "TLS-06", "InvalidX509NameInCertificate")                  \
    X(SCCP_NO_REGISTER_ACK, PROBLEM, "register", "", "overloaded")                                 \
    X(SCCP_NO_BUTTONS, WARNING, "register", "", "going on without: ButtonTemplateReq")             \
    X(SCCP_NO_SOFT_KEYS, WARNING, "register", "", "going on without: SoftKeyTemplateReq")          \
    X(SCCP_NO_SOFT_KEY_SETS, WARNING, "register", "", "going on without: SoftKeySetReq")           \
    X(SCCP_NO_CONFIG, WARNING, "register", "", "going on without: ConfigStatReq")                  \
    X(SCCP_NO_LINE, WARNING, "register", "", "going on without: LineStatReq")                      \
    X(SCCP_NO_FORWARD, WARNING, "register", "", "going on without: ForwardStatReq")                \
    X(SCCP_NO_KEEPALIVE_ACK, NOTHING, "", "", "it leaves before the first KeepAlive")              \
    X(SCCP_LENGTH_0, PROBLEM, "register", "", "after RegisterAck is broken")                       \
    X(SCCP_LENGTH_3, PROBLEM, "register", "", "after RegisterAck is broken")                       \
    X(SCCP_LENGTH_4G, PROBLEM, "register", "", "after RegisterAck is broken")                      \
    X(SCCP_NO_CAPABILITIES, WARNING, "register", "", "no CapabilitiesReq")                         \
    X(SCCP_NO_TIME, WARNING, "register", "", "going on without: TimeDateReq")                      \
    X(SCCP_HALF_OPEN, PROBLEM, "unregister", "", "nobody is there any more")                       \
    X(SCCP_UNKNOWN_ID, WARNING, "register", "", "skipped: 0x5F5F")                                 \
    X(SCCP_VERSION_WORD, WARNING, "register", "", "has version word 99")                           \
    X(SCCP_BYTEWISE, WELL, "register", "", "is registered with")                                   \
    X(SCCP_CUT_FRAME, PROBLEM, "register", "", "stopping or restarting")                           \
    X(SCCP_OTHER_NAME, PROBLEM, "register", "TLS-06", "CN is not the device name")                 \
    X(SCCP_UNREGISTER_NAK, PROBLEM, "unregister", "", "a call is up")                              \
    X(SCCP_OTHER_MODE, PROBLEM, "register", "TLS-09", "security modes")

/* X(id, what its `--at` says): faults that may strike at more than one place. */
#define FAULT_AT_LIST(X)                                                                           \
    X(TLS_SILENT, STEP)                                                                            \
    X(TLS_RESET, STEP)                                                                             \
    X(TLS_CLOSES, STEP)                                                                            \
    X(TLS_GARBAGE, STEP)                                                                           \
    X(SCCP_CUT_FRAME, BYTE)

enum fault_group {
#define FAULT_GROUP(id, name, known_by) FAULTS_OF_##id,
    FAULT_GROUP_LIST(FAULT_GROUP)
#undef FAULT_GROUP
};

enum fault_met {
#define FAULT_MET(id, name) FAULT_MET_##id,
    FAULT_MET_LIST(FAULT_MET)
#undef FAULT_MET
};

enum fault_id {
#define FAULT_ID(id, name, group, met, what, verdict, stay) FAULT_##id,
    FAULT_LIST(FAULT_ID)
#undef FAULT_ID
        FAULT_COUNT,
    FAULT_NONE = FAULT_COUNT
};

struct fault {
    const char *name;
    enum fault_group group;
    enum fault_met met;
    const char *what, *verdict;
    bool stay; /* ports stay registered while it is on; else they come back when it ends */
};
extern const struct fault fault_table[FAULT_COUNT];

enum fault_finds {
#define FAULT_FINDS(id, name) FAULT_FINDS_##id,
    FAULT_FINDS_LIST(FAULT_FINDS)
#undef FAULT_FINDS
};

struct fault_doctor {
    enum fault_finds finds;
    const char *step, *id, *text;
};
/* Of those met in a call or by a lamp: nothing, and why. */
struct fault_doctor fault_doctor(enum fault_id id);
const char *fault_finds_name(enum fault_finds f);

const char *fault_group_name(enum fault_group g);
enum fault_known_by { FAULT_KNOWN_BY_NAME, FAULT_KNOWN_BY_ADDRESS };
enum fault_known_by fault_group_known_by(enum fault_group g);
/* May it be kept to one device? Not if it stands in the list, which is everybody's. */
bool fault_has_devices(enum fault_id id);
const char *fault_met_name(enum fault_met m);
enum fault_id fault_by_name(const char *name); /* FAULT_NONE: there is none */

/* Where a fault strikes: a byte of the message, or an enum handshake_step. */
enum fault_at_kind { FAULT_AT_NOTHING, FAULT_AT_BYTE, FAULT_AT_STEP };
enum fault_at_kind fault_at_kind(enum fault_id id);
#define FAULT_AT_USUAL (-1)
#define FAULT_AT_EACH  (-2) /* whoever meets it next meets it at the next place */
/* "each", a byte or a step's name. */
bool fault_at_read(enum fault_id id, const char *text, int *out, struct err *e) MUST_USE;
const char *fault_at_text(enum fault_id id, int at, char out[32]);

struct fault_state {
    bool on;
    sccp_device_name device; /* "": whoever it is */
    struct net_addr from;    /* the device's, where its name is not known yet */
    int at;
    unsigned met; /* how often, of those that count it */
};

/* Which ones are on; zeros: none. A lab's own value, read at the few points that can go wrong. */
struct faults {
    struct fault_state of[FAULT_COUNT];
};

/* `device` may be NULL where nobody is known yet; `f` may be NULL: a lab without faults. */
bool fault_on(const struct faults *f, enum fault_id id, const char *device);
/* The same for whoever comes from this address. */
bool fault_on_from(const struct faults *f, enum fault_id id, const struct net_addr *from);
void fault_set(struct faults *f, enum fault_id id, bool on, const char *device);
/* The first of the group that is on, or FAULT_NONE. */
enum fault_id fault_of_group(const struct faults *f, enum fault_group g, const char *device);

/* It strikes: where, and how often it has before. */
struct fault_place {
    int at;
    unsigned nth;
};
struct fault_place fault_strikes(struct faults *f, enum fault_id id);

#endif
