/* The values of SCCP fields, each list once, with its text (sccp.md section 6). Fields hold plain
 * uint32_t, because a peer may send a value that no list knows. */
#ifndef SCCP_VALUES_H
#define SCCP_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#define SCCP_TONE_LIST(X)                                                                          \
    X(SILENCE, 0x00, "Silence")                                                                    \
    X(DTMF1, 0x01, "Dtmf1")                                                                        \
    X(DTMF2, 0x02, "Dtmf2")                                                                        \
    X(DTMF3, 0x03, "Dtmf3")                                                                        \
    X(DTMF4, 0x04, "Dtmf4")                                                                        \
    X(DTMF5, 0x05, "Dtmf5")                                                                        \
    X(DTMF6, 0x06, "Dtmf6")                                                                        \
    X(DTMF7, 0x07, "Dtmf7")                                                                        \
    X(DTMF8, 0x08, "Dtmf8")                                                                        \
    X(DTMF9, 0x09, "Dtmf9")                                                                        \
    X(DTMF0, 0x0A, "Dtmf0")                                                                        \
    X(DTMF_STAR, 0x0E, "DtmfStar")                                                                 \
    X(DTMF_POUND, 0x0F, "DtmfPound")                                                               \
    X(DTMF_A, 0x10, "DtmfA")                                                                       \
    X(DTMF_B, 0x11, "DtmfB")                                                                       \
    X(DTMF_C, 0x12, "DtmfC")                                                                       \
    X(DTMF_D, 0x13, "DtmfD")                                                                       \
    X(INSIDE_DIAL, 0x21, "InsideDialTone")                                                         \
    X(OUTSIDE_DIAL, 0x22, "OutsideDialTone")                                                       \
    X(LINE_BUSY, 0x23, "LineBusyTone")                                                             \
    X(ALERTING, 0x24, "AlertingTone")                                                              \
    X(REORDER, 0x25, "ReorderTone")                                                                \
    X(RECORDER_WARNING, 0x26, "RecorderWarningTone")                                               \
    X(RECORDER_DETECTED, 0x27, "RecorderDetectedTone")                                             \
    X(REVERTING, 0x28, "RevertingTone")                                                            \
    X(RECEIVER_OFF_HOOK, 0x29, "ReceiverOffHookTone")                                              \
    X(MESSAGE_WAITING_INDICATOR, 0x2A, "MessageWaitingIndicatorTone")                              \
    X(NO_SUCH_NUMBER, 0x2B, "NoSuchNumberTone")                                                    \
    X(BUSY_VERIFICATION, 0x2C, "BusyVerificationTone")                                             \
    X(CALL_WAITING, 0x2D, "CallWaitingTone")                                                       \
    X(CONFIRMATION, 0x2E, "ConfirmationTone")                                                      \
    X(CAMP_ON_INDICATION, 0x2F, "CampOnIndicationTone")                                            \
    X(RECALL_DIAL, 0x30, "RecallDialTone")                                                         \
    X(ZIP_ZIP, 0x31, "ZipZip")                                                                     \
    X(ZIP, 0x32, "Zip")                                                                            \
    X(BEEP_BONK, 0x33, "BeepBonk")                                                                 \
    X(MUSIC, 0x34, "MusicTone")                                                                    \
    X(HOLD, 0x35, "HoldTone")                                                                      \
    X(TEST, 0x36, "TestTone")                                                                      \
    X(MONITOR_WARNING, 0x38, "MonitorWarningTone")                                                 \
    X(SECURE_WARNING, 0x39, "SecureWarningTone")                                                   \
    X(ADD_CALL_WAITING, 0x40, "AddCallWaiting")                                                    \
    X(PRIORITY_CALL_WAIT, 0x41, "PriorityCallWait")                                                \
    X(RECALL_DIAL_2, 0x42, "RecallDial")                                                           \
    X(BARG_IN, 0x43, "BargIn")                                                                     \
    X(DISTINCT_ALERT, 0x44, "DistinctAlert")                                                       \
    X(PRIORITY_ALERT, 0x45, "PriorityAlert")                                                       \
    X(REMINDER_RING, 0x46, "ReminderRing")                                                         \
    X(PRECEDENCE_RING_BACK, 0x47, "PrecedenceRingBack")                                            \
    X(PREEMPTION, 0x48, "PreemptionTone")                                                          \
    X(NON_SECURE_WARNING, 0x49, "NonSecureWarningTone")                                            \
    X(MF1, 0x50, "MF1")                                                                            \
    X(MF2, 0x51, "MF2")                                                                            \
    X(MF3, 0x52, "MF3")                                                                            \
    X(MF4, 0x53, "MF4")                                                                            \
    X(MF5, 0x54, "MF5")                                                                            \
    X(MF6, 0x55, "MF6")                                                                            \
    X(MF7, 0x56, "MF7")                                                                            \
    X(MF8, 0x57, "MF8")                                                                            \
    X(MF9, 0x58, "MF9")                                                                            \
    X(MF0, 0x59, "MF0")                                                                            \
    X(MFKP1, 0x5A, "MFKP1")                                                                        \
    X(MFST, 0x5B, "MFST")                                                                          \
    X(MFKP2, 0x5C, "MFKP2")                                                                        \
    X(MFSTP, 0x5D, "MFSTP")                                                                        \
    X(MFST3P, 0x5E, "MFST3P")                                                                      \
    X(MILLIWATT, 0x5F, "MILLIWATT")                                                                \
    X(MILLIWATT_TEST, 0x60, "MILLIWATTTEST")                                                       \
    X(HIGH, 0x61, "HIGHTONE")                                                                      \
    X(FLASH_OVERRIDE, 0x62, "FLASHOVERRIDE")                                                       \
    X(FLASH, 0x63, "FLASH")                                                                        \
    X(PRIORITY, 0x64, "PRIORITY")                                                                  \
    X(IMMEDIATE, 0x65, "IMMEDIATE")                                                                \
    X(PREAMP_WARN, 0x66, "PREAMPWARN")                                                             \
    X(HZ_2105, 0x67, "2105HZ")                                                                     \
    X(HZ_2600, 0x68, "2600HZ")                                                                     \
    X(HZ_440, 0x69, "440HZ")                                                                       \
    X(HZ_300, 0x6A, "300HZ")                                                                       \
    X(MOBILITY_WP, 0x6B, "Mobility_WP")                                                            \
    X(MOBILITY_UAC, 0x6C, "Mobility_UAC")                                                          \
    X(MOBILITY_WTDN, 0x6D, "Mobility_WTDN")                                                        \
    X(MOBILITY_MON, 0x6E, "Mobility_MON")                                                          \
    X(MOBILITY_MOFF, 0x6F, "Mobility_MOFF")                                                        \
    X(MOBILITY_UKC, 0x70, "Mobility_UKC")                                                          \
    X(MOBILITY_VMA, 0x71, "Mobility_VMA")                                                          \
    X(MOBILITY_FAC, 0x72, "Mobility_FAC")                                                          \
    X(MOBILITY_CMC, 0x73, "Mobility_CMC")                                                          \
    X(MLPP_PALA, 0x77, "MLPP_PALA")                                                                \
    X(MLPP_ICA, 0x78, "MLPP_ICA")                                                                  \
    X(MLPP_VCA, 0x79, "MLPP_VCA")                                                                  \
    X(MLPP_BPA, 0x7A, "MLPP_BPA")                                                                  \
    X(MLPP_BNEA, 0x7B, "MLPP_BNEA")                                                                \
    X(MLPP_UPA, 0x7C, "MLPP_UPA")                                                                  \
    X(TUA, 0x7D, "TUA")                                                                            \
    X(GONE, 0x7E, "GONE")                                                                          \
    X(NONE, 0x7F, "NoTone")                                                                        \
    X(MEET_ME_GREETING, 0x80, "MeetMe_Greeting")                                                   \
    X(MEET_ME_NUMBER_INVALID, 0x81, "MeetMe_NumberInvalid")                                        \
    X(MEET_ME_NUMBER_FAILED, 0x82, "MeetMe_NumberFailed")                                          \
    X(MEET_ME_ENTER_PIN, 0x83, "MeetMe_EnterPIN")                                                  \
    X(MEET_ME_INVALID_PIN, 0x84, "MeetMe_InvalidPIN")                                              \
    X(MEET_ME_FAILED_PIN, 0x85, "MeetMe_FailedPIN")                                                \
    X(MEET_ME_CFB_FAILED, 0x86, "MeetMe_CFB_Failed")                                               \
    X(MEET_ME_ENTER_ACCESS_CODE, 0x87, "MeetMe_EnterAccessCode")                                   \
    X(MEET_ME_ACCESS_CODE_INVALID, 0x88, "MeetMe_AccessCodeInvalid")                               \
    X(MEET_ME_ACCESS_CODE_FAILED, 0x89, "MeetMe_AccessCodeFailed")

