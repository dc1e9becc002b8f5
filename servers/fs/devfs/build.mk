server := devfs
sources := main.c tree.c device.c random.c chacha.c entropy.c
uses := rt fslib identity
