/* SPDX-License-Identifier: MIT */
/* What file systems need beyond ../fake: a disk in a file, locks of a server without fibers, and
 * segments with a keeper. */
#pragma once

#include "../fake/fake.h"
#include "fs/ext/disk.h"

/* A disk whose contents are in the host's file. */
struct disk *fake_disk_open(const char *path);
void fake_disk_close(struct disk *disk);
/* After so many more transfers each fails; -1: none does. */
void fake_disk_fail_after(struct disk *disk, long count);
/* From now on transfers take their time, and end in any order when fake_disk_run says so: false if
 * none runs. */
void fake_disk_delay(struct disk *disk, u64 seed);
bool fake_disk_run(struct disk *disk);
u64 fake_disk_writes(const struct disk *disk);

/* A client touches the page at `offset` of a segment that it got: its bytes, or NULL and the
 * error. */
u8 *fake_touch(cap_t segment, u64 offset, err_t *error);
void fake_cap_close(cap_t cap);
