/* SPDX-License-Identifier: MIT */
/* execve: the request to the exec server, put together in a buffer that is mapped for that, with
 * everything the next personality is to find. The server answers only if nothing has happened:
 * an error, or that an interpreter is needed. */
#include "core/call.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "file/target.h"
#include "process/pack.h"
#include "process/process.h"

enum { SCRIPTS_MAX = 5, TEXT_MAX = 1024, EXEC_BUFFER_SIZE = EXEC_SIZE_MAX };

/* Only one thread at a time; the others end with the old program. */
static struct lock exec_lock;

static i64 pack_user_string(struct pack *pack, u64 address)
{
	i64 size = user_string(pack->buffer + pack->at, address, pack->limit - pack->at);

	if (size < 0)
		return size == -ENAMETOOLONG ? -E2BIG : size;
	pack->at += (u64)size + 1;
	return 0;
}

/* A list of strings that ends with a null pointer; a null list is empty. */
static i64 pack_list(struct pack *pack, u64 list, u32 *count)
{
	u64 string;
	i64 result = 0;

	for (*count = 0; list && !result; ++*count) {
		if (!user_read(&string, list + 8ull * *count, sizeof(string)))
			return -EFAULT;
		if (!string)
			break;
		result = pack_user_string(pack, string);
	}
	return result;
}

static i64 pack_request(struct pack *pack, const char *path, u64 arguments, u64 environment)
{
	struct exec_arguments *header = pack_header(pack);

	/* Room is left for what follows the strings. */
	pack->limit -= inherit_save(NULL) + 4ull * inherit_caps(NULL) + 64;
	if (!pack_string(pack, path))
		return -E2BIG;
	header->name_size = (u32)(strlen(path) + 1);
	i64 result = pack_list(pack, arguments, &header->arguments);
	return result ? result : pack_list(pack, environment, &header->environment);
}

/* --- the program file --- */

/* The server has checked permission when it was opened to be run. */
static err_t exec_check(const struct file *file)
{
	return file_is(file, S_IFREG) && file->mode & 0111 ? OK : E_ACCESS;
}

static RARE i64 exec_open(const char *path, struct file **file)
{
	struct target target = { 0 };
	i32 fd = -1;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(target.path, path, strlen(path) + 1);
	(void)self_name(target.path, true);
	(void)self_link(target.path, &fd);
	if (fd >= 0) {
		*file = descriptor_get((u32)fd);
		return *file ? 0 : -ENOENT;
	}
	i64 result = place_find(&target.place, AT_FDCWD, target.path);
	if (result)
		return result;
	err_t error = file_open(&target, O_RDONLY | DIR_OPEN_EXECUTE, 0, file);
	place_done(&target.place);
	if (error)
		return error == E_ISDIR   ? -EACCES
		       : error == E_LIMIT ? -ENFILE
		                          : error_result(error);
	error = exec_check(*file);
	if (error)
		file_put(*file);
	return error_result(error);
}

/* --- the call --- */

/* Append capabilities and inheritance, and ask. */
static err_t exec_ask(struct pack *pack, struct file *file, struct file *interpreter, char *text,
                      u32 *need)
{
	struct exec_arguments *header = pack_header(pack);
	u64 strings_end = pack->at;
	u64 at = pack_end(pack);

	header->keep = inherit_caps((cap_t *)(void *)(pack->buffer + at));
	at = (at + 4ull * header->keep + 7) & ~7ull;
	header->inherit_size = (u32)inherit_save((u8 *)pack->buffer + at);
	header->size = (u32)at + header->inherit_size;
	err_t error =
	        exec_run(PROCESS_EXEC, PROCESS_TASK, file->cap, interpreter ? interpreter->cap : 0,
	                 PROCESS_BANK, pack->buffer, header->size, text, TEXT_MAX, need);
	pack->at = strings_end;
	return error;
}

