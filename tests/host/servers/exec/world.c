/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/file.h"

enum { OBJECTS = 1024, OBJECT_FIRST = 100, CONTENTS_MAX = 1 << 24, S_IFREG = 0100000 };

struct world world;

static struct object {
	bool used, held; /* held: the server has its capability */
	u32 maps;        /* of the server and the task */
	u64 size;
	u8 *data;        /* NULL: zeroes */
	const u8 *bytes; /* of a file's page cache */
	u64 bytes_size;
} objects[OBJECTS];
static u32 server_maps, pages;
static u8 personality_file[0x4000];

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("# world: %s\n", what);
	abort();
}

static bool fails(void)
{
	if (!world.steps_left)
		return true;
	world.steps_left--;
	return false;
}

static cap_t object_make(u64 size)
{
	u32 i = 0;

	while (objects[i].used)
		must(++i < OBJECTS, "too many objects");
	objects[i] = (struct object){ .used = true, .held = true, .size = size };
	return OBJECT_FIRST + i;
}

static struct object *object_of(cap_t cap)
{
	must(cap >= OBJECT_FIRST && cap < OBJECT_FIRST + OBJECTS, "no segment");
	struct object *object = &objects[cap - OBJECT_FIRST];
	must(object->used, "a segment that is gone");
	return object;
}

static void object_settle(struct object *object)
{
	if (object->held || object->maps)
		return;
	free(object->data);
	object->used = false;
}

static u8 object_byte(const struct object *object, u64 at)
{
	if (object->bytes)
		return at < object->bytes_size ? object->bytes[at] : 0;
	return object->data ? object->data[at] : 0;
}

static u8 *object_data(struct object *object)
{
	must(object->size <= CONTENTS_MAX && !object->bytes, "contents that are not to be touched");
	if (!object->data)
		object->data = calloc(1, object->size);
	return object->data;
}

/* --- kernel calls --- */

err_t cap_close(cap_t cap)
{
	if (cap < OBJECT_FIRST) /* the caller's, or the thread's */
		return OK;
	struct object *object = object_of(cap);
	must(object->held, "closed twice");
	object->held = false;
	object_settle(object);
	return OK;
}

err_t cap_info(cap_t cap, u64 *info)
{
	if (cap != CAP_TASK && cap != CAP_BANK)
		return E_CAP;
	*info = (u64)RIGHT_ALL << 8 | (cap == CAP_TASK ? KIND_TASK : KIND_BANK);
	return OK;
}

err_t segment_create(cap_t bank, u64 size, u32 flags, cap_t *segment)
{
	(void)bank, (void)flags;
	must(size && !(size & PAGE_MASK), "size of a segment");
	if (size > 1ull << 47)
		return E_RANGE;
	if (fails() || (flags & SEGMENT_COMMITTED && size > CONTENTS_MAX))
		return E_FUNDS;
	*segment = object_make(size);
	return OK;
}

err_t segment_clone(cap_t bank, cap_t segment, u64 offset, u64 size, u32 flags, cap_t *clone)
{
	const struct object *from = segment == CAP_PERSONALITY ? NULL : object_of(segment);

	(void)bank, (void)flags;
	must(size && !((offset | size) & PAGE_MASK), "range of a clone");
	if (from && !range_fits(offset, size, from->size))
		return E_RANGE;
	if (fails())
		return E_FUNDS;
	*clone = object_make(size);
	u8 *data = object_data(object_of(*clone));
	for (u64 i = 0; from && i < size; i++)
		data[i] = object_byte(from, offset + i);
	return OK;
}

err_t segment_read(cap_t segment, u32 figure, u64 *value)
{
	must(figure == SEGMENT_SIZE, "figure");
	*value = segment == CAP_PERSONALITY ? sizeof(personality_file) : object_of(segment)->size;
	return OK;
}

static void task_forget(void)
{
	for (u32 i = 0; i < world.map_count; i++) {
		u32 segment = world.map[i].segment;
		if (segment < OBJECT_FIRST)
			continue;
		objects[segment - OBJECT_FIRST].maps--;
		object_settle(&objects[segment - OBJECT_FIRST]);
	}
	world.map_count = 0;
}

err_t task_reset(cap_t task)
{
	must(task == CAP_TASK, "task");
	if (fails())
		return E_FUNDS;
	world.reset = true;
	world.started = false;
	task_forget();
	return OK;
}

err_t task_caps_keep(cap_t task, u64 list, u64 count)
{
	const cap_t *keep = (const cap_t *)list;

	must(task == CAP_TASK && world.reset, "order");
	for (u64 i = 1; i < count; i++)
		must(keep[i] > keep[i - 1], "not sorted");
	world.kept = (u32)count;
	return OK;
}

