program := sockets-test
sources := stream_test.c message_test.c rights_test.c errors_test.c
install := /usr/libexec/tests/sockets-test
