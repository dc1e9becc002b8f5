/* SPDX-License-Identifier: MIT */
/* Sending and receiving messages: one message to the server, one copy between the program's buffer
 * and the server's queue. Several buffers are put together first. Capabilities for open files go
 * with the message itself; more than three in a parcel. */
#include "core/call.h"
#include "core/text.h"
#include "core/user.h"
#include "file/position.h"
#include "file/socket.h"
#include "file/vector.h"
#include "process/process.h"
#include "process/signal.h"

enum {
	GATHER_SMALL = 2048,
	GATHER_MAX = 256 << 10, /* of one message; streams go on with the next */
	CONTROL_MAX = 20480,
	FLAGS_PASSED = MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_EOR | MSG_WAITALL,
	FLAGS_TOLD = MSG_TRUNC | MSG_CTRUNC | MSG_EOR,
};

static i64 message_result(err_t error, u32 flags)
{
	if (error == E_PIPE && !(flags & MSG_NOSIGNAL))
		signal_self(SIGPIPE, SI_USER);
	return error == E_INTR ? -ERESTART : error_result(error);
}

/* --- one buffer for a message of several --- */

struct gather {
	u64 address, size;
	u64 mapped; /* bytes to be unmapped when done */
};

static i64 gather_map(struct gather *gather, u64 size)
{
	i64 address = posix_mmap(&(struct thread_regs){ .rsi = size,
	                                                .rdx = PROT_READ | PROT_WRITE,
	                                                .r10 = MMAP_PRIVATE | MMAP_ANONYMOUS,
	                                                .r8 = UINT64_MAX });

	if (address < 0 && address > -4096)
		return -ENOBUFS;
	*gather = (struct gather){ (u64)address, size, size };
	return 0;
}

/* `small` has room for GATHER_SMALL bytes. Without copying if there is only one buffer. */
static i64 gather_start(struct gather *gather, const struct vector *vector, char *small)
{
	struct linux_iovec entry;

	*gather = (struct gather){ (u64)small, vector->total, 0 };
	if (vector->count == 1) {
		i64 result = vector_entry(vector, 0, &entry);
		*gather = (struct gather){ entry.base, entry.size, 0 };
		return result ? result : user_range(entry.base, entry.size) ? 0 : -EFAULT;
	}
	if (vector->total <= GATHER_SMALL)
		return 0;
	return gather_map(gather, vector->total < GATHER_MAX ? vector->total : GATHER_MAX);
}

static void gather_end(const struct gather *gather)
{
	if (gather->mapped)
		(void)posix_munmap(
		        &(struct thread_regs){ .rdi = gather->address, .rsi = gather->mapped });
}

/* --- control data --- */

struct control {
	u32 count;
	bool credentials;
	struct linux_ucred who;
	struct file *files[SOCKET_RIGHTS_MAX];
};

static void control_end(struct control *control)
{
	for (u32 i = 0; i < control->count; i++)
		file_put(control->files[i]);
	control->count = 0;
}

static i64 control_files(struct control *control, u64 data, u64 size)
{
	for (u64 at = 0; at + sizeof(i32) <= size; at += sizeof(i32)) {
		i32 fd;
		if (control->count == SOCKET_RIGHTS_MAX)
			return -EINVAL;
		if (!user_read(&fd, data + at, sizeof(fd)))
			return -EFAULT;
		struct file *file = descriptor_get((u32)fd);
		if (!file)
			return -EBADF;
		control->files[control->count++] = file;
	}
	return 0;
}

/* A process may name itself only; who may do more may lie. */
static i64 control_credentials(struct control *control, u64 data, u64 size)
{
	struct linux_ucred *who = &control->who;

	if (size != sizeof(*who))
		return -EINVAL;
	if (!user_read(who, data, sizeof(*who)))
		return -EFAULT;
	control->credentials = true;
	bool own = (u32)who->pid == process_page->pid &&
	           (who->uid == process_page->ids.uid || who->uid == process_page->ids.euid) &&
	           (who->gid == process_page->ids.gid || who->gid == process_page->ids.egid);
	return own || !process_page->ids.euid ? 0 : -EPERM;
}

