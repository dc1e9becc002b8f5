program := sysvipc-test
sources := message_test.c semaphore_test.c memory_test.c
install := /usr/libexec/tests/sysvipc-test
