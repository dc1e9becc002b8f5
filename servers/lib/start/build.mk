library := start
sources := start.c bundle.c
uses := elf rt