static i64 control_read(struct control *control, u64 address, u64 size)
{
	struct linux_cmsghdr head;
	i64 result = 0;

	control->count = 0;
	control->credentials = false;
	if (size > CONTROL_MAX)
		return -ENOBUFS;
	for (u64 at = 0; !result && at + sizeof(head) <= size; at += (head.size + 7) & ~7ull) {
		u64 data = address + at + sizeof(head);
		if (!user_read(&head, address + at, sizeof(head)))
			result = -EFAULT;
		else if (head.size < sizeof(head) || head.size > size - at)
			result = -EINVAL;
		else if (head.level != SOL_SOCKET)
			continue;
		else if (head.type == SCM_RIGHTS)
			result = control_files(control, data, head.size - sizeof(head));
		else if (head.type == SCM_CREDENTIALS)
			result = control_credentials(control, data, head.size - sizeof(head));
		else
			result = -EINVAL;
	}
	if (result)
		control_end(control);
	return result;
}

/* The capabilities of a message, in itself or in a parcel. */
static err_t control_rights(const struct control *control, cap_t rights[SOCKET_RIGHTS], u32 *flags)
{
	cap_t parcel, cap[MSG_CAPS];

	memset(rights, 0, SOCKET_RIGHTS * sizeof(*rights));
	for (u32 i = 0; i < control->count; i++)
		position_publish(control->files[i]);
	if (control->count <= SOCKET_RIGHTS) {
		for (u32 i = 0; i < control->count; i++)
			rights[i] = control->files[i]->cap;
		return OK;
	}
	err_t error = socket_parcel(PROCESS_SOCKET, &parcel);
	for (u32 i = 0; !error && i < control->count; i += MSG_CAPS) {
		for (u32 k = 0; k < MSG_CAPS; k++)
			cap[k] = i + k < control->count ? control->files[i + k]->cap : 0;
		error = socket_parcel_put(parcel, cap[0], cap[1], cap[2], cap[3]);
		if (error)
			(void)cap_close(parcel);
	}
	if (error)
		return error;
	rights[0] = parcel;
	*flags |= SOCKET_PARCEL;
	return OK;
}

/* --- sending --- */

struct send {
	struct file *file;
	u32 flags;
	cap_t node;
	struct socket_address who;
	const struct control *control; /* NULL: none */
};

static i64 send_part(const struct send *send, u64 address, u64 size, bool first, u64 *count)
{
	cap_t right[SOCKET_RIGHTS] = { 0 };
	u32 flags = send->flags & FLAGS_PASSED;
	err_t error = OK;

	if (first && send->control && send->control->count)
		error = control_rights(send->control, right, &flags);
	if (error)
		return error_result(error);
	/* A parcel is emptied by the server: such a call begins anew from its start. */
	bool parcel = flags & SOCKET_PARCEL;
	if (parcel && !user_touch(address, size, false))
		error = E_FAULT;
	do {
		interruptible_begin();
		if (!error)
			error = socket_send(send->file->cap, flags, &send->who, send->node,
			                    right[0], right[1], right[2], (const void *)address,
			                    size, count);
		interruptible_end();
	} while (error == E_INTR && !signal_interrupts() && !parcel);
	if (parcel)
		(void)cap_close(right[0]);
	return message_result(error, send->flags);
}

/* All of it: a stream's server may take less at a time. */
static i64 send_all(const struct send *send, u64 address, u64 size)
{
	u64 done = 0, count;
	i64 result;

	if (size > IO_SIZE_MAX)
		size = IO_SIZE_MAX;
	do {
		count = 0;
		result = send_part(send, address + done, size - done, !done, &count);
		done += result ? 0 : count;
	} while (!result && count && done < size);
	return done ? (i64)done : result;
}

