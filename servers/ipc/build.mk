server := ipc
sources := main.c serve.c queue.c
uses := rt
