host_test := gpt
sources := gpt_test.c drivers/block/virtio_blk/gpt.c