#define SCCP_CODEC_LIST(X)                                                                         \
    X(G711A, 2, "G711Alaw64k")                                                                     \
    X(G711A_56K, 3, "G711Alaw56k")                                                                 \
    X(G711U, 4, "G711Ulaw64k")                                                                     \
    X(G711U_56K, 5, "G711Ulaw56k")                                                                 \
    X(G722, 6, "G722_64k")                                                                         \
    X(G722_56K, 7, "G722_56k")                                                                     \
    X(G722_48K, 8, "G722_48k")                                                                     \
    X(G723_1, 9, "G7231")                                                                          \
    X(G728, 10, "G728")                                                                            \
    X(G729, 11, "G729")                                                                            \
    X(G729A, 12, "G729AnnexA")                                                                     \
    X(G729B, 15, "G729AnnexB")                                                                     \
    X(G729AB, 16, "G729AnnexAwAnnexB")                                                             \
    X(GSM_FULL_RATE, 18, "GSM_Full_Rate")                                                          \
    X(GSM_HALF_RATE, 19, "GSM_Half_Rate")                                                          \
    X(GSM_ENHANCED_FULL_RATE, 20, "GSM_Enhanced_Full_Rate")                                        \
    X(WIDEBAND_256K, 25, "Wide_Band_256k")                                                         \
    X(DATA64, 32, "Data64")                                                                        \
    X(DATA56, 33, "Data56")                                                                        \
    X(G7221_32K, 40, "G7221_32K")                                                                  \
    X(G7221_24K, 41, "G7221_24K")                                                                  \
    X(AAC, 42, "AAC")                                                                              \
    X(MP4A_LATM_128, 43, "MP4ALATM_128")                                                           \
    X(MP4A_LATM_64, 44, "MP4ALATM_64")                                                             \
    X(MP4A_LATM_56, 45, "MP4ALATM_56")                                                             \
    X(MP4A_LATM_48, 46, "MP4ALATM_48")                                                             \
    X(MP4A_LATM_32, 47, "MP4ALATM_32")                                                             \
    X(MP4A_LATM_24, 48, "MP4ALATM_24")                                                             \
    X(MP4A_LATM_NA, 49, "MP4ALATM_NA")                                                             \
    X(GSM, 80, "GSM")                                                                              \
    X(G726_32K, 82, "G726_32K")                                                                    \
    X(G726_24K, 83, "G726_24K")                                                                    \
    X(G726_16K, 84, "G726_16K")                                                                    \
    X(ILBC, 86, "ILBC")                                                                            \
    X(ISAC, 89, "ISAC")                                                                            \
    X(OPUS, 90, "OPUS")                                                                            \
    X(AMR, 97, "AMR")                                                                              \
    X(AMR_WB, 98, "AMR_WB")                                                                        \
    X(H261, 100, "H261")                                                                           \
    X(H263, 101, "H263")                                                                           \
    X(VIEO, 102, "Vieo")                                                                           \
    X(H264, 103, "H264")                                                                           \
    X(H264_SVC, 104, "H264_SVC")                                                                   \
    X(T120, 105, "T120")                                                                           \
    X(H224, 106, "H224")                                                                           \
    X(T38_FAX, 107, "T38Fax")                                                                      \
    X(TOTE, 108, "TOTE")                                                                           \
    X(H265, 109, "H265")                                                                           \
    X(H264_UC, 110, "H264_UC")                                                                     \
    X(XV150_MR_711U, 111, "XV150_MR_711U")                                                         \
    X(NSE_VBD_711U, 112, "NSE_VBD_711U")                                                           \
    X(XV150_MR_729A, 113, "XV150_MR_729A")                                                         \
    X(NSE_VBD_729A, 114, "NSE_VBD_729A")                                                           \
    X(H264_FEC, 115, "H264_FEC")                                                                   \
    X(CLEAR_CHAN, 120, "Clear_Chan")                                                               \
    X(UNIVERSAL_XCODER, 222, "Universal_Xcoder")                                                   \
    X(RFC2833, 257, "RFC2833_DynPayload")                                                          \
    X(PASS_THROUGH, 258, "PassThrough")                                                            \
    X(DYNAMIC_PAYLOAD_PASS_THRU, 259, "Dynamic_Payload_PassThru")                                  \
    X(DTMF_OOB, 260, "DTMF_OOB")                                                                   \
    X(DTMF_RFC2833, 261, "Inband_DTMF_RFC2833")                                                    \
    X(CFB_TONES, 262, "CFB_Tones")                                                                 \
    X(NO_AUDIO, 299, "NoAudio")                                                                    \
    X(V150_LC_MODEM_RELAY, 300, "v150_LC_ModemRelay")                                              \
    X(V150_LC_SPRT, 301, "v150_LC_SPRT")                                                           \
    X(V150_LC_SSE, 302, "v150_LC_SSE")

