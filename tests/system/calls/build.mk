program := calls-test
sources := memfd_test.c
install := /usr/libexec/tests/calls-test
