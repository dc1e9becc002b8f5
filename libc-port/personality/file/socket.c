/* SPDX-License-Identifier: MIT */
/* Sockets: making, naming, connecting. A message to the socket's server each; a path costs the walk
 * to its node besides. */
#include "file/socket.h"

#include "core/text.h"
#include "core/user.h"
#include "file/target.h"
#include "file/tty.h"
#include "process/process.h"
#include "proto/file.h"
#include "proto/tty.h"

enum { FAMILY_SIZE = 2, PATH_SIZE = 108, OPTION_MAX = 256 };

struct file *socket_get(u32 fd, i64 *result)
{
	struct file *file = descriptor_get(fd);

	*result = !file ? -EBADF : 0;
	if (!file || (file_is(file, S_IFSOCK) && !(file->flags & O_PATH)))
		return file;
	*result = file->flags & O_PATH ? -EBADF : -ENOTSOCK;
	file_put(file);
	return NULL;
}

static i64 socket_result(struct file *file, err_t error)
{
	file_put(file);
	return error == E_INTR ? -ERESTART : error_result(error);
}

struct socket_address socket_who(u32 family)
{
	return (struct socket_address){
		family, { process_page->pid, process_page->ids.euid, process_page->ids.egid }
	};
}

/* --- making --- */

static i64 socket_add(cap_t cap, u32 type)
{
	struct file *file = file_create(cap, S_IFSOCK | 0777, O_RDWR, 0);

	return descriptor_add(file, 0, type & SOCK_CLOEXEC);
}

static i64 create_result(err_t error)
{
	return error == E_CAP || error == E_DEAD ? -EAFNOSUPPORT : error_result(error);
}