static __attribute__((noinline)) i64 send_vector(const struct send *send, struct vector *vector)
{
	char small[GATHER_SMALL];
	struct gather gather;
	i64 result = gather_start(&gather, vector, small);

	if (result)
		return result;
	if (vector->count != 1)
		result = vector_copy(vector, (char *)gather.address, gather.size, false);
	if (!result)
		result = send_all(send, gather.address, gather.size);
	gather_end(&gather);
	return result;
}

/* Find the address, if there is one. */
static i64 send_start(struct send *send, u64 name, u64 name_size)
{
	struct sockaddr address;

	send->node = 0;
	send->who = socket_who(AF_UNIX);
	if (!name || !name_size)
		return 0;
	i64 result = sockaddr_read(&address, name, name_size);
	return result ? result : sockaddr_node(&address, &send->node);
}

static void send_end(const struct send *send)
{
	if (send->node)
		(void)cap_close(send->node);
	file_put(send->file);
}

i64 posix_sendto(const struct thread_regs *a)
{
	i64 result;
	struct send send = { .file = socket_get((u32)a->rdi, &result), .flags = (u32)a->r10 };

	if (!send.file)
		return result;
	result = user_range(a->rsi, a->rdx) ? send_start(&send, a->r8, a->r9) : -EFAULT;
	if (!result)
		result = send_all(&send, a->rsi, a->rdx);
	send_end(&send);
	return result;
}

static __attribute__((noinline)) i64 send_control(struct send *send, struct vector *vector,
                                                  const struct linux_msghdr *header)
{
	struct control control;
	i64 result = control_read(&control, header->control, header->control_size);

	if (result)
		return result;
	if (control.credentials) {
		send->who.word[0] = (u32)control.who.pid;
		send->who.word[1] = control.who.uid;
		send->who.word[2] = control.who.gid;
	}
	send->control = &control;
	result = send_vector(send, vector);
	send->control = NULL;
	control_end(&control);
	return result;
}

static i64 send_message(u32 fd, const struct linux_msghdr *header, u32 flags)
{
	struct vector vector = { .address = header->vector, .count = header->vector_count };
	i64 result;
	struct send send = { .file = socket_get(fd, &result), .flags = flags };

	if (!send.file)
		return result;
	result = header->vector_count > IOV_MAX ? -EMSGSIZE : vector_check(&vector);
	if (!result)
		result = send_start(&send, header->name, header->name_size);
	if (!result)
		result = header->control && header->control_size
		                 ? send_control(&send, &vector, header)
		                 : send_vector(&send, &vector);
	send_end(&send);
	return result;
}

i64 posix_sendmsg(const struct thread_regs *a)
{
	struct linux_msghdr header;

	if (!user_read(&header, a->rsi, sizeof(header)))
		return -EFAULT;
	return send_message((u32)a->rdi, &header, (u32)a->rdx);
}

i64 posix_sendmmsg(const struct thread_regs *a)
{
	u64 count = (u32)a->rdx < IOV_MAX ? (u32)a->rdx : IOV_MAX, i;
	i64 result = 0;

	for (i = 0; i < count; i++) {
		struct linux_mmsghdr message;
		u64 address = a->rsi + i * sizeof(message);
		result = -EFAULT;
		if (user_read(&message, address, sizeof(message)))
			result = send_message((u32)a->rdi, &message.header, (u32)a->r10);
		u32 size = (u32)result;
		if (result >= 0 && !user_write(address + offsetof(struct linux_mmsghdr, size),
		                               &size, sizeof(size)))
			result = -EFAULT;
		if (result < 0)
			break;
	}
	return i ? (i64)i : result;
}

/* --- receiving --- */

struct receive {
	struct file *file;
	u32 flags, wanted; /* MSG_*; SOCKET_WANT_* */
	u64 count;
	u32 got;
	struct socket_address from;
	cap_t name, right[SOCKET_RIGHTS];
};

