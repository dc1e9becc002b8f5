server := socket
sources := main.c serve.c socket.c connect.c transfer.c wait.c rights.c node.c option.c
uses := rt poll anonymous
