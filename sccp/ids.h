/* The ids of SCCP messages, the list once, with their names (sccp.md appendix A). */
#ifndef SCCP_IDS_H
#define SCCP_IDS_H

#include <stdint.h>

enum sccp_sender { SCCP_SENDER_NONE, SCCP_SENDER_DEVICE, SCCP_SENDER_SERVER, SCCP_SENDER_PEER };

/* X(id, value, name, who sends it). PEER: between servers and media devices. */
#define SCCP_ID_LIST(X)                                                                            \
    X(KEEP_ALIVE, 0x0000, "KeepAlive", DEVICE)                                                     \
    X(REGISTER, 0x0001, "Register", DEVICE)                                                        \
    X(IP_PORT, 0x0002, "IpPort", DEVICE)                                                           \
    X(KEYPAD_BUTTON, 0x0003, "KeypadButton", DEVICE)                                               \
    X(ENBLOC_CALL, 0x0004, "EnblocCall", DEVICE)                                                   \
    X(STIMULUS, 0x0005, "Stimulus", DEVICE)                                                        \
    X(OFF_HOOK, 0x0006, "OffHook", DEVICE)                                                         \
    X(ON_HOOK, 0x0007, "OnHook", DEVICE)                                                           \
    X(HOOK_FLASH, 0x0008, "HookFlash", DEVICE)                                                     \
    X(FORWARD_STAT_REQ, 0x0009, "ForwardStatReq", DEVICE)                                          \
    X(SPEED_DIAL_STAT_REQ, 0x000A, "SpeedDialStatReq", DEVICE)                                     \
    X(LINE_STAT_REQ, 0x000B, "LineStatReq", DEVICE)                                                \
    X(CONFIG_STAT_REQ, 0x000C, "ConfigStatReq", DEVICE)                                            \
    X(TIME_DATE_REQ, 0x000D, "TimeDateReq", DEVICE)                                                \
    X(BUTTON_TEMPLATE_REQ, 0x000E, "ButtonTemplateReq", DEVICE)                                    \
    X(VERSION_REQ, 0x000F, "VersionReq", DEVICE)                                                   \
    X(CAPABILITIES_RES, 0x0010, "CapabilitiesRes", DEVICE)                                         \
    X(MEDIA_PORT_LIST, 0x0011, "MediaPortList", DEVICE)                                            \
    X(SERVER_REQ, 0x0012, "ServerReq", DEVICE)                                                     \
    X(ALARM, 0x0020, "Alarm", DEVICE)                                                              \
    X(MULTICAST_MEDIA_RECEPTION_ACK, 0x0021, "MulticastMediaReceptionAck", DEVICE)                 \
    X(OPEN_RECEIVE_CHANNEL_ACK, 0x0022, "OpenReceiveChannelAck", DEVICE)                           \
    X(CONNECTION_STATISTICS_RES, 0x0023, "ConnectionStatisticsRes", DEVICE)                        \
    X(OFF_HOOK_WITH_CGPN, 0x0024, "OffHookWithCallingPartyNumber", DEVICE)                         \
    X(SOFT_KEY_SET_REQ, 0x0025, "SoftKeySetReq", DEVICE)                                           \
    X(SOFT_KEY_EVENT, 0x0026, "SoftKeyEvent", DEVICE)                                              \
    X(UNREGISTER, 0x0027, "Unregister", DEVICE)                                                    \
    X(SOFT_KEY_TEMPLATE_REQ, 0x0028, "SoftKeyTemplateReq", DEVICE)                                 \
    X(REGISTER_TOKEN_REQ, 0x0029, "RegisterTokenReq", DEVICE)                                      \
    X(MEDIA_TRANSMISSION_FAILURE, 0x002A, "MediaTransmissionFailure", DEVICE)                      \
    X(HEADSET_STATUS, 0x002B, "HeadsetStatus", DEVICE)                                             \
    X(MEDIA_RESOURCE_NOTIFICATION, 0x002C, "MediaResourceNotification", DEVICE)                    \
    X(REGISTER_AVAILABLE_LINES, 0x002D, "RegisterAvailableLines", DEVICE)                          \
    X(DEVICE_TO_USER_DATA, 0x002E, "DeviceToUserData", DEVICE)                                     \
    X(DEVICE_TO_USER_DATA_RESPONSE, 0x002F, "DeviceToUserDataResponse", DEVICE)                    \
    X(UPDATE_CAPABILITIES, 0x0030, "UpdateCapabilities", DEVICE)                                   \
    X(OPEN_MULTI_MEDIA_RECEIVE_CHANNEL_ACK, 0x0031, "OpenMultiMediaReceiveChannelAck", DEVICE)     \
    X(CLEAR_CONFERENCE, 0x0032, "ClearConference", DEVICE)                                         \
    X(SERVICE_URL_STAT_REQ, 0x0033, "ServiceURLStatReq", DEVICE)                                   \
    X(FEATURE_STAT_REQ, 0x0034, "FeatureStatReq", DEVICE)                                          \
    X(CREATE_CONFERENCE_RES, 0x0035, "CreateConferenceRes", PEER)                                  \
    X(DELETE_CONFERENCE_RES, 0x0036, "DeleteConferenceRes", PEER)                                  \
    X(MODIFY_CONFERENCE_RES, 0x0037, "ModifyConferenceRes", PEER)                                  \
    X(ADD_PARTICIPANT_RES, 0x0038, "AddParticipantRes", PEER)                                      \
    X(AUDIT_CONFERENCE_RES, 0x0039, "AuditConferenceRes", PEER)                                    \
    X(AUDIT_PARTICIPANT_RES, 0x0040, "AuditParticipantRes", PEER)                                  \
    X(DEVICE_TO_USER_DATA_V1, 0x0041, "DeviceToUserDataMessageVersion1", DEVICE)                   \
    X(DEVICE_TO_USER_DATA_RESPONSE_V1, 0x0042, "DeviceToUserDataResponseMessageVersion1", DEVICE)  \
    X(UPDATE_CAPABILITIES_V2, 0x0043, "UpdateCapabilitiesV2", DEVICE)                              \
    X(UPDATE_CAPABILITIES_V3, 0x0044, "UpdateCapabilitiesV3", DEVICE)                              \
    X(PORT_RES, 0x0045, "PortRes", DEVICE)                                                         \
    X(QOS_RESV_NOTIFY, 0x0046, "QoSResvNotify", PEER)                                              \
    X(QOS_ERROR_NOTIFY, 0x0047, "QoSErrorNotify", PEER)                                            \
    X(SUBSCRIPTION_STAT_REQ, 0x0048, "SubscriptionStatReq", DEVICE)                                \
    X(MEDIA_PATH_EVENT, 0x0049, "MediaPathEvent", DEVICE)                                          \
    X(MEDIA_PATH_CAPABILITY, 0x004A, "MediaPathCapability", DEVICE)                                \
    X(MWI_NOTIFICATION, 0x004C, "MwiNotification", PEER)                                           \
    X(REGISTER_ACK, 0x0081, "RegisterAck", SERVER)                                                 \
    X(START_TONE, 0x0082, "StartTone", SERVER)                                                     \
    X(STOP_TONE, 0x0083, "StopTone", SERVER)                                                       \
    X(SET_RINGER, 0x0085, "SetRinger", SERVER)                                                     \
    X(SET_LAMP, 0x0086, "SetLamp", SERVER)                                                         \
    X(SET_HOOK_FLASH_DETECT, 0x0087, "SetHookFlashDetect", SERVER)                                 \
    X(SET_SPEAKER_MODE, 0x0088, "SetSpeakerMode", SERVER)                                          \
    X(SET_MICROPHONE_MODE, 0x0089, "SetMicroMode", SERVER)                                         \
    X(START_MEDIA_TRANSMISSION, 0x008A, "StartMediaTransmission", SERVER)                          \
    X(STOP_MEDIA_TRANSMISSION, 0x008B, "StopMediaTransmission", SERVER)                            \
    X(START_MEDIA_RECEPTION, 0x008C, "StartMediaReception", SERVER)                                \
    X(STOP_MEDIA_RECEPTION, 0x008D, "StopMediaReception", SERVER)                                  \
    X(CALL_INFO, 0x008F, "CallInfo", SERVER)                                                       \
    X(FORWARD_STAT_RES, 0x0090, "ForwardStatRes", SERVER)                                          \
    X(SPEED_DIAL_STAT_RES, 0x0091, "SpeedDialStatRes", SERVER)                                     \
    X(LINE_STAT_RES, 0x0092, "LineStatRes", SERVER)                                                \
    X(CONFIG_STAT_RES, 0x0093, "ConfigStatRes", SERVER)                                            \
    X(TIME_DATE_RES, 0x0094, "TimeDateRes", SERVER)                                                \
    X(START_SESSION_TRANSMISSION, 0x0095, "StartSessionTransmission", PEER)                        \
    X(STOP_SESSION_TRANSMISSION, 0x0096, "StopSessionTransmission", PEER)                          \
    X(BUTTON_TEMPLATE_RES, 0x0097, "ButtonTemplateRes", SERVER)                                    \
    X(VERSION_RES, 0x0098, "VersionRes", SERVER)                                                   \
    X(DISPLAY_TEXT, 0x0099, "DisplayText", SERVER)                                                 \
    X(CLEAR_DISPLAY, 0x009A, "ClearDisplay", SERVER)                                               \
    X(CAPABILITIES_REQ, 0x009B, "CapabilitiesReq", SERVER)                                         \
    X(ENUNCIATOR_COMMAND, 0x009C, "EnunciatorCommand", SERVER)                                     \
    X(REGISTER_REJECT, 0x009D, "RegisterReject", SERVER)                                           \
    X(SERVER_RES, 0x009E, "ServerRes", SERVER)                                                     \
    X(RESET, 0x009F, "Reset", SERVER)                                                              \
    X(KEEP_ALIVE_ACK, 0x0100, "KeepAliveAck", SERVER)                                              \
    X(START_MULTICAST_MEDIA_RECEPTION, 0x0101, "StartMulticastMediaReception", SERVER)             \
    X(START_MULTICAST_MEDIA_TRANSMISSION, 0x0102, "StartMulticastMediaTransmission", SERVER)       \
    X(STOP_MULTICAST_MEDIA_RECEPTION, 0x0103, "StopMulticastMediaReception", SERVER)               \
    X(STOP_MULTICAST_MEDIA_TRANSMISSION, 0x0104, "StopMulticastMediaTransmission", SERVER)         \
    X(OPEN_RECEIVE_CHANNEL, 0x0105, "OpenReceiveChannel", SERVER)                                  \
    X(CLOSE_RECEIVE_CHANNEL, 0x0106, "CloseReceiveChannel", SERVER)                                \
    X(CONNECTION_STATISTICS_REQ, 0x0107, "ConnectionStatisticsReq", SERVER)                        \
    X(SOFT_KEY_TEMPLATE_RES, 0x0108, "SoftKeyTemplateRes", SERVER)                                 \
    X(SOFT_KEY_SET_RES, 0x0109, "SoftKeySetRes", SERVER)                                           \
    X(SELECT_SOFT_KEYS, 0x0110, "SelectSoftKeys", SERVER)                                          \
    X(CALL_STATE, 0x0111, "CallState", SERVER)                                                     \
    X(DISPLAY_PROMPT_STATUS, 0x0112, "DisplayPromptStatus", SERVER)                                \
    X(CLEAR_PROMPT_STATUS, 0x0113, "ClearPromptStatus", SERVER)                                    \
    X(DISPLAY_NOTIFY, 0x0114, "DisplayNotify", SERVER)                                             \
    X(CLEAR_NOTIFY, 0x0115, "ClearNotify", SERVER)                                                 \
    X(ACTIVATE_CALL_PLANE, 0x0116, "ActivateCallPlane", SERVER)                                    \
    X(DEACTIVATE_CALL_PLANE, 0x0117, "DeactivateCallPlane", SERVER)                                \
    X(UNREGISTER_ACK, 0x0118, "UnregisterAck", SERVER)                                             \
    X(BACK_SPACE_RES, 0x0119, "BackSpaceRes", SERVER)                                              \
    X(REGISTER_TOKEN_ACK, 0x011A, "RegisterTokenAck", SERVER)                                      \
    X(REGISTER_TOKEN_REJECT, 0x011B, "RegisterTokenReject", SERVER)                                \
    X(START_MEDIA_FAILURE_DETECTION, 0x011C, "StartMediaFailureDetection", SERVER)                 \
    X(DIALED_NUMBER, 0x011D, "DialedNumber", SERVER)                                               \
    X(USER_TO_DEVICE_DATA, 0x011E, "UserToDeviceData", SERVER)                                     \
    X(FEATURE_STAT_RES, 0x011F, "FeatureStatRes", SERVER)                                          \
    X(DISPLAY_PRI_NOTIFY, 0x0120, "DisplayPriNotify", SERVER)                                      \
    X(CLEAR_PRI_NOTIFY, 0x0121, "ClearPriNotify", SERVER)                                          \
    X(START_ANNOUNCEMENT, 0x0122, "StartAnnouncement", PEER)                                       \
    X(STOP_ANNOUNCEMENT, 0x0123, "StopAnnouncement", PEER)                                         \
    X(ANNOUNCEMENT_FINISH, 0x0124, "AnnouncementFinish", PEER)                                     \
    X(NOTIFY_DTMF_TONE, 0x0127, "NotifyDtmfTone", SERVER)                                          \
    X(SEND_DTMF_TONE, 0x0128, "SendDtmfTone", SERVER)                                              \
    X(SUBSCRIBE_DTMF_PAYLOAD_REQ, 0x0129, "SubscribeDtmfPayloadReq", SERVER)                       \
    X(SUBSCRIBE_DTMF_PAYLOAD_RES, 0x012A, "SubscribeDtmfPayloadRes", DEVICE)                       \
    X(SUBSCRIBE_DTMF_PAYLOAD_ERR, 0x012B, "SubscribeDtmfPayloadErr", DEVICE)                       \
    X(UNSUBSCRIBE_DTMF_PAYLOAD_REQ, 0x012C, "UnSubscribeDtmfPayloadReq", SERVER)                   \
    X(UNSUBSCRIBE_DTMF_PAYLOAD_RES, 0x012D, "UnSubscribeDtmfPayloadRes", DEVICE)                   \
    X(UNSUBSCRIBE_DTMF_PAYLOAD_ERR, 0x012E, "UnSubscribeDtmfPayloadErr", DEVICE)                   \
    X(SERVICE_URL_STAT_RES, 0x012F, "ServiceURLStatRes", SERVER)                                   \
    X(CALL_SELECT_STAT_RES, 0x0130, "CallSelectStatRes", SERVER)                                   \
    X(OPEN_MULTI_MEDIA_RECEIVE_CHANNEL, 0x0131, "OpenMultiMediaReceiveChannel", SERVER)            \
    X(START_MULTI_MEDIA_TRANSMISSION, 0x0132, "StartMultiMediaTransmission", SERVER)               \
    X(STOP_MULTI_MEDIA_TRANSMISSION, 0x0133, "StopMultiMediaTransmission", SERVER)                 \
    X(MISCELLANEOUS_COMMAND, 0x0134, "MiscellaneousCommand", SERVER)                               \
    X(FLOW_CONTROL_COMMAND, 0x0135, "FlowControlCommand", SERVER)                                  \
    X(CLOSE_MULTI_MEDIA_RECEIVE_CHANNEL, 0x0136, "CloseMultiMediaReceiveChannel", SERVER)          \
    X(CREATE_CONFERENCE_REQ, 0x0137, "CreateConferenceReq", PEER)                                  \
    X(DELETE_CONFERENCE_REQ, 0x0138, "DeleteConferenceReq", PEER)                                  \
    X(MODIFY_CONFERENCE_REQ, 0x0139, "ModifyConferenceReq", PEER)                                  \
    X(ADD_PARTICIPANT_REQ, 0x013A, "AddParticipantReq", PEER)                                      \
    X(DROP_PARTICIPANT_REQ, 0x013B, "DropParticipantReq", PEER)                                    \
    X(AUDIT_CONFERENCE_REQ, 0x013C, "AuditConferenceReq", PEER)                                    \
    X(AUDIT_PARTICIPANT_REQ, 0x013D, "AuditParticipantReq", PEER)                                  \
    X(CHANGE_PARTICIPANT_REQ, 0x013E, "ChangeParticipantReq", PEER)                                \
    X(USER_TO_DEVICE_DATA_V1, 0x013F, "UserToDeviceDataMessageVersion1", SERVER)                   \
    X(VIDEO_DISPLAY_COMMAND, 0x0140, "VideoDisplayCommand", SERVER)                                \
    X(FLOW_CONTROL_NOTIFY, 0x0141, "FlowControlNotify", SERVER)                                    \
    X(CONFIG_STAT_V2_RES, 0x0142, "ConfigStatV2Res", SERVER)                                       \
    X(DISPLAY_NOTIFY_V2, 0x0143, "DisplayNotifyV2", SERVER)                                        \
    X(DISPLAY_PRI_NOTIFY_V2, 0x0144, "DisplayPriNotifyV2", SERVER)                                 \
    X(DISPLAY_PROMPT_STATUS_V2, 0x0145, "DisplayPromptStatusV2", SERVER)                           \
    X(FEATURE_STAT_V2_RES, 0x0146, "FeatureStatV2Res", SERVER)                                     \
    X(LINE_STAT_V2_RES, 0x0147, "LineStatV2Res", SERVER)                                           \
    X(SERVICE_URL_STAT_V2_RES, 0x0148, "ServiceURLStatV2Res", SERVER)                              \
    X(SPEED_DIAL_STAT_V2_RES, 0x0149, "SpeedDialStatV2Res", SERVER)                                \
    X(CALL_INFO_V2, 0x014A, "CallInfoV2", SERVER)                                                  \
    X(PORT_REQ, 0x014B, "PortReq", SERVER)                                                         \
    X(PORT_CLOSE, 0x014C, "PortClose", SERVER)                                                     \
    X(QOS_LISTEN, 0x014D, "QoSListen", PEER)                                                       \
    X(QOS_PATH, 0x014E, "QoSPath", PEER)                                                           \
    X(QOS_TEARDOWN, 0x014F, "QoSTeardown", PEER)                                                   \
    X(UPDATE_DSCP, 0x0150, "UpdateDSCP", PEER)                                                     \
    X(QOS_MODIFY, 0x0151, "QoSModify", PEER)                                                       \
    X(SUBSCRIPTION_STAT_RES, 0x0152, "SubscriptionStatRes", SERVER)                                \
    X(NOTIFICATION, 0x0153, "Notification", SERVER)                                                \
    X(START_MEDIA_TRANSMISSION_ACK, 0x0154, "StartMediaTransmissionAck", DEVICE)                   \
    X(START_MULTI_MEDIA_TRANSMISSION_ACK, 0x0155, "StartMultiMediaTransmissionAck", DEVICE)        \
    X(CALL_HISTORY_INFO, 0x0156, "CallHistoryInfo", SERVER)                                        \
    X(LOCATION_INFO, 0x0157, "LocationInfo", DEVICE)                                               \
    X(MWI_RES, 0x0158, "MwiRes", PEER)                                                             \
    X(ADD_ON_DEVICE_CAPABILITIES, 0x0159, "AddOnDeviceCapabilities", DEVICE)                       \
    X(ENHANCED_ALARM, 0x015A, "EnhancedAlarm", DEVICE)                                             \
    X(CALL_COUNT_REQ, 0x015E, "CallCountReq", PEER)                                                \
    X(CALL_COUNT_RESP, 0x015F, "CallCountResp", PEER)                                              \
    X(RECORDING_STATUS, 0x0160, "RecordingStatus", SERVER)                                         \
    X(SPCP_REGISTER_TOKEN_REQ, 0x8000, "SPCPRegisterTokenReq", DEVICE)                             \
    X(SPCP_REGISTER_TOKEN_ACK, 0x8100, "SPCPRegisterTokenAck", SERVER)                             \
    X(SPCP_REGISTER_TOKEN_REJECT, 0x8101, "SPCPRegisterTokenReject", SERVER)

#define SCCP_ENUM_ID(name, value, words, sender) SCCP_##name = (value),
enum sccp_id { SCCP_ID_LIST(SCCP_ENUM_ID) };
#undef SCCP_ENUM_ID

const char *sccp_name(uint32_t id); /* static text; "unknown" if no list has it */
enum sccp_sender sccp_sender_of(uint32_t id);

#endif
