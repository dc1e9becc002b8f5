/* SPDX-License-Identifier: MIT */
/* Program files, read through the gates that the caller has opened. The file server is trusted as far as its answers: sizes and counts are checked. */
#include <string.h>

#include "exec.h"
#include "proto/file.h"

err_t file_open(struct exec_file *file, cap_t gate)
{
	enum { S_IFMT = 0170000, S_IFREG = 0100000 };
	struct file_stat st;
	*file = (struct exec_file){ .gate = gate };
	err_t error = file_stat(gate, &st, sizeof(st));
	if (error)
		return error;
	if ((st.mode & S_IFMT) != S_IFREG)
		return E_ACCESS;
	file->size = st.size;
	return OK;
}

err_t file_bytes(struct exec_file *file, u64 offset, void *buf, size_t size)
{
	u64 count;
	while (size > 0) {
		err_t error = file_read(file->gate, (i64)offset, 0, buf, size, &count);
		if (error)
			return error;
		if (count == 0 || count > size)
			return E_IO;
		buf = (char *)buf + count;
		offset += count;
		size -= count;
	}
	return OK;
}

static err_t file_copy(struct exec_file *file, cap_t bank)
{
	u64 size = page_round_up(file->size);
	cap_t segment;
	err_t error = segment_create(bank, size, 0, &segment);
	if (error)
		return error;
	void *memory = rt_map(segment, 0, size, RIGHT_READ | RIGHT_WRITE);
	error = memory ? file_bytes(file, 0, memory, file->size) : E_FUNDS;
	if (memory)
		rt_unmap(memory, size);
	if (error)
		(void)!cap_close(segment);
	else
		file->segment = segment;
	return error;
}

err_t file_segment(struct exec_file *file, cap_t bank)
{
	u64 size;
	err_t error = file_map(file->gate, RIGHT_READ | RIGHT_EXEC, &file->segment, &size);
	if (!error && size < file->size) {
		(void)!cap_close(file->segment);
		file->segment = 0;
		return E_IO;
	}
	return error == E_NOTSUP || error == E_NOSYS ? file_copy(file, bank) : error;
}
