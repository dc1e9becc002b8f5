host_test := ipc
sources := ipc_test.c sweep_test.c ipc_world.c tests/host/servers/fake/fake.c
sources += servers/ipc/serve.c servers/ipc/queue.c build/gen/proto/ipc_server.c
