/* SPDX-License-Identifier: MIT */
/* What the tests of Linux's own system calls share. */
#pragma once

#include "../posix/posix.h"

#define BAD_ADDRESS ((void *)8)

/* What /proc says of a descriptor. */
__attribute__((unused)) static const char *name_of(int fd)
{
	static char text[PATH_MAX];
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, text, sizeof(text) - 1);
	text[size < 0 ? 0 : size] = 0;
	return text;
}
