/* SPDX-License-Identifier: MIT */
/* Packing strings. */
#include "process/pack.h"

#include "core/text.h"

void pack_start(struct pack *pack, char *buffer, u64 limit)
{
	*pack = (struct pack){ .buffer = buffer,
		               .at = sizeof(struct exec_arguments),
		               .limit = limit };
	*pack_header(pack) = (struct exec_arguments){ 0 };
}

struct exec_arguments *pack_header(struct pack *pack)
{
	return (struct exec_arguments *)(void *)pack->buffer;
}

bool pack_string(struct pack *pack, const char *string)
{
	u64 size = strlen(string) + 1;

	if (size > pack->limit - pack->at)
		return false;
	memcpy(pack->buffer + pack->at, string, size);
	pack->at += size;
	return true;
}

bool pack_script(struct pack *pack, const char *interpreter, const char *argument, const char *path)
{
	struct exec_arguments *header = pack_header(pack);
	const char *strings[] = { interpreter, argument, path };
	u64 first = sizeof(*header) + header->name_size, added = 0;
	u64 old = header->arguments ? strlen(pack->buffer + first) + 1 : 0;

	for (u32 i = 0; i < COUNT_OF(strings); i++)
		added += strings[i][0] ? strlen(strings[i]) + 1 : 0;
	if (added > old && added - old > pack->limit - pack->at)
		return false;
	memmove(pack->buffer + first + added, pack->buffer + first + old, pack->at - first - old);
	pack->at += added - old;
	for (u32 i = 0; i < COUNT_OF(strings); i++) {
		u64 size = strlen(strings[i]) + 1;
		if (size == 1)
			continue;
		memcpy(pack->buffer + first, strings[i], size);
		first += size;
		header->arguments++;
	}
	header->arguments -= old != 0;
	return true;
}

u64 pack_end(struct pack *pack)
{
	pack_header(pack)->strings_size = (u32)(pack->at - sizeof(struct exec_arguments));
	while (pack->at % 8 && pack->at < pack->limit)
		pack->buffer[pack->at++] = 0;
	return pack->at;
}
