/* SPDX-License-Identifier: MIT */
/* Program files, read through the gates that the caller has opened. The file's server is believed
 * as far as its answers go: sizes and counts are checked. */
#include "exec.h"

#include <string.h>
#include <sys/stat.h>

#include "proto/file.h"

err_t file_open(struct exec_file *file, cap_t gate)
{
	struct file_stat st;

	file->gate = gate;
	file->segment = 0;
	file->asked = false;
	file->head_size = 0;
	err_t error = file_stat(gate, &st, sizeof(st));
	if (error)
		return error;
	if ((st.mode & S_IFMT) != S_IFREG || !(st.mode & 0111))
		return E_ACCESS;
	file->size = st.size;
	size_t size = st.size < sizeof(file->head) ? st.size : sizeof(file->head);
	error = file_bytes(file, 0, file->head, size);
	if (!error)
		file->head_size = size;
	return error;
}

void file_close(struct exec_file *file)
{
	if (file->segment)
		close_own(file->segment);
	file->segment = 0;
}

err_t file_bytes(struct exec_file *file, u64 offset, void *buf, size_t size)
{
	u64 count;

	if (range_fits(offset, size, file->head_size)) {
		memcpy(buf, file->head + offset, size);
		return OK;
	}
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

static err_t file_ask(struct exec_file *file)
{
	u64 size, room;
	err_t error = file_map(file->gate, ACCESS_READ | ACCESS_EXEC, &file->segment, &size);

	if (error == E_NOTSUP || error == E_NOSYS)
		return OK;
	if (!error && !file->segment)
		return E_MSG;
	if (!error)
		error = segment_read(file->segment, SEGMENT_SIZE, &room);
	if (!error && (size < file->size || room < file->size))
		error = E_IO;
	if (error)
		file_close(file);
	return error;
}

err_t file_segment(struct exec_file *file, cap_t *segment)
{
	if (!file->asked) {
		err_t error = file_ask(file);
		if (error)
			return error;
		file->asked = true;
	}
	*segment = file->segment;
	return OK;
}
