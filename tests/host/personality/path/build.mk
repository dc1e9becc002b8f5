host_test := personality_path
sources := path_test.c libc-port/personality/file/path.c
cflags := -Ilibc-port/personality
