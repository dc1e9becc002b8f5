program := inotify-test
sources := inotify_test.c
install := /usr/libexec/tests/inotify-test
