/* SPDX-License-Identifier: MIT */
/* What the devices do that devfs serves itself: null, zero, full, random, kmsg. */
#pragma once

#include "fs/lib/fs.h"
#include "random.h"

enum device {
	DEVICE_NONE, /* a directory, or a node where another server is attached */
	DEVICE_NULL,
	DEVICE_ZERO,
	DEVICE_FULL,
	DEVICE_RANDOM,
	DEVICE_LOG, /* kmsg: the log of kernel and servers */
};

/* What all of them need; set once at the start. */
struct devices {
	struct random random;
	cap_t log; /* 0: kmsg is empty */
};
extern struct devices devices;

void devices_start(cap_t log);
/* For node->file_ops of a device. The open file's node is a struct dev_node (tree.h). */
const struct file_ops *device_file_ops(void);
