driver := virtio_blk
sources := main.c client.c disk.c gpt.c transfer.c
uses := rt driver
