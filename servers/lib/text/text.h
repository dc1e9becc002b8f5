/* SPDX-License-Identifier: MIT */
/* A text for people, made when somebody reads it: by a call of a server's own protocol ("the bytes
 * from `start` on"), or as a file that can be attached to a node of a file system.
 *
 * The server writes one function that prints all of the text into a window; what lies outside of
 * the window is only counted. */
#pragma once

#include "rt/rt.h"

struct text_window {
	u64 start; /* the first byte of the text that is wanted */
	char *to;
	size_t room, used;
	u64 at; /* bytes of the text so far: in the end, its size */
};

#define TEXT_FORMAT __attribute__((format(printf, 2, 3)))
void text_put(struct text_window *w, const void *data, size_t size);
TEXT_FORMAT void text_print(struct text_window *w, const char *format, ...);

/* Prints all of the text. */
typedef void text_printer(struct text_window *window);

enum { TEXT_OPEN_MAX = 16, TEXT_LABELS = 1 + TEXT_OPEN_MAX };

struct text_file {
	text_printer *print;
	/* What a line that is written to the file means; NULL: it is read-only. The line has no new
	 * line at its end and is changed at will. */
	err_t (*command)(char *line);
	u64 label; /* of the node; open files have those behind it: TEXT_LABELS in all */
	u64 ino;
	struct {
		bool used;
		u32 flags; /* of open */
		u64 position;
	} open[TEXT_OPEN_MAX];
};

/* Is `label` one of the file's? */
static inline bool text_owns(const struct text_file *file, u64 label)
{
	return label - file->label < TEXT_LABELS;
}

/* Answer dir.h (the node: an empty path opens it) or file.h (an open file). */
void text_dispatch(struct text_file *file, struct request *rq);
/* The last copy of a gate with this label is gone. */
void text_closed(struct text_file *file, u64 label);

/* Answer a call "bytes from `start` on into the lent buffer": at most a page of them at once. */
err_t text_answer(struct request *rq, text_printer *print, u64 start, u64 *count);