err_t task_map(cap_t task, cap_t segment, u64 offset, u64 addr, u64 size, u32 flags)
{
	must(task == CAP_TASK && world.reset, "order");
	must(size && !((offset | addr | size) & PAGE_MASK), "a mapping of no whole pages");
	must(range_fits(addr, size, USER_END) && addr >= USER_START, "outside of user space");
	for (u32 i = 0; i < world.map_count; i++) {
		const struct world_map *other = &world.map[i];
		must(addr >= other->addr + other->size || addr + size <= other->addr,
		     "mappings overlap");
	}
	must(segment == CAP_PERSONALITY || range_fits(offset, size, object_of(segment)->size),
	     "beyond the segment");
	if (fails())
		return E_FUNDS;
	must(world.map_count < MAPS_MAX, "too many mappings");
	world.map[world.map_count++] = (struct world_map){ addr, size, offset, flags, segment };
	if (segment >= OBJECT_FIRST)
		object_of(segment)->maps++;
	return OK;
}

err_t task_entries(cap_t task, u64 syscall_entry, u64 upcall_entry)
{
	must(task == CAP_TASK, "task");
	world.entries[0] = syscall_entry;
	world.entries[1] = upcall_entry;
	return OK;
}

err_t thread_create(cap_t task, cap_t bank, cap_t schedule, u64 control, cap_t *thread)
{
	must(task == CAP_TASK && bank == CAP_BANK && schedule == CAP_SCHEDULE, "thread_create");
	if (fails())
		return E_FUNDS;
	world.control = control;
	*thread = 50;
	return OK;
}

err_t cap_copy(cap_t task, cap_t cap, u32 rights, u32 slot, cap_t *copy)
{
	(void)rights;
	must(task == CAP_TASK && cap == 50 && slot == PROCESS_THREAD, "cap_copy");
	*copy = slot;
	return fails() ? E_FUNDS : OK;
}

err_t thread_start(cap_t thread, u64 ip, u64 sp, u64 argument, u64 fs_base, u64 gs_base)
{
	must(thread == 50 && !fs_base && !gs_base, "thread_start");
	world.started = true;
	world.ip = ip;
	world.sp = sp;
	world.argument = argument;
	return OK;
}

err_t cap_destroy(cap_t cap)
{
	must(cap == CAP_TASK && world.reset, "destroyed what was still whole");
	world.destroyed = true;
	task_forget();
	return OK;
}

/* --- the runtime --- */

void *rt_map(cap_t segment, u64 offset, size_t size, u32 flags)
{
	(void)flags;
	if (fails())
		return NULL;
	server_maps++;
	if (segment == CAP_PERSONALITY)
		return personality_file + offset;
	struct object *object = object_of(segment);
	must(!offset && size == object->size, "a part of a segment");
	object->maps++;
	return object_data(object);
}

void rt_unmap(void *addr, size_t size)
{
	(void)size;
	server_maps--;
	for (u32 i = 0; i < OBJECTS; i++) {
		if (objects[i].used && objects[i].data == addr) {
			objects[i].maps--;
			object_settle(&objects[i]);
		}
	}
}

void *rt_pages(size_t size, u32 segment_flags, cap_t *segment)
{
	(void)segment_flags, (void)segment;
	if (fails())
		return NULL;
	pages++;
	return calloc(1, size);
}

void rt_pages_free(void *addr, size_t size)
{
	(void)size;
	pages--;
	free(addr);
}

u64 rt_now(void) { return 1; }
void rt_call_deadline(u64 deadline) { (void)deadline; }
void rt_log(const char *format, ...) { (void)format; }

/* --- the file server --- */

static struct world_file *file_of(cap_t gate)
{
	must(gate == CAP_FILE || gate == CAP_INTERPRETER, "no file");
	return gate == CAP_FILE ? &world.file : &world.interpreter;
}

err_t file_stat(cap_t gate, void *st, size_t size)
{
	const struct world_file *file = file_of(gate);
	struct file_stat stat = { .mode = file->mode, .size = file->size };

	memcpy(st, &stat, size);
	return file->error;
}

err_t file_read(cap_t gate, i64 offset, u32 flags, void *buf, size_t size, u64 *count)
{
	const struct world_file *file = file_of(gate);
	u64 at = (u64)offset, left = at < FILE_MAX ? FILE_MAX - at : 0;

	(void)flags;
	if (at >= file->size)
		left = 0;
	else if (left > file->size - at)
		left = file->size - at;
	/* In pieces, as a file server may. */
	*count = size < left ? size : left;
	if (*count > 1000)
		*count = 1000;
	memcpy(buf, file->data + (left ? at : 0), *count);
	return file->error;
}

