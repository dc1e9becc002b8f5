/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct world world;
u32 world_cache = 256;

void world_make_image(const char *options, const char *size)
{
	snprintf(world.image, sizeof(world.image), "/tmp/drove-ext-%d.img", getpid());
	snprintf(world.folder, sizeof(world.folder), "/tmp/drove-ext-%d.dir", getpid());
	CHECK_EQ(host("rm -rf %s %s; mkdir %s", world.image, world.folder, world.folder), 0);
	CHECK_EQ(host("/sbin/mke2fs -q -F %s %s %s >/dev/null 2>&1", options, world.image, size),
	         0);
}

err_t world_try_mount(bool readonly, const char **why)
{
	world.disk = fake_disk_open(world.image);
	err_t error = ext_mount(&world.ext, world.disk, world_cache, readonly, why);
	if (error) {
		ext_unmount(&world.ext);
		fake_disk_close(world.disk);
		return error;
	}
	fake_reset(NULL, NULL);
	world.ext.fs.top = true;
	fs_init(&world.ext.fs);
	fs_serve_with(&world.ext.fs, &fake.server);
	world.mounted = true;
	return OK;
}

void world_mount(void)
{
	const char *why;

	if (world_try_mount(false, &why))
		TEST_FAIL("cannot mount: %s", why);
}

void world_make(const char *options, const char *size)
{
	world_make_image(options, size);
	world_mount();
}

void world_drop(void)
{
	fs_stop(&world.ext.fs);
	ext_unmount(&world.ext);
	fake_disk_close(world.disk);
	world.mounted = false;
}

int world_fsck(const char *options)
{
	return host("/sbin/e2fsck %s %s > %s.fsck 2>&1", options, world.image, world.folder);
}

void world_check(void)
{
	CHECK_EQ(w_sync(), OK);
	world_drop();
	int status = world_fsck("-fn");
	if (status)
		host("sed 's/^/# /' %s.fsck", world.folder);
	CHECK_EQ(status, 0);
	CHECK_EQ(host("/sbin/dumpe2fs -h %s 2>/dev/null | grep -q 'state: *clean$'", world.image),
	         0);
	world_mount();
}

void world_end(void)
{
	if (world.mounted)
		world_drop();
	host("rm -rf %s %s %s.fsck", world.image, world.folder, world.folder);
}

static const char *const kind_of_tests =
        "-t ext4 -b 4096 -O "
        "^has_journal,^metadata_csum,^64bit,^dir_index,^orphan_file,^resize_inode,^huge_file";

void world_begin(void) { world_make(kind_of_tests, "16M"); }

void world_finish(void)
{
	world_check();
	world_end();
}
