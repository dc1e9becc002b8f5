host_test := kernel_arch
sources := world.c boot_test.c acpi_test.c mmu_test.c
sources += kernel/arch/x86_64/boot/memory.c kernel/arch/x86_64/boot/multiboot.c kernel/arch/x86_64/boot/acpi.c
sources += kernel/arch/x86_64/mmu.c kernel/arch/x86_64/symbols.c
cflags := -Ikernel/arch/x86_64 -DDIRECT_MAP=test_memory -include tests/host/kernel/arch/world.h
