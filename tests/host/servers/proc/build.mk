host_test := proc
sources := world.c client.c wait_test.c signal_test.c group_test.c birth_test.c model_test.c
sources += servers/proc/serve.c servers/proc/table.c servers/proc/account.c servers/proc/birth.c servers/proc/end.c
sources += servers/proc/wait.c servers/proc/signal.c servers/proc/group.c servers/proc/limit.c servers/proc/machine.c servers/proc/info.c servers/proc/inspect.c
sources += servers/proc/start.c servers/proc/identity.c servers/lib/identity/identity.c servers/lib/text/text.c servers/lib/text/window.c
sources += build/gen/proto/process_client.c build/gen/proto/process_server.c build/gen/proto/file_server.c build/gen/proto/inspect_server.c
sources += build/gen/proto/dir_server.c
