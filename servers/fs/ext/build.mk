server := ext
sources := main.c ops.c super.c group.c alloc.c inode.c map.c indirect.c extent.c extent_change.c
sources += file.c dir.c dir_index.c dir_recall.c names.c rename.c orphan.c cache.c disk.c
uses := fslib identity
