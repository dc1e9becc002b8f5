host_test := personality_pack
sources := pack_test.c libc-port/personality/process/pack.c
cflags := -Ilibc-port/personality
