server := procfs
sources := main.c tree.c table.c file.c look.c process.c status.c memory.c system.c machine.c
uses := rt fslib identity text
