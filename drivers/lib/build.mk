library := driver
sources := dma.c guard.c guard_copy.S mmio.c virtio_pci.c virtqueue.c
uses := rt
