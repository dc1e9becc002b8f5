host_test := kernel
sources := bank_test.c device_test.c long_test.c message_test.c sched_test.c segment_test.c
include tests/host/kernel/world/kernel.mk
