program := posix-test
sources := errors_test.c file_test.c directory_test.c memory_test.c poll_test.c position_test.c process_test.c signal_test.c thread_test.c time_test.c
install := /usr/libexec/tests/posix-test