#define SCCP_STIMULUS_LIST(X)                                                                      \
    X(LAST_NUMBER_REDIAL, 1, "LastNumberRedial")                                                   \
    X(SPEED_DIAL, 2, "SpeedDial")                                                                  \
    X(HOLD, 3, "Hold")                                                                             \
    X(TRANSFER, 4, "Transfer")                                                                     \
    X(FORWARD_ALL, 5, "ForwardAll")                                                                \
    X(FORWARD_BUSY, 6, "ForwardBusy")                                                              \
    X(FORWARD_NO_ANSWER, 7, "ForwardNoAnswer")                                                     \
    X(DISPLAY, 8, "Display")                                                                       \
    X(LINE, 9, "Line")                                                                             \
    X(T120_CHAT, 10, "T120Chat")                                                                   \
    X(T120_WHITEBOARD, 11, "T120Whiteboard")                                                       \
    X(T120_APPLICATION_SHARING, 12, "T120ApplicationSharing")                                      \
    X(T120_FILE_TRANSFER, 13, "T120FileTransfer")                                                  \
    X(VIDEO, 14, "Video")                                                                          \
    X(VOICE_MAIL, 15, "VoiceMail")                                                                 \
    X(ANSWER_RELEASE, 16, "AnswerRelease")                                                         \
    X(AUTO_ANSWER, 17, "AutoAnswer")                                                               \
    X(SELECT, 18, "Select")                                                                        \
    X(PRIVACY, 19, "Privacy")                                                                      \
    X(SERVICE_URL, 20, "ServiceURL")                                                               \
    X(BLF_SPEED_DIAL, 21, "BLFSpeedDial")                                                          \
    X(DPARK, 22, "DPark")                                                                          \
    X(INTERCOM, 23, "Intercom")                                                                    \
    X(MALICIOUS_CALL, 27, "MaliciousCall")                                                         \
    X(GENERIC_APP_B1, 33, "GenericAppB1")                                                          \
    X(GENERIC_APP_B2, 34, "GenericAppB2")                                                          \
    X(GENERIC_APP_B3, 35, "GenericAppB3")                                                          \
    X(GENERIC_APP_B4, 36, "GenericAppB4")                                                          \
    X(GENERIC_APP_B5, 37, "GenericAppB5")                                                          \
    X(MEET_ME_CONFERENCE, 123, "MeetMeConference")                                                 \
    X(CONFERENCE, 125, "Conference")                                                               \
    X(CALL_PARK, 126, "CallPark")                                                                  \
    X(CALL_PICK_UP, 127, "CallPickUp")                                                             \
    X(GROUP_CALL_PICK_UP, 128, "GroupCallPickUp")                                                  \
    X(MOBILITY, 129, "Mobility")                                                                   \
    X(DO_NOT_DISTURB, 130, "DoNotDisturb")                                                         \
    X(CONF_LIST, 131, "ConfList")                                                                  \
    X(REMOVE_LAST_PARTICIPANT, 132, "RemoveLastParticipant")                                       \
    X(QRT, 133, "QRT")                                                                             \
    X(CALL_BACK, 134, "CallBack")                                                                  \
    X(OTHER_PICKUP, 135, "OtherPickup")                                                            \
    X(VIDEO_MODE, 136, "VideoMode")                                                                \
    X(NEW_CALL, 137, "NewCall")                                                                    \
    X(END_CALL, 138, "EndCall")                                                                    \
    X(HLOG, 139, "HLog")                                                                           \
    X(QUEUING, 143, "Queuing")

