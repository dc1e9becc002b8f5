server := proc
sources := main.c table.c birth.c wait.c signal.c group.c info.c start.c
uses := rt
