/* SPDX-License-Identifier: MIT */
/*
 * Names and numbers in an ELF image that a trace holds lead to a debug file
 * below the directory that was asked for, or nowhere.
 */
#include "src/debug_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/report.h"

/* An image with one note and one section, made as wanted. */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr note_segment;
	Elf64_Shdr sections[3];
	char names[32];
	struct {
		Elf64_Nhdr header;
		char name[4];
		uint8_t id[20];
	} note;
	char link[64];
};

static char directory[64] = "/tmp/reel-test-debug-XXXXXX";

static void make_directory(void)
{
	cr_assert(mkdtemp(directory));
}

static void remove_directory(void)
{
	AUTO(heap_free) char *command = xasprintf("rm -rf %s", directory);

	cr_assert_eq(system(command), 0);
}

static void put_file(const char *path, const char *content)
{
	AUTO(heap_free) char *whole = xasprintf("%s/%s", directory, path);
	AUTO(heap_free) char *command =
		xasprintf("mkdir -p $(dirname %s) && printf %%s '%s' >%s",
			  whole, content, whole);

	cr_assert_eq(system(command), 0);
}

static struct image make_image(const char *link, uint32_t sum)
{
	struct image image = {
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_machine = EM_X86_64,
			.e_phoff = offsetof(struct image, note_segment),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
			.e_shoff = offsetof(struct image, sections),
			.e_shentsize = sizeof(Elf64_Shdr),
			.e_shnum = 3,
			.e_shstrndx = 1,
		},
		.note_segment = {
			.p_type = PT_NOTE,
			.p_offset = offsetof(struct image, note),
			.p_filesz = sizeof(image.note),
			.p_align = 4,
		},
		.sections[1] = {
			.sh_type = SHT_STRTAB,
			.sh_offset = offsetof(struct image, names),
			.sh_size = sizeof(image.names),
		},
		.sections[2] = {
			.sh_name = 1,
			.sh_type = SHT_PROGBITS,
			.sh_offset = offsetof(struct image, link),
			.sh_size = sizeof(image.link),
		},
		.names = "\0.gnu_debuglink",
		.note.header = { 4, 20, NT_GNU_BUILD_ID },
		.note.name = "GNU",
	};
	size_t place = (strlen(link) + 4) & ~(size_t)3;

	memset(image.note.id, 0xab, sizeof(image.note.id));
	strcpy(image.link, link);
	memcpy(image.link + place, &sum, sizeof(sum));
	return image;
}

#define SUM_OF_HELLO 0x3610a686u /* zlib's crc32 of "hello" */

/* What is found for the image, read: "" when there is nothing. */
static const char *found(struct image *image, const char *path)
{
	static char content[64];
	struct bytes_memory memory;
	struct elf_image elf;
	struct debug_file file;
	ssize_t length = 0;

	bytes_memory_init(&memory, image, sizeof(*image));
	cr_assert_eq(elf_image_open(&memory.memory, 0, &elf), 0);
	file = debug_file_open(directory, &elf, path);
	if (file.fd >= 0)
		length = read(file.fd, content, sizeof(content) - 1);
	content[length] = '\0';
	debug_file_close(&file);
	elf_image_close(&elf);
	return content;
}

#define ID_PATH ".build-id/ab/ababababababababababababababababababab.debug"

TestSuite(debug_file, .init = make_directory, .fini = remove_directory);

Test(debug_file, build_id_comes_first)
{
	struct image image = make_image("a.debug", SUM_OF_HELLO);

	put_file("a.debug", "hello");
	put_file(ID_PATH, "by id");
	cr_assert_str_eq(found(&image, "/usr/bin/a"), "by id");
}

Test(debug_file, link_is_looked_for_beside_the_path_and_then_alone)
{
	struct image image = make_image("a.debug", SUM_OF_HELLO);

	cr_assert_str_eq(found(&image, "/usr/bin/a"), "");
	put_file("a.debug", "hello");
	cr_assert_str_eq(found(&image, "/usr/bin/a"), "hello");
	put_file("usr/bin/a.debug", "other");
	cr_assert_str_eq(found(&image, "/usr/bin/a"), "hello");
	cr_assert_str_eq(found(&image, "/memfd:a (deleted)"), "hello");
	cr_assert_str_eq(found(&image, NULL), "hello");
}

Test(debug_file, checksum_must_be_right)
{
	struct image image = make_image("a.debug", SUM_OF_HELLO + 1);

	put_file("a.debug", "hello");
	cr_assert_str_eq(found(&image, "/usr/bin/a"), "");
}

Test(debug_file, link_leads_nowhere_else)
{
	static const char *const names[] = { "../a", "/etc/a", "b/a", "..",
					     ".", "" };

	put_file("b/a", "hello");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct image image = make_image(names[i], SUM_OF_HELLO);

		cr_assert_str_eq(found(&image, "/x/a"), "", "%s", names[i]);
	}
}

Test(debug_file, path_leads_nowhere_else)
{
	struct image image = make_image("a", SUM_OF_HELLO);
	char *outer = directory;

	put_file("inner/x", "");
	put_file("a", "hello");
	strcat(outer, "/inner"); /* a is outside of it */
	cr_assert_str_eq(found(&image, "/../x"), "");
	cr_assert_str_eq(found(&image, "/x/../../x"), "");
	cr_assert_str_eq(found(&image, "../x"), "");
	outer[strlen(outer) - strlen("/inner")] = '\0';
	cr_assert_str_eq(found(&image, "/y/x"), "hello");
}

Test(debug_file, other_than_files_are_not_waited_for)
{
	struct image image = make_image("a.debug", 0);
	AUTO(heap_free) char *path = xasprintf("%s/a.debug", directory);

	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_assert_str_eq(found(&image, "/usr/bin/a"), "");
}

Test(debug_file, notes_and_links_that_lie_are_left)
{
	struct image image = make_image("a.debug", SUM_OF_HELLO);

	put_file(ID_PATH, "by id");
	image.note.header.n_descsz = 0xffffffff;
	cr_assert_str_eq(found(&image, NULL), "");
	image.note.header.n_descsz = 65;
	cr_assert_str_eq(found(&image, NULL), "");
	image.note.header.n_descsz = 20;
	image.note.header.n_namesz = 0xfffffffd;
	cr_assert_str_eq(found(&image, NULL), "");
	image.note.header.n_namesz = 4;
	image.note_segment.p_filesz = UINT64_MAX;
	cr_assert_str_eq(found(&image, NULL), "");
	memset(image.link, 'a', sizeof(image.link));
	image.sections[2].sh_size = UINT64_MAX;
	cr_assert_str_eq(found(&image, NULL), "");
}