/* The sets of template positions that SelectSoftKeys chooses from. */
#define SCCP_KEY_SET_LIST(X)                                                                       \
    X(ON_HOOK, 0, "OnHook")                                                                        \
    X(CONNECTED, 1, "Connected")                                                                   \
    X(ON_HOLD, 2, "OnHold")                                                                        \
    X(RING_IN, 3, "RingIn")                                                                        \
    X(OFF_HOOK, 4, "OffHook")                                                                      \
    X(CONNECTED_TRANSFER, 5, "ConnectedWithTransfer")                                              \
    X(DIGITS, 6, "DigitsFollowing")                                                                \
    X(CONNECTED_CONFERENCE, 7, "ConnectedWithConference")                                          \
    X(RING_OUT, 8, "RingOut")                                                                      \
    X(OFF_HOOK_FEATURES, 9, "OffHookWithFeatures")                                                 \
    X(IN_USE, 10, "InUse")                                                                         \
    X(ON_HOOK_STEALABLE, 11, "OnHookStealable")

/* Soft-key events that all call managers share; those above 18 come from the server's template. */
#define SCCP_KEY_LIST(X)                                                                           \
    X(REDIAL, 1, "Redial")                                                                         \
    X(NEW_CALL, 2, "NewCall")                                                                      \
    X(HOLD, 3, "Hold")                                                                             \
    X(TRANSFER, 4, "Transfer")                                                                     \
    X(FORWARD_ALL, 5, "CFwdAll")                                                                   \
    X(FORWARD_BUSY, 6, "CFwdBusy")                                                                 \
    X(FORWARD_NO_ANSWER, 7, "CFwdNoAnswer")                                                        \
    X(BACK_SPACE, 8, "BackSpace")                                                                  \
    X(END_CALL, 9, "EndCall")                                                                      \
    X(RESUME, 10, "Resume")                                                                        \
    X(ANSWER, 11, "Answer")                                                                        \
    X(INFO, 12, "Info")                                                                            \
    X(CONFERENCE, 13, "Confrn")                                                                    \
    X(PARK, 14, "Park")                                                                            \
    X(JOIN, 15, "Join")                                                                            \
    X(MEET_ME, 16, "MeetMe")                                                                       \
    X(PICK_UP, 17, "PickUp")                                                                       \
    X(GROUP_PICK_UP, 18, "GPickUp")