static i64 receive_into(struct receive *r, u64 address, u64 size)
{
	if (!user_range(address, size) || (size && !user_touch(address, 1, true)))
		return -EFAULT;
	if (size > IO_SIZE_MAX)
		size = IO_SIZE_MAX;
	err_t error = INTERRUPTIBLE(socket_receive(
	        r->file->cap, (r->flags & FLAGS_PASSED) | r->wanted, (void *)address, size,
	        &r->count, &r->got, &r->from, &r->name, &r->right[0], &r->right[1], &r->right[2]));
	return message_result(error, MSG_NOSIGNAL);
}

static __attribute__((noinline)) i64 receive_vector(struct receive *r, struct vector *vector)
{
	char small[GATHER_SMALL];
	struct gather gather;
	i64 result = gather_start(&gather, vector, small);

	if (result)
		return result;
	result = receive_into(r, gather.address, gather.size);
	u64 size = r->count < gather.size ? r->count : gather.size;
	if (!result && vector->count != 1)
		result = vector_copy(vector, (char *)gather.address, size, true);
	gather_end(&gather);
	return result;
}

i64 posix_recvfrom(const struct thread_regs *a)
{
	i64 result;
	struct receive r = { .file = socket_get((u32)a->rdi, &result), .flags = (u32)a->r10 };

	if (!r.file)
		return result;
	r.wanted = a->r8 ? SOCKET_WANT_NAME : 0;
	result = receive_into(&r, a->rsi, a->rdx);
	file_put(r.file);
	if (!result && a->r8)
		result = socket_name_write(r.name, a->r8, a->r9);
	return result ? result : (i64)r.count;
}

/* --- what came along --- */

struct control_out {
	u64 address, room, used;
	u32 flags; /* of the descriptors */
	bool lost;
};

static bool control_put(struct control_out *out, i32 type, const void *data, u64 size)
{
	struct linux_cmsghdr head = { sizeof(head) + size, SOL_SOCKET, type };
	u64 at = out->address + out->used;

	if (head.size > out->room - out->used) {
		out->lost = true;
		return true;
	}
	if (!user_write(at, &head, sizeof(head)) || !user_write(at + sizeof(head), data, size))
		return false;
	out->used += (head.size + 7) & ~7ull;
	if (out->used > out->room)
		out->used = out->room;
	return true;
}

/* A descriptor for what came, or -1: there is none left. */
static i32 control_descriptor(cap_t cap, u32 flags)
{
	struct file *file = socket_received(cap);
	i64 fd = file ? descriptor_add(file, 0, flags & MSG_CMSG_CLOEXEC) : -EMFILE;

	return fd < 0 ? -1 : (i32)fd;
}

static void control_take(struct control_out *out, cap_t cap, i32 *fds, u32 *count)
{
	u64 room = out->room - out->used;
	i32 fd = -1;

	if (room < sizeof(struct linux_cmsghdr) + (*count + 1) * sizeof(i32) ||
	    *count == SOCKET_RIGHTS_MAX)
		(void)cap_close(cap);
	else
		fd = control_descriptor(cap, out->flags);
	if (fd >= 0)
		fds[(*count)++] = fd;
	else
		out->lost = true;
}

static __attribute__((noinline)) bool control_descriptors(struct control_out *out,
                                                          const struct receive *r)
{
	i32 fds[SOCKET_RIGHTS_MAX];
	u32 count = 0;
	cap_t cap[MSG_CAPS];

	if (!(r->got & SOCKET_PARCEL)) {
		for (u32 i = 0; i < SOCKET_RIGHTS; i++)
			if (r->right[i])
				control_take(out, r->right[i], fds, &count);
	} else {
		while (!socket_parcel_take(r->right[0], &cap[0], &cap[1], &cap[2], &cap[3]) &&
		       cap[0]) {
			for (u32 i = 0; i < MSG_CAPS; i++)
				if (cap[i])
					control_take(out, cap[i], fds, &count);
		}
		(void)cap_close(r->right[0]);
	}
	return !count || control_put(out, SCM_RIGHTS, fds, count * sizeof(fds[0]));
}

