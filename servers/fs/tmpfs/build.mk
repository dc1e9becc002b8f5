server := tmpfs
sources := main.c names.c contents.c pages.c archive.c
uses := fslib identity