#define SCCP_CALL_STATE_LIST(X)                                                                    \
    X(IDLE, 0, "Idle")                                                                             \
    X(OFF_HOOK, 1, "OffHook")                                                                      \
    X(ON_HOOK, 2, "OnHook")                                                                        \
    X(RING_OUT, 3, "RingOut")                                                                      \
    X(RING_IN, 4, "RingIn")                                                                        \
    X(CONNECTED, 5, "Connected")                                                                   \
    X(BUSY, 6, "Busy")                                                                             \
    X(CONGESTION, 7, "Congestion")                                                                 \
    X(HOLD, 8, "Hold")                                                                             \
    X(CALL_WAITING, 9, "CallWaiting")                                                              \
    X(TRANSFER, 10, "CallTransfer")                                                                \
    X(PARK, 11, "CallPark")                                                                        \
    X(PROCEED, 12, "Proceed")                                                                      \
    X(REMOTE_MULTILINE, 13, "CallRemoteMultiline")                                                 \
    X(INVALID_NUMBER, 14, "InvalidNumber")                                                         \
    X(HOLD_REVERT, 15, "HoldRevert")                                                               \
    X(WHISPER, 16, "Whisper")                                                                      \
    X(REMOTE_HOLD, 17, "RemoteHold")

/* Status of OpenReceiveChannelAck and StartMediaTransmissionAck. */
#define SCCP_MEDIA_STATUS_LIST(X)                                                                  \
    X(OK, 0, "Ok")                                                                                 \
    X(UNKNOWN, 1, "Unknown")                                                                       \
    X(NOT_ENOUGH_CHANNELS, 2, "NotEnoughChannels")                                                 \
    X(CODEC_TOO_COMPLEX, 3, "CodecTooComplex")                                                     \
    X(INVALID_PARTY, 4, "InvalidPartyID")                                                          \
    X(INVALID_CALL, 5, "InvalidCallRef")                                                           \
    X(INVALID_CODEC, 6, "InvalidCodec")                                                            \
    X(INVALID_PACKET_SIZE, 7, "InvalidPacketSize")                                                 \
    X(OUT_OF_SOCKETS, 8, "OutOfSockets")                                                           \
    X(CODER_FAILED, 9, "EncoderOrDecoderFailed")                                                   \
    X(INVALID_DYNAMIC_PAYLOAD, 10, "InvalidDynamicPayloadType")                                    \
    X(ADDRESS_TYPE_UNAVAILABLE, 11, "RequestedIpAddrTypeUnAvailable")                              \
    X(ON_HOOK, 255, "DeviceOnHook")

#define SCCP_MEDIA_TYPE_LIST(X)                                                                    \
    X(INVALID, 0, "Invalid")                                                                       \
    X(AUDIO, 1, "Audio")                                                                           \
    X(MAIN_VIDEO, 2, "Main_Video")                                                                 \
    X(FECC, 3, "FECC")                                                                             \
    X(PRESENTATION_VIDEO, 4, "Presentation_Video")                                                 \
    X(BFCP, 5, "DataApp_BFCP")                                                                     \
    X(IX_CHANNEL, 6, "DataApp_IXChannel")                                                          \
    X(T38, 7, "T38")

