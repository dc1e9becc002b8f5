host_test := terminal
sources := ldisc_test.c servers/terminal/ldisc.c servers/terminal/ldisc_edit.c servers/terminal/ldisc_output.c
