host_test := kernel_monkey
sources := monkey_test.c argument.c
include tests/host/kernel/world/kernel.mk
