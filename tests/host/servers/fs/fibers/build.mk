host_test := ext_fibers
sources := fibers_test.c tests/host/servers/fs/ext/world.c tests/host/servers/fs/semantics/calls.c
sources += tests/host/servers/fs/no_maps.c tests/host/servers/fs/fake_fs.c tests/host/servers/fs/no_watches.c tests/host/servers/fake/fake.c
sources += servers/rt/fiber.c servers/rt/fiber_switch.S
sources += $(addprefix servers/fs/ext/,$(filter-out main.c disk.c,$(notdir $(wildcard servers/fs/ext/*.c))))
sources += $(addprefix servers/fs/lib/,$(filter-out map.c watch.c,$(notdir $(wildcard servers/fs/lib/*.c))))
sources += build/gen/proto/dir_server.c build/gen/proto/file_server.c build/gen/proto/dir_client.c build/gen/proto/file_client.c build/gen/proto/socket_client.c
