server := supervisor
sources := main.c boot.c child.c gate.c authority.c service.c
uses := start manifest elf text rt
