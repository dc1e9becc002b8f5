program := hostile-test
sources := kernel_test.c message_test.c program_test.c resource_test.c servers/rt/ipc.S build/gen/syscall_stubs.c
cflags := -DTEST_ISOLATED
install := /usr/libexec/tests/hostile-test
