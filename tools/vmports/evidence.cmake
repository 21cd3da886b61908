# evidence: live capture, and the judgement of a capture; `verify`, `demo` and `run --capture` use it.
add_library(evidence STATIC capture.c packet.c)
target_link_libraries(evidence PUBLIC base PkgConfig::JANSSON PRIVATE house PkgConfig::PCAP)
