host_test := kernel_sweep
sources := charge_test.c scene.c
include tests/host/kernel/world/kernel.mk
