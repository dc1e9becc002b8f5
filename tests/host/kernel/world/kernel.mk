# The whole kernel on the simulated machine: for the build.mk of a test, after its own sources.
cflags := -DDEBUG -Ikernel/arch/host -Itests/host/kernel/world
sources += $(wildcard tests/host/kernel/world/*.c kernel/arch/host/*.c kernel/object/*.c kernel/mm/*.c kernel/ipc/*.c)
sources += $(wildcard kernel/sched/*.c kernel/debug/*.c) kernel/lib/tree.c kernel/boot/main.c kernel/boot/sigma0.c
sources += kernel/boot/dispatch.c build/gen/syscall_table.c build/gen/syscall_stubs.c
