server := sigma0
sources := entry.S begin.c main.c
uses := start manifest elf rt
