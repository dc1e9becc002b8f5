server := counter
sources := main.c serve.c counter.c timer.c notify.c ring.c
uses := rt poll anonymous
