#include "sccp/message.h"

/* Device types (sccp.md appendix B). */
#define DEVICE_TYPES(X)                                                                            \
    X(1, "Station30SPplus")                                                                        \
    X(2, "Station12SPplus")                                                                        \
    X(3, "Station12SP")                                                                            \
    X(4, "Station12")                                                                              \
    X(5, "Station30VIP")                                                                           \
    X(6, "Cisco 7910")                                                                             \
    X(7, "StationTelecasterMgr")                                                                   \
    X(8, "Cisco 7940")                                                                             \
    X(9, "Cisco 7935")                                                                             \
    X(10, "StationVGC")                                                                            \
    X(11, "VGCVirtualPhone")                                                                       \
    X(12, "StationATA186")                                                                         \
    X(13, "StationATA188")                                                                         \
    X(15, "EmccBase")                                                                              \
    X(20, "Virtual30SPplus")                                                                       \
    X(21, "StationPhoneApplication")                                                               \
    X(30, "AnalogAccess")                                                                          \
    X(40, "DigitalAccessTitan1")                                                                   \
    X(41, "Digital Access T1")                                                                     \
    X(42, "DigitalAccessTitan2")                                                                   \
    X(43, "DigitalAccessLennon")                                                                   \
    X(47, "AnalogAccessElvis")                                                                     \
    X(48, "VGCGateway")                                                                            \
    X(50, "ConferenceBridge")                                                                      \
    X(51, "ConferenceBridgeYoko")                                                                  \
    X(52, "ConferenceBridgeDixieLand")                                                             \
    X(53, "ConferenceBridgeSummit")                                                                \
    X(60, "H225")                                                                                  \
    X(61, "H323Phone")                                                                             \
    X(62, "H323Gateway")                                                                           \
    X(70, "MusicOnHold")                                                                           \
    X(71, "Pilot")                                                                                 \
    X(72, "TapiPort")                                                                              \
    X(73, "TapiRoutePoint")                                                                        \
    X(80, "VoiceInBox")                                                                            \
    X(81, "VoiceInboxAdmin")                                                                       \
    X(82, "LineAnnunciator")                                                                       \
    X(83, "SoftwareMtpDixieLand")                                                                  \
    X(84, "CiscoMediaServer")                                                                      \
    X(85, "ConferenceBridgeFlint")                                                                 \
    X(86, "ConferenceBridgeHetroGen")                                                              \
    X(87, "ConferenceBridgeAudVid")                                                                \
    X(88, "ConferenceHVideoBridge")                                                                \
    X(90, "RouteList")                                                                             \
    X(100, "LoadSimulator")                                                                        \
    X(110, "MediaTerminationPoint")                                                                \
    X(111, "MediaTerminationPointYoko")                                                            \
    X(112, "MediaTerminationPointDixieLand")                                                       \
    X(113, "MediaTerminationPointSummit")                                                          \
    X(115, "7941G")                                                                                \
    X(119, "7971")                                                                                 \
    X(120, "MGCPStation")                                                                          \
    X(121, "MGCPTrunk")                                                                            \
    X(122, "RASProxy")                                                                             \
    X(124, "Cisco 7914 AddOn")                                                                     \
    X(125, "Trunk")                                                                                \
    X(126, "Annunciator")                                                                          \
    X(127, "MonitorBridge")                                                                        \
    X(128, "Recorder")                                                                             \
    X(129, "MonitorBridgeYoko")                                                                    \
    X(131, "SipTrunk")                                                                             \
    X(132, "SipGateway")                                                                           \
    X(133, "WsmTrunk")                                                                             \
    X(134, "RemoteDestination")                                                                    \
    X(227, "Cisco 7915 AddOn")                                                                     \
    X(228, "Cisco 7915 AddOn 24")                                                                  \
    X(229, "Cisco 7916 AddOn")                                                                     \
    X(230, "Cisco 7916 AddOn 24")                                                                  \
    X(253, "GenericDevice")                                                                        \
    X(254, "UnknownMGCPGateway")                                                                   \
    X(255, "NotDefined")                                                                           \
    X(275, "Nokia E Series")                                                                       \
    X(302, "Cisco 7985")                                                                           \
    X(307, "7911")                                                                                 \
    X(308, "Cisco 7961 GE")                                                                        \
    X(309, "7961G_GE")                                                                             \
    X(335, "MotorolaCN622")                                                                        \
    X(336, "3rdPartySipBasic")                                                                     \
    X(348, "Cisco 7931")                                                                           \
    X(358, "UnifiedCommunicator")                                                                  \
    X(365, "7921")                                                                                 \
    X(369, "7906")                                                                                 \
    X(374, "3rdPartySipAdv")                                                                       \
    X(375, "Telepresence")                                                                         \
    X(376, "Nokia ICC client")                                                                     \
    X(404, "7962")                                                                                 \
    X(412, "3951")                                                                                 \
    X(431, "7937")                                                                                 \
    X(434, "7942")                                                                                 \
    X(435, "7945")                                                                                 \
    X(436, "7965")                                                                                 \
    X(437, "7975")                                                                                 \
    X(468, "UnifiedMobileCommunicator")                                                            \
    X(484, "Cisco 7925")                                                                           \
    X(493, "9971_CE")                                                                              \
    X(495, "Cisco 6921")                                                                           \
    X(496, "Cisco 6941")                                                                           \
    X(497, "Cisco 6961")                                                                           \
    X(503, "CSF")                                                                                  \
    X(547, "Cisco 6901")                                                                           \
    X(548, "Cisco 6911")                                                                           \
    X(564, "Cisco 6945")                                                                           \
    X(585, "Cisco 8945")                                                                           \
    X(586, "Cisco 8941")                                                                           \
    X(597, "CiscoTelepresenceMcu")                                                                 \
    X(599, "CiscoTelePresenceExchange")                                                            \
    X(600, "CiscoTelePresenceSoftwareConferenceBridge")                                            \
    X(631, "ASSip")                                                                                \
    X(635, "CtiRemoteDevice")                                                                      \
    X(20000, "7905")                                                                               \
    X(30002, "7920")                                                                               \
    X(30006, "7970")                                                                               \
    X(30007, "7912")                                                                               \
    X(30008, "7902")                                                                               \
    X(30016, "Cisco IP Communicator")                                                              \
    X(30018, "7961G")                                                                              \
    X(30019, "7936")                                                                               \
    X(30027, "AnalogPhone")                                                                        \
    X(30028, "ISDNBRIPhone")                                                                       \
    X(30032, "SCCPGwVirtualPhone")                                                                 \
    X(30035, "IP_STE")                                                                             \
    X(36041, "CiscoTelePresenceConductor")                                                         \
    X(36219, "InteractiveVoiceResponse")                                                           \
    X(80000, "Cisco SPA 521S")                                                                     \
    X(80003, "Cisco SPA 502G")                                                                     \
    X(80004, "Cisco SPA 504G")                                                                     \
    X(80005, "Cisco SPA 525G")                                                                     \
    X(80007, "Cisco SPA 509G")                                                                     \
    X(80009, "Cisco SPA 525G2")                                                                    \
    X(80011, "Cisco SPA 303G")

