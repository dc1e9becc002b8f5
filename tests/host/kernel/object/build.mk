host_test := kernel
cflags := -DDEBUG -Ikernel/arch/host -Itests/host/kernel/world
sources := bank_test.c device_test.c message_test.c sched_test.c segment_test.c
sources += $(wildcard tests/host/kernel/world/*.c kernel/arch/host/*.c kernel/object/*.c kernel/mm/*.c kernel/ipc/*.c)
sources += $(wildcard kernel/sched/*.c kernel/debug/*.c) kernel/lib/tree.c kernel/boot/main.c kernel/boot/sigma0.c
sources += kernel/boot/dispatch.c build/gen/syscall_table.c build/gen/syscall_stubs.c
