/* SPDX-License-Identifier: MIT */
/* Linux's capabilities: root has all of them. What a process gives up is remembered, so that it is
 * told what it expects; permission is checked by identity alone. */
#include "core/call.h"
#include "core/lock.h"
#include "core/user.h"
#include "process/process.h"

#define CAPABILITY_VERSION_1 0x19980330u
#define CAPABILITY_VERSION_2 0x20071026u
#define CAPABILITY_VERSION_3 0x20080522u
#define CAPABILITY_ALL       ((1ull << 41) - 1)

struct capability_header {
	u32 version;
	i32 pid;
};
struct capability_data {
	u32 effective, permitted, inheritable;
};
struct capabilities {
	u64 effective, permitted, inheritable;
};

/* Of a process that has changed them. */
static struct capabilities changed;
static bool is_changed;

static struct capabilities capabilities_now(void)
{
	u64 all = process_page->ids.euid ? 0 : CAPABILITY_ALL;

	return is_changed ? changed : (struct capabilities){ all, all, 0 };
}

/* How many 32-bit words a set has: 0, or -EINVAL and the version that is known is written. */
static i64 header_read(u64 address, struct capability_header *header, u32 *words)
{
	u32 known = CAPABILITY_VERSION_3;

	if (!user_read(header, address, sizeof(*header)))
		return -EFAULT;
	*words = header->version == CAPABILITY_VERSION_1 ? 1 : 2;
	if (header->version == CAPABILITY_VERSION_1 || header->version == CAPABILITY_VERSION_2 ||
	    header->version == CAPABILITY_VERSION_3)
		return 0;
	return user_write(address, &known, sizeof(known)) ? -EINVAL : -EFAULT;
}

static bool is_own(i32 pid)
{
	lock_take(&process_lock);
	bool own = !pid || (u32)pid == process_page->pid || thread_find((u32)pid);
	lock_give(&process_lock);
	return own;
}

i64 posix_capget(const struct thread_regs *a)
{
	struct capability_header header;
	struct capability_data data[2];
	u32 words;
	i64 result = header_read(a->rdi, &header, &words);

	if (result || !a->rsi)
		return result == -EINVAL && !a->rsi ? 0 : result;
	if (header.pid < 0)
		return -EINVAL;
	if (!is_own(header.pid) && process_kill(PROCESS_PROCESS, header.pid, 0))
		return -ESRCH;
	struct capabilities now = capabilities_now();
	for (u32 i = 0; i < words; i++)
		data[i] = (struct capability_data){ (u32)(now.effective >> 32 * i),
			                            (u32)(now.permitted >> 32 * i),
			                            (u32)(now.inheritable >> 32 * i) };
	return user_write(a->rsi, data, words * sizeof(data[0])) ? 0 : -EFAULT;
}

i64 posix_capset(const struct thread_regs *a)
{
	struct capability_header header;
	struct capability_data data[2] = { 0 };
	u32 words;
	i64 result = header_read(a->rdi, &header, &words);

	if (result)
		return result;
	if (!is_own(header.pid))
		return -EPERM;
	if (!user_read(data, a->rsi, words * sizeof(data[0])))
		return -EFAULT;
	struct capabilities new = {
		(data[0].effective | (u64)data[1].effective << 32) & CAPABILITY_ALL,
		(data[0].permitted | (u64)data[1].permitted << 32) & CAPABILITY_ALL,
		(data[0].inheritable | (u64)data[1].inheritable << 32) & CAPABILITY_ALL,
	};
	lock_take(&process_lock);
	struct capabilities now = capabilities_now();
	bool allowed = !(new.effective & ~new.permitted) && !(new.permitted & ~now.permitted) &&
	               !(new.inheritable & ~(now.inheritable | now.permitted));
	if (allowed) {
		changed = new;
		is_changed = true;
	}
	lock_give(&process_lock);
	return allowed ? 0 : -EPERM;
}
