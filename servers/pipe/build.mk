server := pipe
sources := main.c serve.c pipe.c fifo.c ring.c buffer.c
uses := rt poll anonymous
