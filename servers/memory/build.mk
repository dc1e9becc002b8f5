server := memory
sources := main.c book.c report.c
uses := rt text
