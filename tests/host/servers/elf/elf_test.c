/* SPDX-License-Identifier: MIT */
/* Files made by hand, then broken in every way: each must be refused, or give parts that can be
 * mapped without a further thought. */
#include "lib/elf/elf.h"

#include <elf.h>
#include <stdlib.h>

#include "host/test.h"

enum { FILE_MAX = 0x6000 };

struct file {
	u8 data[FILE_MAX];
	u64 size, read_limit; /* reads beyond read_limit fail with E_IO */
	bool strayed;         /* a read went beyond the file */
};

static err_t file_read(struct elf_source *source, u64 offset, void *buf, size_t size)
{
	struct file *file = source->cookie;

	if (!range_fits(offset, size, file->size)) {
		file->strayed = true;
		return E_IO;
	}
	if (offset + size > file->read_limit)
		return E_IO;
	memcpy(buf, file->data + offset, size);
	return OK;
}

static err_t check(struct file *file, struct elf_image *image)
{
	struct elf_source source = { .read = file_read, .size = file->size, .cookie = file };
	return elf_check(&source, image);
}

/* Text at 0x400000, data and .bss at 0x402e10, an interpreter. */
static struct file sample(void)
{
	static const char interpreter[] = "/lib/ld-musl-x86_64.so.1";
	struct file file = { .size = 0x5000, .read_limit = FILE_MAX };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
		             EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = 0x400400,
		.e_phoff = 64,
		.e_ehsize = 64,
		.e_phentsize = 56,
		.e_phnum = 4,
	};
	Elf64_Phdr program[] = {
		{ .p_type = PT_INTERP,
		  .p_offset = 0x300,
		  .p_vaddr = 0x400300,
		  .p_filesz = sizeof(interpreter),
		  .p_memsz = sizeof(interpreter) },
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_vaddr = 0x400000,
		  .p_filesz = 0x1800,
		  .p_memsz = 0x1800,
		  .p_align = 4096 },
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_W,
		  .p_offset = 0x1e10,
		  .p_vaddr = 0x402e10,
		  .p_filesz = 0x400,
		  .p_memsz = 0x3000,
		  .p_align = 4096 },
		{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
	};
	memcpy(file.data, &header, sizeof(header));
	memcpy(file.data + 64, program, sizeof(program));
	memcpy(file.data + 0x300, interpreter, sizeof(interpreter));
	return file;
}

static Elf64_Ehdr *file_header(struct file *file) { return (Elf64_Ehdr *)(void *)file->data; }
static Elf64_Phdr *program_header(struct file *file, u32 i)
{
	return (Elf64_Phdr *)(void *)(file->data + 64) + i;
}

TEST(a_good_file_becomes_parts)
{
	struct file file = sample();
	struct elf_image image;

	CHECK_EQ(check(&file, &image), OK);
	CHECK(!image.movable && !image.stack_exec);
	CHECK_EQ(image.part_count, 3);
	CHECK_EQ(image.part[0].how, ELF_MAP);
	CHECK_EQ(image.part[0].size, 0x2000);
	CHECK_EQ(image.part[0].access, ACCESS_READ | ACCESS_EXEC);
	CHECK_EQ(image.part[1].how, ELF_COPY);
	CHECK_EQ(image.part[1].addr, 0x402000);
	CHECK_EQ(image.part[1].file_offset, 0x1000);
	CHECK_EQ(image.part[1].file_size, 0x1210);
	CHECK_EQ(image.part[1].size, 0x2000);
	CHECK_EQ(image.part[1].zero_addr, 0x403210);
	CHECK_EQ(image.part[1].zero_size, 0xdf0);
	CHECK_EQ(image.part[2].how, ELF_ZERO);
	CHECK_EQ(image.part[2].addr, 0x404000);
	CHECK_EQ(image.part[2].size, 0x2000);
	CHECK_EQ(image.low, 0x400000);
	CHECK_EQ(image.high, 0x406000);
	CHECK_EQ(image.header_addr, 0x400040);
	CHECK_EQ(image.header_count, 4);
}

TEST(the_interpreter_is_found)
{
	struct file file = sample();
	struct elf_image image;
	char path[ELF_INTERPRETER_MAX];
	struct elf_source source = { .read = file_read, .size = file.size, .cookie = &file };

	CHECK_EQ(elf_check(&source, &image), OK);
	CHECK_EQ(elf_interpreter(&source, &image, path), OK);
	CHECK_STR(path, "/lib/ld-musl-x86_64.so.1");
	file.data[0x304] = 0;
	CHECK_EQ(elf_interpreter(&source, &image, path), E_NOEXEC);
	program_header(&file, 0)->p_type = PT_NULL;
	CHECK_EQ(elf_check(&source, &image), OK);
	CHECK_EQ(elf_interpreter(&source, &image, path), E_NOENT);
}

TEST(a_load_of_zeroes_only_has_no_file_part)
{
	struct file file = sample();
	struct elf_image image;

	program_header(&file, 2)->p_filesz = 0;
	CHECK_EQ(check(&file, &image), OK);
	CHECK_EQ(image.part_count, 2);
	CHECK_EQ(image.part[1].how, ELF_ZERO);
	CHECK_EQ(image.part[1].addr, 0x402000);
	CHECK_EQ(image.part[1].size, 0x4000);
}

