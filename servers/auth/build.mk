server := auth
sources := main.c serve.c table.c rules.c ticket.c
uses := rt
