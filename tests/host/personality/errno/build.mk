host_test := personality_errno
sources := errno_test.c libc-port/personality/core/errno.c
cflags := -Ilibc-port/personality
