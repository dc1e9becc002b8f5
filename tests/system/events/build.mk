program := events-test
sources := eventfd_test.c timerfd_test.c epoll_test.c nested_test.c signalfd_test.c
install := /usr/libexec/tests/events-test
