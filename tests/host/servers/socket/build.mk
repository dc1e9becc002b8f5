host_test := socket
sources := socket_test.c sweep_test.c socket_world.c tests/host/servers/fake/fake.c
sources += $(addprefix servers/socket/, serve.c socket.c connect.c transfer.c wait.c rights.c node.c option.c)
sources += servers/lib/poll/poll.c servers/lib/anonymous/anonymous.c build/gen/proto/socket_server.c build/gen/proto/file_server.c
ldflags := -Wl,--wrap=malloc