#define WORDS(name, value, words)                                                                  \
    case value:                                                                                    \
        return words;
#define NAME_FN(fn, LIST)                                                                          \
    const char *sccp_##fn##_name(uint32_t value)                                                   \
    {                                                                                              \
        switch (value) {                                                                           \
            LIST(WORDS)                                                                            \
        }                                                                                          \
        return NULL;                                                                               \
    }
NAME_FN(tone, SCCP_TONE_LIST)
NAME_FN(codec, SCCP_CODEC_LIST)
NAME_FN(stimulus, SCCP_STIMULUS_LIST)
NAME_FN(key_set, SCCP_KEY_SET_LIST)
NAME_FN(key, SCCP_KEY_LIST)
NAME_FN(call_state, SCCP_CALL_STATE_LIST)
NAME_FN(media_status, SCCP_MEDIA_STATUS_LIST)
NAME_FN(media_type, SCCP_MEDIA_TYPE_LIST)
NAME_FN(srtp_algorithm, SCCP_SRTP_LIST)
NAME_FN(security, SCCP_SECURITY_LIST)
NAME_FN(call_type, SCCP_CALL_TYPE_LIST)
NAME_FN(redirect, SCCP_REDIRECT_LIST)
NAME_FN(lamp, SCCP_LAMP_LIST)
NAME_FN(ring, SCCP_RING_LIST)
NAME_FN(reset, SCCP_RESET_LIST)
NAME_FN(unregister, SCCP_UNREGISTER_LIST)
NAME_FN(mwi_result, SCCP_MWI_LIST)
NAME_FN(severity, SCCP_SEVERITY_LIST)
NAME_FN(switch, SCCP_SWITCH_LIST)
NAME_FN(addr_type, SCCP_ADDR_LIST)
NAME_FN(transport, SCCP_TRANSPORT_LIST)

#define DEVICE_WORDS(value, words)                                                                 \
    case value:                                                                                    \
        return words;
const char *sccp_device_type_name(uint32_t value)
{
    switch (value) {
        DEVICE_TYPES(DEVICE_WORDS)
    default:
        return NULL;
    }
}

#define ID_WORDS(name, value, words, sender)                                                       \
    case value:                                                                                    \
        return words;
const char *sccp_name(uint32_t id)
{
    switch (id) {
        SCCP_ID_LIST(ID_WORDS)
    default:
        return "unknown";
    }
}

#define ID_SENDER(name, value, words, sender)                                                      \
    case value:                                                                                    \
        return SCCP_SENDER_##sender;
enum sccp_sender sccp_sender_of(uint32_t id)
{
    switch (id) {
        SCCP_ID_LIST(ID_SENDER)
    default:
        return SCCP_SENDER_NONE;
    }
}
