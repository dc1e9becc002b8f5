host_test := personality_region
sources := region_test.c libc-port/personality/memory/region.c
cflags := -Ilibc-port/personality
