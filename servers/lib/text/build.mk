library := text
sources := text.c window.c
uses := rt
