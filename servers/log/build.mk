server := log
sources := main.c
uses := rt