/* Keys of SRTP (sccp.md 5.1). AEAD_AES_256_GCM (6) does not fit the 16-byte key field. */
#define SCCP_SRTP_LIST(X)                                                                          \
    X(NONE, 0, "none")                                                                             \
    X(AES_CM_128_HMAC_SHA1_32, 1, "AES_CM_128_HMAC_SHA1_32")                                       \
    X(AES_CM_128_HMAC_SHA1_80, 2, "AES_CM_128_HMAC_SHA1_80")                                       \
    X(F8_128_HMAC_SHA1_32, 3, "F8_128_HMAC_SHA1_32")                                               \
    X(F8_128_HMAC_SHA1_80, 4, "F8_128_HMAC_SHA1_80")                                               \
    X(AEAD_AES_128_GCM, 5, "AEAD_AES_128_GCM")                                                     \
    X(AEAD_AES_256_GCM, 6, "AEAD_AES_256_GCM")

#define SCCP_SECURITY_LIST(X)                                                                      \
    X(UNKNOWN, 0, "Unknown")                                                                       \
    X(NOT_AUTHENTICATED, 1, "NotAuthenticated")                                                    \
    X(AUTHENTICATED, 2, "Authenticated")                                                           \
    X(ENCRYPTED, 3, "Encrypted")

#define SCCP_CALL_TYPE_LIST(X)                                                                     \
    X(INBOUND, 1, "Inbound")                                                                       \
    X(OUTBOUND, 2, "Outbound")                                                                     \
    X(FORWARD, 3, "Forward")

/* CUCM's call-record codes, which follow Q.931 (sccp.md 6.13: inferred, so users map them). */
#define SCCP_REDIRECT_LIST(X)                                                                      \
    X(NONE, 0, "None")                                                                             \
    X(BUSY, 1, "CallForwardBusy")                                                                  \
    X(NO_ANSWER, 2, "CallForwardNoAnswer")                                                         \
    X(TRANSFER, 4, "Transfer")                                                                     \
    X(PICKUP, 5, "Pickup")                                                                         \
    X(ALL, 15, "CallForwardAll")                                                                   \
    X(DEFLECTION, 18, "Deflection")                                                                \
    X(IMMEDIATE_DIVERT, 50, "ImmediateDivert")

#define SCCP_LAMP_LIST(X)                                                                          \
    X(OFF, 1, "Off")                                                                               \
    X(ON, 2, "On")                                                                                 \
    X(WINK, 3, "Wink")                                                                             \
    X(FLASH, 4, "Flash")                                                                           \
    X(BLINK, 5, "Blink")

#define SCCP_RING_LIST(X)                                                                          \
    X(OFF, 1, "Off")                                                                               \
    X(INSIDE, 2, "Inside")                                                                         \
    X(OUTSIDE, 3, "Outside")                                                                       \
    X(FEATURE, 4, "Feature")                                                                       \
    X(FLASH_ONLY, 5, "FlashOnly")                                                                  \
    X(PRECEDENCE, 6, "Precedence")

#define SCCP_RESET_LIST(X)                                                                         \
    X(RESET, 1, "Reset")                                                                           \
    X(RESTART, 2, "Restart")                                                                       \
    X(APPLY_CONFIG, 3, "ApplyConfig")

#define SCCP_UNREGISTER_LIST(X)                                                                    \
    X(OK, 0, "Ok")                                                                                 \
    X(ERROR, 1, "Error")                                                                           \
    X(NAK, 2, "NAK")

#define SCCP_MWI_LIST(X)                                                                           \
    X(OK, 0, "Ok")                                                                                 \
    X(GENERAL_ERROR, 1, "GeneralError")                                                            \
    X(REJECTED, 2, "RequestRejected")                                                              \
    X(VOICE_COUNT, 3, "VoicemailCountOutOfBounds")                                                 \
    X(FAX_COUNT, 4, "FaxCountOutOfBounds")                                                         \
    X(PRIORITY_VOICE_COUNT, 5, "InvalidPriorityVoicemailCount")                                    \
    X(PRIORITY_FAX_COUNT, 6, "InvalidPriorityFaxCount")

#define SCCP_SEVERITY_LIST(X)                                                                      \
    X(CRITICAL, 0, "Critical")                                                                     \
    X(WARNING, 1, "Warning")                                                                       \
    X(INFORMATIONAL, 2, "Informational")                                                           \
    X(UNKNOWN, 4, "Unknown")                                                                       \
    X(MAJOR, 7, "Major")                                                                           \
    X(MINOR, 8, "Minor")                                                                           \
    X(MARGINAL, 10, "Marginal")                                                                    \
    X(TRACE, 20, "Trace")

#define SCCP_SWITCH_LIST(X)                                                                        \
    X(ON, 1, "On")                                                                                 \
    X(OFF, 2, "Off")

