# evidence: live capture, and the judgement of a capture; `verify`, `demo` and `run --capture` use it.
add_library(evidence STATIC capture.c capture_file.c flow.c key_file.c
  ladder.c ladder_lamp.c ladder_media.c ladder_text.c tls_open.c tls_secrets.c
  line_suites.c line_watch.c line_search.c line_handshake.c
  media_watch.c media_measure.c media_reports.c media_judge.c media_calls.c media_names.c media_out.c media_out_print.c
  out_file.c packet.c rtp_out.c tftp_watch.c wav_out.c verify.c verify_judge.c verify_json.c verify_print.c)
target_link_libraries(evidence PUBLIC base sccp media tls PkgConfig::JANSSON PRIVATE house PkgConfig::PCAP
  PkgConfig::OPENSSL PkgConfig::SNDFILE m)
