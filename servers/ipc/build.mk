server := ipc
sources := main.c serve.c object.c wait.c queue.c semaphore.c memory.c
uses := rt identity
