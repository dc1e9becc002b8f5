/* SPDX-License-Identifier: MIT */
/* The accessors in ipc.S with their ranges checked: addresses that are not canonical would be an
 * exception, not a fault that can be recovered from. */
#include "core/user.h"
#include "core/linux.h"

u64 user_copy(void *to, const void *from, u64 size);
u64 user_clear(void *to, u64 size);
i64 user_copy_string(char *to, const char *from, u64 size);
u64 user_probe(u64 address, u64 write);
i64 user_exchange(u64 address, u32 expected, u32 desired);

bool user_read(void *to, u64 from, u64 size)
{
	return user_range(from, size) && user_copy(to, (const void *)from, size) == 0;
}

bool user_write(u64 to, const void *from, u64 size)
{
	return user_range(to, size) && user_copy((void *)to, from, size) == 0;
}

bool user_zero(u64 to, u64 size)
{
	return user_range(to, size) && user_clear((void *)to, size) == 0;
}

i64 user_string(char *to, u64 from, u64 size)
{
	if (!user_range(from, 1))
		return -EFAULT;
	u64 room = USER_END - from;
	i64 length = user_copy_string(to, (const char *)from, room < size ? room : size);
	if (length < 0)
		return -EFAULT;
	return (u64)length == size ? -ENAMETOOLONG : length;
}

bool user_touch(u64 address, u64 size, bool write)
{
	if (!size)
		return true;
	if (!user_range(address, size))
		return false;
	for (u64 page = page_round_down(address); page < address + size; page += PAGE_SIZE) {
		if (user_probe(page < address ? address : page, write))
			return false;
	}
	return true;
}

i64 user_exchange_u32(u64 address, u32 expected, u32 desired)
{
	return user_range(address, sizeof(u32)) ? user_exchange(address, expected, desired) : -1;
}
