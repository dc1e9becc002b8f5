driver := uart16550
sources := main.c line.c uart.c
uses := rt
