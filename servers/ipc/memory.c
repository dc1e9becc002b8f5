/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>

#include "abi/thread.h"
#include "wait.h"

#define NS_PER_SECOND 1000000000ull

struct memory {
	struct object object;
	struct ipc_memory_stat stat;
	cap_t segment;
};

static bool ending; /* some memory has been removed and was mapped still */

static u64 now_seconds(void) { return rt_realtime() / NS_PER_SECOND; }

static struct memory *memory_of(struct object *object)
{
	return container_of(object, struct memory, object);
}

err_t memory_make(const struct client *client, u32 key, u32 mode, u64 size, struct object **out)
{
	if (!size || size > INT64_MAX)
		return E_INVAL;
	struct memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return E_FUNDS;
	memory->object.perm = &memory->stat.perm;
	memory->stat.size = size;
	memory->stat.changed = now_seconds();
	memory->stat.creator = client->pid;
	u64 bytes = page_round_up(size);
	err_t error = object_add(IPC_MEMORY, &memory->object, client, key, mode);
	if (error) {
		free(memory);
		return error;
	}
	error = object_afford(IPC_MEMORY, &memory->object, bytes, IPC_MEMORY_MAX);
	if (!error)
		error = segment_create(RT_BANK, bytes, SEGMENT_COMMITTED, &memory->segment);
	if (error) {
		object_remove(IPC_MEMORY, &memory->object);
		free(memory);
		return error;
	}
	*out = &memory->object;
	return OK;
}

static u64 figure(const struct memory *memory, enum segment_figure which)
{
	u64 value;

	return segment_read(memory->segment, which, &value) ? 0 : value;
}

static void memory_free(struct memory *memory)
{
	err_t error = cap_close(memory->segment);

	(void)error; /* our own */
	object_remove(IPC_MEMORY, &memory->object);
	free(memory);
}

/* True: there is more to look after. */
static bool memory_look(void)
{
	bool more = false;

	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		struct object *object = object_at(IPC_MEMORY, i);
		if (!object || !(object->perm->mode & IPC_MEMORY_ENDS))
			continue;
		if (figure(memory_of(object), SEGMENT_MAPPINGS))
			more = true;
		else
			memory_free(memory_of(object));
	}
	ending = more;
	return more;
}

void memory_look_now(void)
{
	if (ending)
		(void)memory_look();
}

void memory_end(struct object *object)
{
	struct memory *memory = memory_of(object);

	if (!figure(memory, SEGMENT_MAPPINGS)) {
		memory_free(memory);
		return;
	}
	object->perm->mode |= IPC_MEMORY_ENDS;
	object->perm->key = 0;
	ending = true;
	wait_look_after(memory_look);
}

const void *memory_stat(struct object *object, u64 *size)
{
	struct memory *memory = memory_of(object);

	memory->stat.mappings = figure(memory, SEGMENT_MAPPINGS);
	memory->stat.resident = figure(memory, SEGMENT_RESIDENT);
	*size = sizeof(struct ipc_memory_stat);
	return &memory->stat;
}

err_t memory_has(struct object *object, u64 size)
{
	return size > memory_of(object)->stat.size ? E_INVAL : OK;
}

void memory_changed(struct object *object) { memory_of(object)->stat.changed = now_seconds(); }

void memories_count(u64 *pages, u64 *resident)
{
	for (u32 i = 0; i < IPC_OBJECTS_MAX; i++) {
		struct object *object = object_at(IPC_MEMORY, i);
		*pages += object ? object->bytes / PAGE_SIZE : 0;
		*resident += object ? figure(memory_of(object), SEGMENT_RESIDENT) : 0;
	}
}

/* --- handlers --- */

err_t memory_attach(struct client *client, u32 id, u32 access, cap_t *segment, u64 *size)
{
	struct object *object;
	u32 wanted = access & ACCESS_WRITE ? MAY_READ | MAY_WRITE : MAY_READ;
	u32 rights = RIGHT_READ | RIGHT_COPY | (access & ACCESS_WRITE ? RIGHT_WRITE : 0);

	if (access & ACCESS_EXEC) {
		wanted |= 0111;
		rights |= RIGHT_EXEC;
	}
	err_t error = object_use(IPC_MEMORY, id, client, wanted, &object);
	if (error)
		return error;
	struct memory *memory = memory_of(object);
	error = cap_copy(0, memory->segment, rights, 0, segment);
	if (error)
		return error;
	*segment |= CAP_MOVE;
	*size = memory->stat.size;
	memory->stat.attached = now_seconds();
	memory->stat.last = client->pid;
	return OK;
}

err_t memory_detached(struct client *client, u32 id)
{
	struct object *object;
	err_t error = object_find(IPC_MEMORY, id, &object);

	if (error)
		return error;
	memory_of(object)->stat.detached = now_seconds();
	memory_of(object)->stat.last = client->pid;
	memory_look_now();
	return OK;
}

err_t memory_lock(struct client *client, u32 id, bool locked)
{
	struct object *object;
	err_t error = object_own(IPC_MEMORY, id, client, &object);

	if (error)
		return error;
	if (locked)
		object->perm->mode |= IPC_MEMORY_LOCKED;
	else
		object->perm->mode &= ~(u32)IPC_MEMORY_LOCKED;
	return OK;
}
