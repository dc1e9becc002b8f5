library := anonymous
sources := anonymous.c
uses := rt
