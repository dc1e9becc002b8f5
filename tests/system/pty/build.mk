program := pty-test
sources := pair_test.c packet_test.c session_test.c settings_test.c
install := /usr/libexec/tests/pty-test
