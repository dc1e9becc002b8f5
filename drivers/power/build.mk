driver := power
sources := main.c acpi.c machine.c
uses := rt driver
