library := poll
sources := poll.c
uses := rt