TEST(what_is_not_for_us_is_refused)
{
	static const struct {
		u32 offset;
		u8 value;
	} wrong[] = {
		{ 0, 'X' },
		{ EI_CLASS, ELFCLASS32 },
		{ EI_DATA, ELFDATA2MSB },
		{ EI_VERSION, 2 },
		{ 16, ET_REL },
		{ 18, EM_386 },
		{ 54, 57 },
		{ 56, 0 },
		{ 56, ELF_HEADERS_MAX + 1 },
		{ 57, 1 },
		{ 39, 1 },
	};
	struct elf_image image;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct file file = sample();
		file.data[wrong[i].offset] = wrong[i].value;
		CHECK_EQ(check(&file, &image), E_NOEXEC);
	}
}

TEST(loads_that_wrap_overlap_or_stick_out_are_refused)
{
	struct elf_image image;
	struct file file;

#define REFUSED(change) (file = sample(), (change), CHECK(check(&file, &image) == E_NOEXEC))
	REFUSED(program_header(&file, 1)->p_filesz = 0x5001);
	REFUSED(program_header(&file, 1)->p_offset = UINT64_MAX - 0xfff);
	REFUSED(program_header(&file, 1)->p_memsz = 0x17ff);
	REFUSED(program_header(&file, 2)->p_memsz = UINT64_MAX - 0x1000);
	REFUSED(program_header(&file, 2)->p_vaddr = USER_END - 0x11f0);
	REFUSED(program_header(&file, 2)->p_vaddr = UINT64_MAX - 0x1ef);
	REFUSED(program_header(&file, 2)->p_vaddr = 0x401e10); /* same page as the text's last */
	REFUSED(program_header(&file, 2)->p_vaddr = 0x302e10); /* below it */
	REFUSED(program_header(&file, 2)->p_vaddr = 0x402e11); /* another place in the page */
	REFUSED(program_header(&file, 2)->p_flags = 0);
	REFUSED(program_header(&file, 1)->p_vaddr = 0);  /* page 0 */
	REFUSED(file_header(&file)->e_entry = 0x403000); /* not executable */
	REFUSED(file_header(&file)->e_entry = 0x300000);
	REFUSED(file_header(&file)->e_phoff = 0x5000 - 4 * 56 + 1);
	REFUSED(program_header(&file, 0)->p_filesz = ELF_INTERPRETER_MAX + 1);
	REFUSED(program_header(&file, 0)->p_offset = 0x4fff);
	REFUSED(program_header(&file, 3)->p_type = PT_INTERP); /* empty, and the second */
#undef REFUSED
}

TEST(a_movable_file_may_begin_at_zero)
{
	struct file file = sample();
	struct elf_image image;

	file_header(&file)->e_type = ET_DYN;
	file_header(&file)->e_entry = 0x400;
	program_header(&file, 1)->p_vaddr = 0;
	CHECK_EQ(check(&file, &image), OK);
	CHECK(image.movable);
	CHECK_EQ(image.low, 0);
}

TEST(an_error_of_the_source_comes_through)
{
	struct elf_image image;

	for (u64 limit = 0; limit < 64 + 4 * 56; limit++) {
		struct file file = sample();
		file.read_limit = limit;
		CHECK_EQ(check(&file, &image), E_IO);
		CHECK(!file.strayed);
	}
}

TEST(a_truncated_file_is_refused_at_every_size)
{
	struct elf_image image;

	for (u64 size = 0; size < 0x2210; size++) {
		struct file file = sample();
		file.size = size;
		CHECK_EQ(check(&file, &image), E_NOEXEC);
		CHECK(!file.strayed);
	}
}

/* What the header promises to loaders. */
static bool image_sound(const struct elf_image *image, const struct file *file)
{
	u64 end = image->movable ? 0 : USER_START;
	bool entry = false;

	for (u32 i = 0; i < image->part_count; i++) {
		const struct elf_part *part = &image->part[i];
		bool from_file = part->how != ELF_ZERO;
		if (part->addr < end || (part->addr | part->size) & PAGE_MASK || !part->size ||
		    !range_fits(part->addr, part->size, USER_END))
			return false;
		if (from_file && (part->file_offset & PAGE_MASK || part->file_size > part->size ||
		                  part->size - part->file_size >= PAGE_SIZE ||
		                  !range_fits(part->file_offset, part->file_size, file->size)))
			return false;
		if (part->zero_size &&
		    (part->how != ELF_COPY ||
		     part->zero_addr + part->zero_size != part->addr + part->size))
			return false;
		if (part->access & ACCESS_WRITE && part->how == ELF_MAP)
			return false;
		entry |= image->entry >= part->addr && image->entry < part->addr + part->size;
		end = part->addr + part->size;
	}
	return entry && image->part_count > 0 && image->part_count <= ELF_PARTS_MAX &&
	       image->high == end;
}

TEST(whatever_is_accepted_of_a_damaged_file_is_sound)
{
	static const u64 values[] = { 0,
		                      1,
		                      0xfff,
		                      0x1000,
		                      0x7fffffffffff,
		                      0x8000000000000000,
		                      UINT64_MAX,
		                      UINT64_MAX - 0xfff };
	u32 accepted = 0;

	srand(1);
	for (int round = 0; round < 300000; round++) {
		struct file file = sample();
		struct elf_image image;
		int changes = 1 + rand() % 3;
		while (changes--) {
			u32 at = (u32)rand() % (64 + 4 * 56);
			if (rand() % 2)
				file.data[at] = (u8)rand();
			else
				memcpy(file.data + (at & ~7u),
				       &values[(u32)rand() % COUNT_OF(values)], 8);
		}
		err_t error = check(&file, &image);
		CHECK(error == OK || error == E_NOEXEC);
		CHECK(!file.strayed);
		CHECK(error || image_sound(&image, &file));
		accepted += !error;
	}
	CHECK(accepted > 1000);
}
