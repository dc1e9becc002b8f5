host_test := devfs
sources := devfs_test.c random_test.c tests/host/servers/fake/fake.c
sources += servers/fs/devfs/tree.c servers/fs/devfs/device.c servers/fs/devfs/random.c servers/fs/devfs/chacha.c servers/fs/devfs/entropy.c
sources += servers/fs/lib/node.c build/gen/proto/file_server.c