err_t file_map(cap_t gate, u32 access, cap_t *segment, u64 *size)
{
	const struct world_file *file = file_of(gate);

	must(access == (ACCESS_READ | ACCESS_EXEC), "rights");
	if (!file->cached)
		return E_NOTSUP;
	if (fails())
		return E_FUNDS;
	*segment = object_make(page_round_up(file->size));
	object_of(*segment)->bytes = file->data;
	object_of(*segment)->bytes_size = FILE_MAX;
	*size = file->size;
	return OK;
}

/* --- the request --- */

static struct {
	struct request rq;
	err_t error;
	bool answered;
} call;

void request_caps_drop(struct request *rq) { memset(rq->msg.cap, 0, sizeof(rq->msg.cap)); }

err_t request_read(struct request *rq, u64 offset, void *buf, size_t size)
{
	if (!range_fits(offset, size, rq->in_size))
		return E_RANGE;
	memcpy(buf, world.request + offset, size);
	return OK;
}

err_t request_write(struct request *rq, u64 offset, const void *buf, size_t size)
{
	must(range_fits(offset, size, rq->out_size), "beyond the answer's room");
	memcpy(world.text + offset, buf, size);
	return OK;
}

void request_reply(struct request *rq, err_t error)
{
	(void)rq;
	must(!call.answered, "answered twice");
	call.answered = true;
	call.error = error;
}

err_t world_exec(bool with_interpreter, u32 *need)
{
	memset(&call, 0, sizeof(call));
	call.rq.msg.word[0] = CALL(4, 1);
	call.rq.msg.cap[0] = CAP_TASK;
	call.rq.msg.cap[1] = CAP_FILE;
	call.rq.msg.cap[2] = with_interpreter ? CAP_INTERPRETER : 0;
	call.rq.msg.cap[3] = CAP_BANK;
	call.rq.in_size = world.request_size;
	call.rq.out_size = world.text_room;
	call.rq.state = REQUEST_OPEN;
	exec_dispatch(NULL, &call.rq);
	must(call.answered, "not answered");
	*need = (u32)call.rq.msg.word[1];
	return call.error;
}

u32 world_left(void)
{
	u32 count = server_maps + pages;

	for (u32 i = 0; i < OBJECTS; i++)
		count += objects[i].used && objects[i].held;
	return count;
}

/* --- making worlds --- */

static void elf_part(Elf64_Phdr *header, u64 offset, u64 addr, u64 file_size, u64 size, u32 flags)
{
	*header = (Elf64_Phdr){ .p_type = PT_LOAD,
		                .p_offset = offset,
		                .p_vaddr = addr,
		                .p_filesz = file_size,
		                .p_memsz = size,
		                .p_flags = flags,
		                .p_align = PAGE_SIZE };
}

static void elf_make(u8 *data, u16 type, u64 base, u32 count, const Elf64_Phdr *headers)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
		             EV_CURRENT },
		.e_type = type,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = base + 0x1000,
		.e_phoff = 64,
		.e_ehsize = 64,
		.e_phentsize = 56,
		.e_phnum = (u16)count,
	};

	memcpy(data, &header, sizeof(header));
	memcpy(data + 64, headers, count * sizeof(*headers));
}

/* File: 0x0000 headers, 0x1000 text, 0x2000 data (0x1e10 bytes: a page and a bit), 0x3e10 other
 * bytes. */
void world_elf(struct world_file *file, u16 type, u64 base, const char *interpreter)
{
	Elf64_Phdr headers[5] = { 0 };

	*file = (struct world_file){ .size = 0x5000, .mode = S_IFREG | 0755, .cached = true };
	for (u32 i = 0x1000; i < 0x5000; i++)
		file->data[i] = (u8)(i >> 8);
	elf_part(&headers[0], 0, base, 0x1000, 0x1000, PF_R);
	elf_part(&headers[1], 0x1000, base + 0x1000, 0x1000, 0x1000, PF_R | PF_X);
	elf_part(&headers[2], 0x2000, base + 0x2000, 0x1e10, 0x4e20, PF_R | PF_W);
	headers[3] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W };
	u32 count = 4;
	if (interpreter) {
		headers[count++] = (Elf64_Phdr){ .p_type = PT_INTERP,
			                         .p_offset = 0x800,
			                         .p_filesz = strlen(interpreter) + 1 };
		strcpy((char *)file->data + 0x800, interpreter);
	}
	elf_make(file->data, type, base, count, headers);
}

