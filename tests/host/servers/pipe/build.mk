host_test := pipe
sources := pipe_test.c fifo_test.c sweep_test.c tests/host/servers/fake/fake.c
sources += servers/pipe/serve.c servers/pipe/pipe.c servers/pipe/fifo.c servers/pipe/ring.c servers/pipe/buffer.c
sources += servers/lib/poll/poll.c servers/lib/anonymous/anonymous.c build/gen/proto/pipe_server.c build/gen/proto/file_server.c build/gen/proto/dir_server.c
ldflags := -Wl,--wrap=mmap
