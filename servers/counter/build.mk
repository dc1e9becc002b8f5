server := counter
sources := main.c serve.c counter.c timer.c
uses := rt poll anonymous
