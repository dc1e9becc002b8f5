/* SPDX-License-Identifier: MIT */
#include "file/vector.h"

#include "core/call.h"
#include "core/user.h"

i64 vector_entry(const struct vector *vector, u64 i, struct linux_iovec *entry)
{
	return user_read(entry, vector->address + i * sizeof(*entry), sizeof(*entry)) ? 0 : -EFAULT;
}

i64 vector_check(struct vector *vector)
{
	struct linux_iovec entry;

	if (vector->count > IOV_MAX)
		return -EINVAL;
	for (u64 i = 0; i < vector->count; i++) {
		if (vector_entry(vector, i, &entry))
			return -EFAULT;
		if (entry.size > INT64_MAX - vector->total)
			return -EINVAL;
		vector->total += entry.size;
	}
	return 0;
}

/* Copy between the vector and `buffer`. */
i64 vector_copy(const struct vector *vector, char *buffer, u64 size, bool out)
{
	struct linux_iovec entry;

	for (u64 i = 0; i < vector->count && size; i++) {
		if (vector_entry(vector, i, &entry))
			return -EFAULT;
		u64 part = entry.size < size ? entry.size : size;
		if (!(out ? user_write(entry.base, buffer, part)
		          : user_read(buffer, entry.base, part)))
			return -EFAULT;
		buffer += part;
		size -= part;
	}
	return 0;
}
