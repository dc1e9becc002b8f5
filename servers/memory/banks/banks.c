/* SPDX-License-Identifier: MIT */
/* banks: where the machine's memory is. Prints the memory manager's report (/dev/banks), in pages;
 * with names, only the lines of banks that are called so. */
#include <stdio.h>
#include <string.h>

#define REPORT "/dev/banks"
enum { HEADER_LINES = 2, LINE_SIZE = 256 };

static int wanted(const char *line, int count, char **names)
{
	size_t indent = strspn(line, " ");

	for (int i = 0; i < count; i++) {
		size_t size = strlen(names[i]);
		if (strncmp(line + indent, names[i], size) == 0 && line[indent + size] == ' ')
			return 1;
	}
	return count == 0;
}

int main(int argc, char **argv)
{
	char line[LINE_SIZE];
	FILE *report = fopen(REPORT, "r");

	if (!report) {
		perror("banks: " REPORT);
		return 1;
	}
	for (int i = 0; fgets(line, sizeof(line), report); i++) {
		if (i < HEADER_LINES || wanted(line, argc - 1, argv + 1))
			fputs(line, stdout);
	}
	return fclose(report) || fflush(stdout) ? 1 : 0;
}
