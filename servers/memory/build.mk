server := memory
sources := main.c serve.c book.c report.c
uses := rt text
