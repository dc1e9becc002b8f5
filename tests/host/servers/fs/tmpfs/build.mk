host_test := tmpfs
sources := tmpfs_test.c tests/host/servers/fs/semantics/calls.c
sources += tests/host/servers/fs/semantics/names_test.c tests/host/servers/fs/semantics/files_test.c
sources += tests/host/servers/fs/no_maps.c tests/host/servers/fs/no_fibers.c tests/host/servers/fs/fake_fs.c tests/host/servers/fs/no_watches.c tests/host/servers/fake/fake.c
sources += $(addprefix servers/fs/tmpfs/,names.c contents.c pages.c archive.c)
sources += $(addprefix servers/fs/lib/,$(filter-out map.c watch.c,$(notdir $(wildcard servers/fs/lib/*.c))))
sources += build/gen/proto/dir_server.c build/gen/proto/file_server.c build/gen/proto/dir_client.c build/gen/proto/file_client.c build/gen/proto/socket_client.c
