host_test := virtio_blk
sources := disk_test.c client_test.c world.c device.c tests/host/drivers/fake/fake.c drivers/lib/virtqueue.c drivers/lib/dma.c
sources += drivers/block/virtio_blk/disk.c drivers/block/virtio_blk/transfer.c
sources += drivers/block/virtio_blk/client.c drivers/block/virtio_blk/gpt.c
