library := driver
sources := dma.c mmio.c virtio_pci.c virtqueue.c
uses := rt
