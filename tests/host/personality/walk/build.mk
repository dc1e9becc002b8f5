host_test := personality_walk
sources := walk_test.c libc-port/personality/file/walk.c libc-port/personality/file/handle.c libc-port/personality/file/path.c libc-port/personality/file/self.c libc-port/personality/core/text.c
cflags := -Ilibc-port/personality
