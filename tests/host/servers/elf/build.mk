host_test := elf
sources := elf_test.c servers/lib/elf/elf.c
