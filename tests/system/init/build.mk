# A first process that ends.
program := init-test
sources := init_test.c
install := /usr/libexec/tests/init-test
