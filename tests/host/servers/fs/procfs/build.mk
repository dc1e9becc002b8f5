host_test := procfs
sources := look_test.c servers/fs/procfs/look.c servers/fs/procfs/memory.c servers/fs/procfs/status.c servers/lib/text/window.c