#define SCCP_ADDR_LIST(X)                                                                          \
    X(IPV4, 0, "IPv4")                                                                             \
    X(IPV6, 1, "IPv6")                                                                             \
    X(BOTH, 2, "both")                                                                             \
    X(INVALID, 3, "invalid")

#define SCCP_TRANSPORT_LIST(X)                                                                     \
    X(RTP, 1, "RTP")                                                                               \
    X(UDP, 2, "UDP")                                                                               \
    X(TCP, 3, "TCP")

#define SCCP_ENUM(prefix, name, value) SCCP_##prefix##_##name = (value),
#define SCCP_TONE(name, value, words)  SCCP_ENUM(TONE, name, value)
enum sccp_tone { SCCP_TONE_LIST(SCCP_TONE) };
#undef SCCP_TONE
#define SCCP_CODEC(name, value, words) SCCP_ENUM(CODEC, name, value)
enum sccp_codec { SCCP_CODEC_LIST(SCCP_CODEC) };
#undef SCCP_CODEC
#define SCCP_STIMULUS_(name, value, words) SCCP_ENUM(STIMULUS, name, value)
enum sccp_stimulus { SCCP_STIMULUS_LIST(SCCP_STIMULUS_) };
#undef SCCP_STIMULUS_
#define SCCP_KEY_SET_(name, value, words) SCCP_ENUM(KEY_SET, name, value)
enum sccp_key_set { SCCP_KEY_SET_LIST(SCCP_KEY_SET_) };
#undef SCCP_KEY_SET_
#define SCCP_KEY_(name, value, words) SCCP_ENUM(KEY, name, value)
enum sccp_key { SCCP_KEY_LIST(SCCP_KEY_) };
#undef SCCP_KEY_
#define SCCP_CALL_STATE_(name, value, words) SCCP_ENUM(CALL, name, value)
enum sccp_call_state { SCCP_CALL_STATE_LIST(SCCP_CALL_STATE_) };
#undef SCCP_CALL_STATE_
#define SCCP_MEDIA_STATUS_(name, value, words) SCCP_ENUM(MEDIA, name, value)
enum sccp_media_status { SCCP_MEDIA_STATUS_LIST(SCCP_MEDIA_STATUS_) };
#undef SCCP_MEDIA_STATUS_
#define SCCP_MEDIA_TYPE_(name, value, words) SCCP_ENUM(MEDIA_TYPE, name, value)
enum sccp_media_type { SCCP_MEDIA_TYPE_LIST(SCCP_MEDIA_TYPE_) };
#undef SCCP_MEDIA_TYPE_
#define SCCP_SRTP_(name, value, words) SCCP_ENUM(SRTP, name, value)
enum sccp_srtp_algorithm { SCCP_SRTP_LIST(SCCP_SRTP_) };
#undef SCCP_SRTP_
#define SCCP_SECURITY_(name, value, words) SCCP_ENUM(SECURITY, name, value)
enum sccp_security { SCCP_SECURITY_LIST(SCCP_SECURITY_) };
#undef SCCP_SECURITY_
#define SCCP_CALL_TYPE_(name, value, words) SCCP_ENUM(CALL_TYPE, name, value)
enum sccp_call_type { SCCP_CALL_TYPE_LIST(SCCP_CALL_TYPE_) };
#undef SCCP_CALL_TYPE_
#define SCCP_REDIRECT_(name, value, words) SCCP_ENUM(REDIRECT, name, value)
enum sccp_redirect { SCCP_REDIRECT_LIST(SCCP_REDIRECT_) };
#undef SCCP_REDIRECT_
#define SCCP_LAMP_(name, value, words) SCCP_ENUM(LAMP, name, value)
enum sccp_lamp { SCCP_LAMP_LIST(SCCP_LAMP_) };
#undef SCCP_LAMP_
#define SCCP_RING_(name, value, words) SCCP_ENUM(RING, name, value)
enum sccp_ring { SCCP_RING_LIST(SCCP_RING_) };
#undef SCCP_RING_
#define SCCP_RESET_(name, value, words) SCCP_ENUM(RESET_TYPE, name, value)
enum sccp_reset { SCCP_RESET_LIST(SCCP_RESET_) };
#undef SCCP_RESET_
#define SCCP_UNREGISTER_(name, value, words) SCCP_ENUM(UNREGISTER, name, value)
enum sccp_unregister { SCCP_UNREGISTER_LIST(SCCP_UNREGISTER_) };
#undef SCCP_UNREGISTER_
#define SCCP_MWI_(name, value, words) SCCP_ENUM(MWI, name, value)
enum sccp_mwi_result { SCCP_MWI_LIST(SCCP_MWI_) };
#undef SCCP_MWI_
#define SCCP_SEVERITY_(name, value, words) SCCP_ENUM(SEVERITY, name, value)
enum sccp_severity { SCCP_SEVERITY_LIST(SCCP_SEVERITY_) };
#undef SCCP_SEVERITY_
#define SCCP_SWITCH_(name, value, words) SCCP_ENUM(SWITCH, name, value)
enum sccp_switch { SCCP_SWITCH_LIST(SCCP_SWITCH_) };
#undef SCCP_SWITCH_
#define SCCP_ADDR_(name, value, words) SCCP_ENUM(ADDR, name, value)
enum sccp_addr_type { SCCP_ADDR_LIST(SCCP_ADDR_) };
#undef SCCP_ADDR_
#define SCCP_TRANSPORT_(name, value, words) SCCP_ENUM(TRANSPORT, name, value)
enum sccp_transport { SCCP_TRANSPORT_LIST(SCCP_TRANSPORT_) };
#undef SCCP_TRANSPORT_
#undef SCCP_ENUM

