host_test := exec
sources := world.c exec_test.c script_test.c hostile_test.c
sources += servers/exec/load.c servers/exec/request.c servers/exec/file.c servers/exec/script.c servers/exec/image.c
sources += servers/exec/stack.c servers/exec/personality.c servers/exec/plan.c servers/exec/random.c servers/lib/elf/elf.c
sources += build/gen/proto/exec_server.c
