/* SPDX-License-Identifier: MIT */
/* tmpfs: files in memory. Arguments: size=BYTES[K|M] (without it, half of what the bank can get),
 * mode=OCTAL of the root directory.
 *
 * With a capability "archive", a segment with a tar archive, it begins with those files, and is the
 * root of the system: for the rescue shell. */
#include <stdlib.h>
#include <string.h>

#include "abi/thread.h"
#include "lib/identity/identity.h"
#include "proto/supervisor.h"
#include "tmpfs.h"

enum { OTHER_PAGES = 32 }; /* of the bank, for what is not files */

static struct tmpfs tmpfs;

static u64 size_read(const char *text)
{
	char *end;
	u64 size = strtoull(text, &end, 10);

	if (*end == 'K')
		size <<= 10;
	else if (*end == 'M')
		size <<= 20;
	return size / PAGE_SIZE;
}

static u64 size_default(void)
{
	u64 pages;

	if (bank_read(RT_BANK, BANK_AVAILABLE, &pages) || pages < 2 * OTHER_PAGES)
		return OTHER_PAGES;
	return (pages - OTHER_PAGES) / 2;
}

static void unpack(cap_t archive)
{
	u64 size = 0;
	err_t error = segment_read(archive, SEGMENT_SIZE, &size);
	char *data = error ? NULL : rt_map(archive, 0, size, ACCESS_READ);

	if (!data)
		rt_fail("cannot map the archive");
	error = archive_unpack(&tmpfs, data, size);
	if (error)
		rt_fail("the archive cannot be unpacked: %s", rt_error_text(error));
	rt_unmap(data, size);
	error = cap_close(archive);
	if (error)
		rt_log("cannot give the archive back: %s", rt_error_text(error));
}

int main(int argc, char **argv)
{
	static struct server server = { .requests = 64, .fibers = 8 };
	u64 limit = size_default();
	u32 mode = 0755;
	cap_t archive = rt_cap("archive");

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "size=", 5))
			limit = size_read(argv[i] + 5);
		else if (!strncmp(argv[i], "mode=", 5))
			mode = (u32)strtoul(argv[i] + 5, NULL, 8);
		else
			rt_fail("unknown argument: %s", argv[i]);
	}
	if (tmpfs_start(&tmpfs, limit, mode))
		rt_fail("no memory to start with");
	tmpfs.fs.dev = 0x100000 + (rt_now() & 0xffff);
	tmpfs.fs.top = archive != 0;
	tmpfs.fs.pipe = rt_cap("pipe");
	tmpfs.fs.socket = rt_cap("socket");
	tmpfs.fs.counter = rt_cap("counter");
	if (archive)
		unpack(archive);
	tmpfs.fs.accept = identity_accept;
	fs_init(&tmpfs.fs);
	fs_serve_with(&tmpfs.fs, &server);
	err_t error = rt_server_start(&server);
	if (error)
		rt_fail("cannot start: %s", rt_error_text(error));
	error = supervisor_ready(rt_cap("supervisor"));
	if (error)
		rt_log("the supervisor does not answer: %s", rt_error_text(error));
	rt_server_loop(&server);
}
