host_test := virtqueue
sources := virtqueue_test.c tests/host/drivers/fake/fake.c drivers/lib/virtqueue.c drivers/lib/dma.c