/* Static text; NULL for a value that the list does not have. */
const char *sccp_tone_name(uint32_t value);
const char *sccp_codec_name(uint32_t value);
const char *sccp_stimulus_name(uint32_t value);
const char *sccp_key_set_name(uint32_t value);
const char *sccp_key_name(uint32_t value);
const char *sccp_call_state_name(uint32_t value);
const char *sccp_media_status_name(uint32_t value);
const char *sccp_media_type_name(uint32_t value);
const char *sccp_srtp_algorithm_name(uint32_t value);
const char *sccp_security_name(uint32_t value);
const char *sccp_call_type_name(uint32_t value);
const char *sccp_redirect_name(uint32_t value);
const char *sccp_lamp_name(uint32_t value);
const char *sccp_ring_name(uint32_t value);
const char *sccp_reset_name(uint32_t value);
const char *sccp_unregister_name(uint32_t value);
const char *sccp_mwi_result_name(uint32_t value);
const char *sccp_severity_name(uint32_t value);
const char *sccp_switch_name(uint32_t value);
const char *sccp_addr_type_name(uint32_t value);
const char *sccp_transport_name(uint32_t value);
const char *sccp_device_type_name(uint32_t value);

#define SCCP_DEVICE_7960            7
#define SCCP_DEVICE_VOICE_MAIL_PORT 80 /* VoiceInBox; CUCM: "Cisco Voice Mail Port" */

/* Button types of ButtonTemplateRes and FeatureStat share the stimuli's numbers, and add: */
#define SCCP_BUTTON_LINE      9
#define SCCP_BUTTON_UNDEFINED 255

/* Bits of partyPIRestrictionBits: do not show. */
#define SCCP_HIDE_CALLING_NAME            0x01u
#define SCCP_HIDE_CALLING_NUMBER          0x02u
#define SCCP_HIDE_CALLED_NAME             0x04u
#define SCCP_HIDE_CALLED_NUMBER           0x08u
#define SCCP_HIDE_ORIGINAL_CALLED_NAME    0x10u
#define SCCP_HIDE_ORIGINAL_CALLED_NUMBER  0x20u
#define SCCP_HIDE_LAST_REDIRECTING_NAME   0x40u
#define SCCP_HIDE_LAST_REDIRECTING_NUMBER 0x80u

#define SCCP_LINE_OPTIONS_USUAL           0x0Fu /* original, redirected, calling line, calling name */
#define SCCP_PRECEDENCE_ROUTINE           4u /* CallState.precedence_level, as CallManager sends it */
#define SCCP_DTMF_TYPE_USUAL              10u  /* in every real ORC and SMT that has the field */
#define SCCP_TOS_EF                       184u /* DSCP 46 as a TOS byte */
#define SCCP_PORT_KEEP                    1u   /* port_handling of Close and Stop; 0: close it */

/* Digits: '0'-'9', 'A'-'D', '*', '#', '+'. Two numberings: of keys (KeypadButton, '0' is 0) and of
 * tones (StartTone, NotifyDtmfTone: '0' is 10). A digit may be part of a PIN: never log one. */
bool sccp_digit_to_key(char digit, uint32_t *button);
bool sccp_digit_to_tone(char digit, uint32_t *tone);
/* A key sent to us: 0 and 10 are both '0', because chan-sccp uses the tones' numbering that way;
 * ASCII is taken too. 0 if it is no digit. */
char sccp_key_to_digit(uint32_t button);
char sccp_tone_to_digit(uint32_t tone);

#endif
