host_test := ipc
sources := ipc_test.c sweep_test.c semaphore_test.c ipc_world.c tests/host/servers/fake/fake.c
sources += servers/ipc/serve.c servers/ipc/object.c servers/ipc/wait.c servers/ipc/queue.c servers/ipc/semaphore.c servers/ipc/memory.c build/gen/proto/ipc_server.c
