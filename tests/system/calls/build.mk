program := calls-test
sources := memfd_test.c splice_test.c
install := /usr/libexec/tests/calls-test
