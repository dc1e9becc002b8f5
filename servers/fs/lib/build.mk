library := fslib
sources := serve.c node.c identity.c open.c walk.c dir.c dir_open.c dir_names.c dir_move.c attributes.c file.c io.c list.c lock.c map.c watch.c
