program := sysvipc-test
sources := message_test.c
install := /usr/libexec/tests/sysvipc-test
