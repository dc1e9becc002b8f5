server := terminal
sources := main.c file.c tty.c pty.c pts.c terminal.c session.c kill.c serial.c messages.c
sources += ldisc.c ldisc_edit.c ldisc_output.c
uses := rt poll