/* A file, its interpreter if it is an ELF program that wants one. 0: `text` names a script's
 * interpreter. */
static i64 exec_file(struct pack *pack, const char *path, char *text)
{
	struct file *file, *interpreter = NULL;
	u32 need = EXEC_DONE;
	i64 result = exec_open(path, &file);

	if (result)
		return result;
	err_t error = exec_ask(pack, file, NULL, text, &need);
	if (!error && need == EXEC_INTERPRETER) {
		text[TEXT_MAX - 1] = 0;
		result = exec_open(text, &interpreter);
		if (!result) {
			error = exec_ask(pack, file, interpreter, text, &need);
			file_put(interpreter);
		}
	}
	file_put(file);
	if (result || error)
		return result ? result : error_result(error);
	return need == EXEC_SCRIPT ? 0 : -ENOEXEC;
}

static RARE i64 exec_path(struct pack *pack, char *path)
{
	char text[TEXT_MAX];

	for (u32 i = 0; i < SCRIPTS_MAX; i++) {
		i64 result = exec_file(pack, path, text);
		if (result)
			return result;
		text[TEXT_MAX - 2] = text[TEXT_MAX - 1] = 0;
		if (!pack_script(pack, text, text + strlen(text) + 1, path))
			return -E2BIG;
		memcpy(path, text, strlen(text) + 1);
	}
	return -ELOOP;
}

static RARE i64 exec_with(char *path, u64 arguments, u64 environment)
{
	struct pack pack;

	lock_take(&exec_lock);
	i64 result = -ENOMEM;
	char *buffer = process_memory(AT_EXEC_BUFFER, EXEC_BUFFER_SIZE);
	if (buffer) {
		pack_start(&pack, buffer, EXEC_BUFFER_SIZE);
		result = pack_request(&pack, path, arguments, environment);
		if (!result)
			result = exec_path(&pack, path);
		(void)task_unmap(PROCESS_TASK, (u64)buffer, EXEC_BUFFER_SIZE);
	}
	lock_give(&exec_lock);
	return result;
}

static bool descriptor_linked(u32 fd)
{
	struct file *file = descriptor_get(fd);
	struct file_stat st = { .nlink = 0 };

	if (file) {
		(void)file_stat(file->cap, &st, sizeof(st));
		file_put(file);
	}
	return st.nlink > 0;
}

/* The path of an open file; where it is not known or leads there no more, the link to the
 * descriptor. */
static RARE void name_descriptor(char *path, u32 fd)
{
	struct text text = { path, path + PATH_MAX - 1 };

	if (descriptor_name(fd, path) && path[0] == '/' && path[1] && descriptor_linked(fd))
		return;
	text_put(&text, "/proc/self/fd/");
	text_put_decimal(&text, (i32)fd);
	*text.at = 0;
}

i64 posix_execve(const struct thread_regs *a)
{
	char path[PATH_MAX];
	i64 size = path_fetch(path, a->rdi);
	i32 fd;

	if (size <= 0)
		return size ? size : -ENOENT;
	/* The next program's own link to itself must not lead to this path. */
	(void)self_name(path, true);
	if (self_link(path, &fd) && fd >= 0)
		name_descriptor(path, (u32)fd);
	return exec_with(path, a->rsi, a->rdx);
}

/* By a path, relative to a directory or empty (fexecve): as text, since scripts need one. */
i64 posix_execveat(const struct thread_regs *a)
{
	struct target target;
	char path[PATH_MAX];

	if (a->r8 & ~(u64)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	i64 result = target_find(&target, a->rdi, a->rsi, a->r8 & AT_EMPTY_PATH ? TARGET_EMPTY : 0);
	if (result)
		return result;
	if (target.file) {
		name_descriptor(path, (u32)a->rdi);
	} else {
		result = place_absolute(&target.place, target.path, path);
	}
	target_done(&target);
	return result < 0 ? result : exec_with(path, a->rdx, a->r10);
}
