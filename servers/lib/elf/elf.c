/* SPDX-License-Identifier: MIT */
/* Checking ELF files. Every number of the file is looked at before it is used in a sum, and sums go
 * through range_fits, so that nothing wraps; what is left of the file afterwards is a list of parts
 * that are known to be good. */
#include "elf.h"

#include <elf.h>
#include <string.h>

struct elf_headers {
	Elf64_Ehdr file;
	Elf64_Phdr program[ELF_HEADERS_MAX];
};

static bool elf_header_valid(const Elf64_Ehdr *header)
{
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       header->e_ident[EI_VERSION] == EV_CURRENT && header->e_machine == EM_X86_64 &&
	       (header->e_type == ET_EXEC || header->e_type == ET_DYN) &&
	       header->e_phentsize == sizeof(Elf64_Phdr) && header->e_phnum > 0 &&
	       header->e_phnum <= ELF_HEADERS_MAX;
}

static err_t elf_read_headers(struct elf_source *source, struct elf_headers *headers)
{
	if (source->size < sizeof(headers->file))
		return E_NOEXEC;
	err_t error = source->read(source, 0, &headers->file, sizeof(headers->file));
	if (error)
		return error;
	if (!elf_header_valid(&headers->file))
		return E_NOEXEC;

	u64 size = (u64)headers->file.e_phnum * sizeof(Elf64_Phdr);
	if (!range_fits(headers->file.e_phoff, size, source->size))
		return E_NOEXEC;
	return source->read(source, headers->file.e_phoff, headers->program, size);
}

static u32 elf_access(const Elf64_Phdr *load)
{
	u32 access = 0;

	if (load->p_flags & PF_R)
		access |= ACCESS_READ;
	if (load->p_flags & PF_W)
		access |= ACCESS_READ | ACCESS_WRITE;
	if (load->p_flags & PF_X)
		access |= ACCESS_READ | ACCESS_EXEC;
	return access;
}

/* A PT_LOAD header by itself: in the file, in user space, not wrapping, file and memory agreeing on
 * the place in the page. */
static bool elf_load_valid(const Elf64_Phdr *load, u64 file_size)
{
	return load->p_filesz <= load->p_memsz &&
	       range_fits(load->p_offset, load->p_filesz, file_size) &&
	       range_fits(load->p_vaddr, load->p_memsz, USER_END) &&
	       ((load->p_vaddr ^ load->p_offset) & PAGE_MASK) == 0 && elf_access(load) != 0;
}

static void elf_add_part(struct elf_image *image, const struct elf_part *part)
{
	image->part[image->part_count++] = *part;
	if (image->part_count == 1)
		image->low = part->addr;
	image->high = part->addr + part->size;
}

/* A checked PT_LOAD becomes one part with the file's pages and one with zeroes, or only one of
 * them. */
static void elf_split_load(struct elf_image *image, const Elf64_Phdr *load)
{
	u64 start = page_round_down(load->p_vaddr);
	u64 file_end = load->p_vaddr + load->p_filesz;
	u64 file_page_end = load->p_filesz ? page_round_up(file_end) : start;
	u64 page_end = page_round_up(load->p_vaddr + load->p_memsz);
	u32 access = elf_access(load);

	if (load->p_filesz) {
		struct elf_part part = {
			.addr = start,
			.size = file_page_end - start,
			.file_offset = page_round_down(load->p_offset),
			.file_size = file_end - start,
			.access = access,
			.how = access & ACCESS_WRITE ? ELF_COPY : ELF_MAP,
		};
		if (load->p_memsz > load->p_filesz && file_page_end > file_end) {
			part.how = ELF_COPY;
			part.zero_addr = file_end;
			part.zero_size = file_page_end - file_end;
		}
		elf_add_part(image, &part);
	}
	if (page_end > file_page_end) {
		struct elf_part part = {
			.addr = file_page_end,
			.size = page_end - file_page_end,
			.access = access,
			.how = ELF_ZERO,
		};
		elf_add_part(image, &part);
	}
}

static err_t elf_add_load(struct elf_image *image, const struct elf_headers *headers,
                          const Elf64_Phdr *load, u64 file_size)
{
	u64 header_size = (u64)headers->file.e_phnum * sizeof(Elf64_Phdr);
	u64 header_offset = headers->file.e_phoff;

	if (load->p_memsz == 0)
		return OK;
	if (!elf_load_valid(load, file_size) || image->part_count + 2 > ELF_PARTS_MAX)
		return E_NOEXEC;
	u64 start = page_round_down(load->p_vaddr);
	if (image->part_count ? start < image->high : !image->movable && start < USER_START)
		return E_NOEXEC;

	if (header_offset >= load->p_offset &&
	    range_fits(header_offset - load->p_offset, header_size, load->p_filesz))
		image->header_addr = load->p_vaddr + (header_offset - load->p_offset);
	elf_split_load(image, load);
	return OK;
}

static err_t elf_add_interpreter(struct elf_image *image, const Elf64_Phdr *header, u64 file_size)
{
	if (header->p_filesz < 2 || header->p_filesz > ELF_INTERPRETER_MAX ||
	    !range_fits(header->p_offset, header->p_filesz, file_size) || image->interpreter_size)
		return E_NOEXEC;
	image->interpreter_offset = header->p_offset;
	image->interpreter_size = (u32)header->p_filesz - 1;
	return OK;
}

static err_t elf_add_header(struct elf_image *image, const struct elf_headers *headers,
                            const Elf64_Phdr *header, u64 file_size)
{
	switch (header->p_type) {
	case PT_LOAD:
		return elf_add_load(image, headers, header, file_size);
	case PT_INTERP:
		return elf_add_interpreter(image, header, file_size);
	case PT_GNU_STACK:
		image->stack_exec = header->p_flags & PF_X;
		return OK;
	default:
		return OK;
	}
}

static bool elf_entry_valid(const struct elf_image *image)
{
	for (u32 i = 0; i < image->part_count; i++) {
		const struct elf_part *part = &image->part[i];
		if (image->entry >= part->addr && image->entry - part->addr < part->size)
			return part->access & ACCESS_EXEC;
	}
	return false;
}

err_t elf_check(struct elf_source *source, struct elf_image *image)
{
	struct elf_headers headers;
	err_t error = elf_read_headers(source, &headers);
	if (error)
		return error;

	struct elf_image found = {
		.movable = headers.file.e_type == ET_DYN,
		.stack_exec = true,
		.entry = headers.file.e_entry,
		.header_count = headers.file.e_phnum,
	};
	for (u32 i = 0; i < headers.file.e_phnum && !error; i++)
		error = elf_add_header(&found, &headers, &headers.program[i], source->size);
	if (error)
		return error;
	if (!elf_entry_valid(&found))
		return E_NOEXEC;
	*image = found;
	return OK;
}

err_t elf_interpreter(struct elf_source *source, const struct elf_image *image, char *path)
{
	if (!image->interpreter_size)
		return E_NOENT;
	err_t error =
	        source->read(source, image->interpreter_offset, path, image->interpreter_size + 1);
	if (error)
		return error;
	if (path[image->interpreter_size] || memchr(path, 0, image->interpreter_size))
		return E_NOEXEC;
	return OK;
}
