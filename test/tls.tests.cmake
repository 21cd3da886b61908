# The line.
room_test(tls_session_test tls)
room_test(tls_link_test tls)
room_test(tls_identity_test tls)
room_test(tls_memory_test tls)
