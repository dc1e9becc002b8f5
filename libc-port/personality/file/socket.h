/* SPDX-License-Identifier: MIT */
/* What the socket calls share. */
#pragma once

#include "file/descriptor.h"
#include "proto/socket.h"

/* A sockaddr from the program. */
struct sockaddr {
	u16 family;
	char rest[SOCKET_NAME_MAX - 2];
	u32 size;
};

/* The file behind `fd` if it is a socket: *result is 0 then, else -EBADF or -ENOTSOCK. */
struct file *socket_get(u32 fd, i64 *result);

/* 0, -EINVAL or -EFAULT. */
i64 sockaddr_read(struct sockaddr *out, u64 address, u64 size);
/* A sockaddr of `size` bytes to the program, cut off at *length bytes, and its size to `length`
 * (addresses of the program; 0: not wanted). */
i64 sockaddr_write(u64 address, u64 length, const void *name, u64 size);
/* The node that an AF_UNIX address leads to. 0 or a negative number. */
i64 sockaddr_node(const struct sockaddr *address, cap_t *node);

/* Who calls, as peers are told. */
struct socket_address socket_who(u32 family);

/* A gate that came with a message, as an open file; NULL: too many. */
struct file *socket_received(cap_t cap);

/* The address of the message's sender to the program; closes `name`. */
i64 socket_name_write(cap_t name, u64 address, u64 length);
