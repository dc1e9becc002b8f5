host_test := terminal
sources := ldisc_input_test.c ldisc_test.c terminal_test.c session_test.c pty_test.c sweep_test.c terminal_world.c tests/host/servers/fake/fake.c
sources += servers/terminal/ldisc.c servers/terminal/ldisc_edit.c servers/terminal/ldisc_output.c
sources += servers/terminal/terminal.c servers/terminal/session.c servers/terminal/file.c servers/terminal/tty.c
sources += servers/terminal/pty.c servers/terminal/pts.c servers/lib/poll/poll.c
sources += build/gen/proto/file_server.c build/gen/proto/dir_server.c build/gen/proto/tty_server.c build/gen/proto/terminal_server.c
ldflags := -Wl,--wrap=calloc -Wl,--wrap=malloc
