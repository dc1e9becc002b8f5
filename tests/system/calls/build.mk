program := calls-test
sources := memfd_test.c splice_test.c timer_test.c schedule_test.c limits_test.c clock_test.c again_test.c negative_test.c
install := /usr/libexec/tests/calls-test
