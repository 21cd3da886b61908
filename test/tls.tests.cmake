# The line.
room_test(tls_session_test tls)
