library := elf
sources := elf.c
