driver := pci
sources := main.c bus.c config.c function.c interrupt.c
uses := rt driver