static void personality_make(void)
{
	Elf64_Phdr headers[2] = { 0 };
	struct personality_header header = { .magic = PERSONALITY_MAGIC,
		                             .start = PERSONALITY_BASE + 0x100,
		                             .syscall_entry = PERSONALITY_BASE + 0x200,
		                             .upcall_entry = PERSONALITY_BASE + 0x300,
		                             .gate_entry = PERSONALITY_BASE + 0x400,
		                             .vdso = PERSONALITY_BASE + 0x100,
		                             .control = PERSONALITY_BASE + 0x1080 };

	elf_part(&headers[0], 0x1000, PERSONALITY_BASE, 0x1000, 0x1000, PF_R | PF_X);
	elf_part(&headers[1], 0x2000, PERSONALITY_BASE + 0x1000, 0x100, 0x3000, PF_R | PF_W);
	elf_make(personality_file, ET_EXEC, PERSONALITY_BASE - 0x1000 + 0x100, 2, headers);
	memcpy(personality_file + 0x1000, &header, sizeof(header));
	memset(personality_file + 0x2000, 0x77, 0x100);
}

void world_start(void)
{
	static const char *const arguments[] = { "prog", "one", "", NULL };
	static const char *const environment[] = { "A=1", "PATH=/bin", NULL };
	static bool opened;

	task_forget();
	for (u32 i = 0; i < OBJECTS && opened; i++)
		must(!objects[i].used || objects[i].held, "left over");
	memset(&world, 0, sizeof(world));
	world.steps_left = UINT32_MAX;
	world.text_room = sizeof(world.text);
	if (!opened) {
		personality_make();
		must(personality_open(CAP_PERSONALITY) == OK, "personality_open");
		plan_start(CAP_SCHEDULE);
	}
	opened = true;
	world_elf(&world.file, ET_EXEC, 0x400000, NULL);
	world_elf(&world.interpreter, ET_DYN, 0, NULL);
	world_request("/bin/prog", arguments, environment);
}

static size_t add_strings(size_t at, const char *const *strings, u32 *count)
{
	for (*count = 0; strings[*count]; ++*count) {
		strcpy((char *)world.request + at, strings[*count]);
		at += strlen(strings[*count]) + 1;
	}
	return at;
}

void world_request(const char *name, const char *const *arguments, const char *const *environment)
{
	static const cap_t keep[] = { 20, 21, 40 };
	struct exec_arguments header = { .keep = COUNT_OF(keep), .inherit_size = 5 };
	size_t at = sizeof(header);

	strcpy((char *)world.request + at, name);
	at += strlen(name) + 1;
	header.name_size = (u32)(at - sizeof(header));
	at = add_strings(at, arguments, &header.arguments);
	at = add_strings(at, environment, &header.environment);
	header.strings_size = (u32)(at - sizeof(header));
	at = (at + 7) & ~7ull;
	memcpy(world.request + at, keep, sizeof(keep));
	at = (at + sizeof(keep) + 7) & ~7ull;
	memcpy(world.request + at, "leave", 5);
	at += 5;
	header.size = (u32)at;
	memcpy(world.request, &header, sizeof(header));
	world.request_size = at;
}

/* --- the task's memory --- */

static const struct world_map *map_at(u64 addr)
{
	for (u32 i = 0; i < world.map_count; i++) {
		const struct world_map *map = &world.map[i];
		if (addr >= map->addr && addr - map->addr < map->size)
			return map;
	}
	return NULL;
}

bool world_mapped(u64 addr, u64 size)
{
	for (u64 at = addr; at < addr + size; at += PAGE_SIZE) {
		if (!map_at(at))
			return false;
	}
	return true;
}

u8 world_byte(u64 addr)
{
	const struct world_map *map = map_at(addr);

	must(map, "nothing is mapped there");
	u64 at = map->offset + (addr - map->addr);
	return map->segment == CAP_PERSONALITY ? personality_file[at]
	                                       : object_byte(object_of(map->segment), at);
}

u64 world_word(u64 addr)
{
	u64 value = 0;

	for (u32 i = 0; i < 8; i++)
		value |= (u64)world_byte(addr + i) << 8 * i;
	return value;
}

const char *world_string(u64 addr)
{
	static char text[4][256];
	static u32 turn;
	char *to = text[turn++ % 4];

	for (u32 i = 0; i < sizeof(text[0]); i++) {
		to[i] = (char)world_byte(addr + i);
		if (!to[i])
			return to;
	}
	return "(too long)";
}

u64 world_segment_size(u32 segment) { return object_of(segment)->size; }
