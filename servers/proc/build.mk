server := proc
sources := main.c serve.c table.c account.c birth.c end.c wait.c signal.c group.c limit.c machine.c info.c inspect.c start.c
sources += identity.c
uses := rt text identity