i64 posix_socket(const struct thread_regs *a)
{
	u32 type = (u32)a->rsi;
	cap_t cap;

	if (type & ~(u32)(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	err_t error = socket_create(PROCESS_SOCKET, (u32)a->rdi, type & ~(u32)SOCK_CLOEXEC,
	                            (u32)a->rdx, &cap);
	return error ? create_result(error) : socket_add(cap, type);
}

i64 posix_socketpair(const struct thread_regs *a)
{
	struct socket_address who = socket_who((u32)a->rdi);
	u32 type = (u32)a->rsi;
	cap_t first, second;

	if (type & ~(u32)(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if ((u32)a->rdx > AF_UNIX)
		return -EPROTONOSUPPORT;
	err_t error = socket_pair(PROCESS_SOCKET, type & ~(u32)SOCK_CLOEXEC, &who, &first, &second);
	if (error)
		return create_result(error);
	i64 one = socket_add(first, type), two = socket_add(second, type);
	i32 fds[2] = { (i32)one, (i32)two };
	i64 failed = one < 0 ? one : two < 0 ? two : 0;
	if (!failed && !user_write(a->r10, fds, sizeof(fds)))
		failed = -EFAULT;
	if (failed && one >= 0)
		(void)descriptor_close((u32)one);
	if (failed && two >= 0)
		(void)descriptor_close((u32)two);
	return failed;
}

/* --- addresses --- */

i64 sockaddr_read(struct sockaddr *out, u64 address, u64 size)
{
	if ((i32)size < 0 || (u32)size > SOCKET_NAME_MAX)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->size = (u32)size;
	return user_read(out, address, out->size) ? 0 : -EFAULT;
}

i64 sockaddr_write(u64 address, u64 length, const void *name, u64 size)
{
	u32 room, all = (u32)size;

	if (!address || !length)
		return 0;
	if (!user_read(&room, length, sizeof(room)))
		return -EFAULT;
	if ((i32)room < 0)
		return -EINVAL;
	if (!user_write(address, name, room < all ? room : all) ||
	    !user_write(length, &all, sizeof(all)))
		return -EFAULT;
	return 0;
}

static bool abstract(const struct sockaddr *address)
{
	return address->size > FAMILY_SIZE && !address->rest[0];
}

/* AF_UNIX, and not too long. */
static i64 unix_check(const struct sockaddr *address)
{
	return address->size < FAMILY_SIZE || address->size > FAMILY_SIZE + PATH_SIZE ||
	                       address->family != AF_UNIX
	               ? -EINVAL
	               : 0;
}

/* Where the path leads, by a walk with `walk->m`. */
static i64 path_walk(const struct sockaddr *address, struct walk *walk)
{
	struct place place;
	char path[PATH_MAX];
	u64 size = address->size - FAMILY_SIZE;

	memcpy(path, address->rest, size);
	path[size] = 0;
	i64 result = place_find(&place, AT_FDCWD, path);
	if (result)
		return result;
	err_t error = walk_path(walk, &place, path);
	place_done(&place);
	return error_result(error);
}

i64 sockaddr_node(const struct sockaddr *address, cap_t *node)
{
	struct walk walk = { 0 };
	i64 result = unix_check(address);

	if (result)
		return result;
	if (address->size == FAMILY_SIZE)
		return -EINVAL;
	if (abstract(address)) {
		err_t error = socket_find(PROCESS_SOCKET, address->rest + 1,
		                          address->size - FAMILY_SIZE - 1, node);
		return error_result(error);
	}
	walk.m.word[0] = CALL(2, 1); /* dir_open */
	walk.m.word[1] = O_WRONLY | DIR_OPEN_SOCKET;
	result = path_walk(address, &walk);
	*node = walk.m.cap[0];
	return result == -ENXIO ? -ECONNREFUSED : result;
}

/* A new node for a path. */
static i64 node_make(const struct sockaddr *address, cap_t *node)
{
	struct walk walk = { 0 };

	walk.m.word[0] = CALL(2, 3); /* dir_make */
	walk.m.word[1] = S_IFSOCK | (0777 & ~process_umask);
	i64 result = path_walk(address, &walk);
	if (result)
		return result == -EEXIST ? -EADDRINUSE : result;
	return sockaddr_node(address, node);
}

static void node_remove(const struct sockaddr *address)
{
	struct walk walk = { 0 };

	walk.m.word[0] = CALL(2, 4); /* dir_remove */
	(void)path_walk(address, &walk);
}

i64 posix_bind(const struct thread_regs *a)
{
	struct sockaddr address;
	cap_t node = 0;
	i64 result;
	struct file *file = socket_get((u32)a->rdi, &result);

	if (!file)
		return result;
	result = sockaddr_read(&address, a->rsi, a->rdx);
	if (!result)
		result = unix_check(&address);
	bool path = !result && address.size > FAMILY_SIZE && !abstract(&address);
	if (path)
		result = node_make(&address, &node);
	if (result) {
		file_put(file);
		return result;
	}
	/* What follows a path's zero is not part of it. */
	if (path)
		address.size = (u32)(FAMILY_SIZE + strlen(address.rest) + 1);
	err_t error = socket_bind(file->cap, node, &address, address.size);
	if (node)
		(void)cap_close(node);
	if (error && path)
		node_remove(&address);
	return socket_result(file, error);
}

i64 socket_name_write(cap_t name, u64 address, u64 length)
{
	char text[SOCKET_NAME_MAX];
	u64 size = 0;

	if (name) {
		err_t error = socket_name(name, SOCKET_OWN, text, sizeof(text), &size);
		(void)cap_close(name);
		if (error || size > sizeof(text))
			size = 0;
	}
	return sockaddr_write(address, length, text, size);
}

static i64 name_of(const struct thread_regs *a, u32 side)
{
	char text[SOCKET_NAME_MAX] = { AF_UNIX };
	u64 size = 0;
	i64 result;
	struct file *file = socket_get((u32)a->rdi, &result);

	if (!file)
		return result;
	err_t error = socket_name(file->cap, side, text, sizeof(text), &size);
	file_put(file);
	if (error)
		return error_result(error);
	if (!a->rsi || !a->rdx)
		return -EFAULT;
	if (!size || size > sizeof(text))
		size = FAMILY_SIZE; /* has no name */
	return sockaddr_write(a->rsi, a->rdx, text, size);
}

i64 posix_getsockname(const struct thread_regs *a) { return name_of(a, SOCKET_OWN); }
i64 posix_getpeername(const struct thread_regs *a) { return name_of(a, SOCKET_PEER); }

/* --- connections --- */

i64 posix_listen(const struct thread_regs *a)
{
	struct socket_address who = socket_who(AF_UNIX);
	i64 result;
	struct file *file = socket_get((u32)a->rdi, &result);

	return file ? socket_result(file, socket_listen(file->cap, (u32)a->rsi, &who)) : result;
}

i64 posix_connect(const struct thread_regs *a)
{
	struct sockaddr address;
	cap_t node = 0;
	i64 result;
	struct file *file = socket_get((u32)a->rdi, &result);

	if (!file)
		return result;
	result = sockaddr_read(&address, a->rsi, a->rdx);
	if (!result && address.size < FAMILY_SIZE)
		result = -EINVAL;
	if (!result && address.family != AF_UNSPEC)
		result = sockaddr_node(&address, &node);
	if (result) {
		file_put(file);
		return result;
	}
	struct socket_address to = socket_who(address.family);
	err_t error = INTERRUPTIBLE(socket_connect(file->cap, node, &to));
	if (node)
		(void)cap_close(node);
	return socket_result(file, error);
}

static i64 accept_any(const struct thread_regs *a, u32 flags)
{
	char name[SOCKET_NAME_MAX] = { AF_UNIX };
	u64 size = 0;
	cap_t cap;
	i64 result;

	if (flags & ~(u32)(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	struct file *file = socket_get((u32)a->rdi, &result);
	if (!file)
		return result;
	err_t error = INTERRUPTIBLE(socket_accept(file->cap, flags & SOCK_NONBLOCK, &cap));
	if (error)
		return socket_result(file, error);
	file_put(file);
	if (a->rsi) {
		error = socket_name(cap, SOCKET_PEER, name, sizeof(name), &size);
		size = error || !size || size > sizeof(name) ? FAMILY_SIZE : size;
		result = !a->rdx ? -EFAULT : sockaddr_write(a->rsi, a->rdx, name, size);
	}
	if (!result)
		return socket_add(cap, flags);
	(void)cap_close(cap);
	return result;
}

i64 posix_accept(const struct thread_regs *a) { return accept_any(a, 0); }
i64 posix_accept4(const struct thread_regs *a) { return accept_any(a, (u32)a->r10); }

i64 posix_shutdown(const struct thread_regs *a)
{
	i64 result;
	struct file *file = socket_get((u32)a->rdi, &result);

	return file ? socket_result(file, socket_shutdown(file->cap, (u32)a->rsi)) : result;
}

/* --- options --- */

i64 posix_setsockopt(const struct thread_regs *a)
{
	i64 result;
	struct file *file = socket_get((u32)a->rdi, &result);

	if (!file)
		return result;
	if ((i32)a->r8 < 0)
		return socket_result(file, E_INVAL);
	if (!user_range(a->r10, (u32)a->r8))
		return socket_result(file, E_FAULT);
	return socket_result(file, socket_option_set(file->cap, (u32)a->rsi, (u32)a->rdx,
	                                             (const void *)a->r10, (u32)a->r8));
}

i64 posix_getsockopt(const struct thread_regs *a)
{
	char value[OPTION_MAX];
	u32 room;
	u64 size = 0;
	i64 result;
	struct file *file = socket_get((u32)a->rdi, &result);

	if (!file)
		return result;
	if (!user_read(&room, a->r8, sizeof(room)))
		return socket_result(file, E_FAULT);
	if ((i32)room < 0)
		return socket_result(file, E_INVAL);
	err_t error =
	        socket_option_get(file->cap, (u32)a->rsi, (u32)a->rdx, value, sizeof(value), &size);
	if (error || size > sizeof(value))
		return socket_result(file, error ? error : E_MSG);
	file_put(file);
	if (a->rsi == SOL_SOCKET && a->rdx == SO_ERROR) {
		u32 number;
		memcpy(&number, value, sizeof(number));
		number = number ? (u32)error_number(number) : 0;
		memcpy(value, &number, sizeof(number));
	}
	u32 got = size < room ? (u32)size : room;
	return user_write(a->r10, value, got) && user_write(a->r8, &got, sizeof(got)) ? 0 : -EFAULT;
}

/* --- what came with a message --- */

struct file *socket_received(cap_t cap)
{
	struct file_stat st = { 0 };
	u32 flags = O_RDWR, number;

	if (file_stat(cap, &st, sizeof(st)))
		st.mode = 0;
	if (file_flags(cap, 0, 0, &flags))
		flags = O_RDWR;
	if (S_IS(st.mode, S_IFCHR)) {
		err_t error = tty_device(cap, &number);
		if (error != E_NOSYS && error != E_NOTSUP)
			st.mode |= TTY_MODE;
		if (!error && !tty_number(cap, &number))
			st.mode |= TTY_MASTER;
	}
	return file_create(cap, st.mode, flags, 0);
}
