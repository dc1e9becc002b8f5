/* SPDX-License-Identifier: MIT */
/* "#!" lines, as Linux reads them: an interpreter's path, and the rest of the line as one
 * argument. */
#include <string.h>

#include "exec.h"

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

err_t script_parse(const char *line, size_t size, char *text, size_t *text_size)
{
	size_t limit = size < SCRIPT_MAX ? size : SCRIPT_MAX, end = 0, at = 2, path;

	if (size < 3 || line[0] != '#' || line[1] != '!')
		return E_NOEXEC;
	while (end < limit && line[end] != '\n')
		end++;
	/* A line that does not end here might be cut in the middle of a path. */
	if ((end == limit && size >= SCRIPT_MAX) || memchr(line, 0, end))
		return E_NOEXEC;
	while (end > at && is_blank(line[end - 1]))
		end--;
	while (at < end && is_blank(line[at]))
		at++;
	for (path = at; at < end && !is_blank(line[at]);)
		at++;
	if (at == path)
		return E_NOEXEC;
	size_t path_size = at - path;
	while (at < end && is_blank(line[at]))
		at++;
	memcpy(text, line + path, path_size);
	text[path_size++] = 0;
	memcpy(text + path_size, line + at, end - at);
	text[path_size + (end - at)] = 0;
	*text_size = path_size + (end - at) + 1;
	return OK;
}