static i64 control_write(struct linux_msghdr *header, const struct receive *r)
{
	struct control_out out = { .address = header->control,
		                   .room = header->control ? header->control_size : 0,
		                   .flags = r->flags };
	struct linux_ucred who = { (i32)r->from.word[0], r->from.word[1], r->from.word[2] };
	bool fine = true;

	if (r->got & SOCKET_CREDENTIALS)
		fine = control_put(&out, SCM_CREDENTIALS, &who, sizeof(who));
	if (r->right[0])
		fine &= control_descriptors(&out, r);
	header->control_size = out.used;
	header->flags =
	        (r->got & FLAGS_TOLD) | (r->flags & MSG_CMSG_CLOEXEC) | (out.lost ? MSG_CTRUNC : 0);
	return fine ? 0 : -EFAULT;
}

static i64 receive_header(struct receive *r, struct linux_msghdr *header, u64 address)
{
	u64 name_size = address + offsetof(struct linux_msghdr, name_size);
	u64 control_size = address + offsetof(struct linux_msghdr, control_size);
	u64 flags = address + offsetof(struct linux_msghdr, flags);
	i64 result = 0;

	if (header->name)
		result = socket_name_write(r->name, header->name, name_size);
	i64 control = control_write(header, r);
	if (result || control)
		return result ? result : control;
	return user_write(control_size, &header->control_size, sizeof(u64)) &&
	                       user_write(flags, &header->flags, sizeof(u32))
	               ? 0
	               : -EFAULT;
}

static i64 receive_message(u32 fd, u64 address, u32 flags)
{
	struct linux_msghdr header;
	i64 result;

	if (!user_read(&header, address, sizeof(header)))
		return -EFAULT;
	struct vector vector = { .address = header.vector, .count = header.vector_count };
	if (header.vector_count > IOV_MAX)
		return -EMSGSIZE;
	result = vector_check(&vector);
	if (result)
		return result;
	struct receive r = { .file = socket_get(fd, &result), .flags = flags };
	if (!r.file)
		return result;
	r.wanted = (header.name ? SOCKET_WANT_NAME : 0) |
	           (header.control && header.control_size >= sizeof(struct linux_cmsghdr)
	                    ? SOCKET_WANT_RIGHTS
	                    : 0);
	result = receive_vector(&r, &vector);
	file_put(r.file);
	if (!result)
		result = receive_header(&r, &header, address);
	return result ? result : (i64)r.count;
}

i64 posix_recvmsg(const struct thread_regs *a)
{
	return receive_message((u32)a->rdi, a->rsi, (u32)a->rdx);
}

i64 posix_recvmmsg(const struct thread_regs *a)
{
	u64 count = (u32)a->rdx < IOV_MAX ? (u32)a->rdx : IOV_MAX, i, deadline;
	u32 flags = (u32)a->r10;
	i64 result = time_deadline(a->r8, false, CLOCK_MONOTONIC, &deadline);

	if (result)
		return result;
	for (i = 0; i < count; i++) {
		u64 address = a->rsi + i * sizeof(struct linux_mmsghdr);
		result = receive_message((u32)a->rdi, address, flags & ~(u32)MSG_WAITFORONE);
		u32 size = (u32)result;
		if (result >= 0 && !user_write(address + offsetof(struct linux_mmsghdr, size),
		                               &size, sizeof(size)))
			result = -EFAULT;
		if (result < 0)
			break;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != DEADLINE_NEVER && time_monotonic() >= deadline) {
			i++;
			break;
		}
	}
	return i ? (i64)i : result;
}
