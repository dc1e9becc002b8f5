/* SPDX-License-Identifier: MIT */
/* What an ELF64 file wants in memory. The file is untrusted: everything is checked here, and what
 * comes out can be mapped without further thought: parts are whole pages of user space in ascending
 * order, overlap nowhere, and lie within the file.
 *
 *	struct elf_source source = { .read = my_read, .size = file_size, .cookie = my_file };
 *	struct elf_image image;
 *	error = elf_check(&source, &image);	E_NOEXEC: not for us
 *	bias = image.movable ? my choice, whole pages : 0;
 *	for each image.part: map it at part.addr + bias as part.how says
 *	start at image.entry + bias
 *
 * Nothing is allocated, nothing is mapped: the loaders (lib/start for servers, the exec server for
 * programs) do that. */
#pragma once

#include "abi/errors.h"
#include "abi/thread.h"
#include "abi/types.h"

enum {
	ELF_HEADERS_MAX = 64, /* program headers: more is E_NOEXEC */
	ELF_LOADS_MAX = 16,   /* of them PT_LOAD */
	ELF_PARTS_MAX = 2 * ELF_LOADS_MAX,
	ELF_INTERPRETER_MAX = 256, /* bytes of the interpreter's path with its zero */
};

/* Where the bytes come from. `read` gives all `size` bytes at `offset` or an error; it is never
 * asked for bytes beyond `size`. */
struct elf_source {
	err_t (*read)(struct elf_source *source, u64 offset, void *buf, size_t size);
	u64 size;
	void *cookie;
};

enum elf_how {
	/* The file's own pages, read-only: map the file's segment at file_offset (private mapping).
	 */
	ELF_MAP = 1,
	/* A private copy of the file's pages: segment_clone, then clear [zero_addr, + zero_size).
	 */
	ELF_COPY,
	/* Fresh zeroed pages. */
	ELF_ZERO,
};

struct elf_part {
	u64 addr, size; /* whole pages; bias not yet added */
	/* ELF_MAP and ELF_COPY: of the page at addr, a multiple of PAGE_SIZE. */
	u64 file_offset;
	/* Bytes from there on that come from the file; less than `size` only in the last page. */
	u64 file_size;
	/* ELF_COPY: what .bss wants cleared at the end of the last page; size 0: nothing. */
	u64 zero_addr, zero_size;
	u32 access; /* ACCESS_* */
	enum elf_how how;
};

struct elf_image {
	bool movable;     /* ET_DYN: may be put anywhere, by a bias of whole pages */
	bool stack_exec;  /* PT_GNU_STACK asks for an executable stack, or there is none */
	u64 entry;        /* inside one of the parts */
	u64 low, high;    /* all parts lie in [low, high) */
	u64 header_addr;  /* AT_PHDR: where the program headers are in memory; 0 if they are not */
	u32 header_count; /* AT_PHNUM; AT_PHENT is always 56 */
	u32 part_count;
	u32 interpreter_size; /* of its path without a zero; 0: none */
	u64 interpreter_offset;
	struct elf_part part[ELF_PARTS_MAX];
};

/* Read and check the file's headers. Sets *image only on success. Uses about 4 KiB of stack. */
MUST_CHECK err_t elf_check(struct elf_source *source, struct elf_image *image);

/* The interpreter's path, zero-terminated (ELF_INTERPRETER_MAX bytes of room). E_NOENT: it has
 * none. */
MUST_CHECK err_t elf_interpreter(struct elf_source *source, const struct elf_image *image,
                                 char *path);
