server := memory
sources := main.c report.c node.c
uses := rt
