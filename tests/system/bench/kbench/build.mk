program := kbench
sources := kbench.c memory.c servers/rt/ipc.S build/gen/syscall_stubs.c
install := /usr/bin/kbench
