server := terminal
sources := main.c file.c terminal.c session.c kill.c serial.c messages.c
sources += ldisc.c ldisc_edit.c ldisc_output.c
uses := rt poll
