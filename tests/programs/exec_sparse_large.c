/* SPDX-License-Identifier: MIT */
/*
 * An executable of more than a GiB, nearly all of it holes, loaded by a
 * segment of its own, run and looked at.
 */
#include "tracee.h"

#include <elf.h>

#define HOLE (1200L << 20)
#define LOADED_AT (64L << 20) /* behind the rest of the program */

/* A note's segment, which nobody reads, becomes one that loads the hole. */
static void load_hole(int fd, off_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	check(pread(fd, &header, sizeof(header), 0) == sizeof(header));
	for (int i = 0; i < header.e_phnum; i++) {
		off_t at = header.e_phoff + i * sizeof(segment);

		check(pread(fd, &segment, sizeof(segment), at) ==
		      sizeof(segment));
		if (segment.p_type != PT_NOTE)
			continue;
		segment = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_offset = 1 << 20,
			.p_vaddr = LOADED_AT,
			.p_filesz = size - (1 << 20),
			.p_memsz = size - (1 << 20),
			.p_align = 4096,
		};
		check(pwrite(fd, &segment, sizeof(segment), at) ==
		      sizeof(segment));
		return;
	}
	check(!"no note");
}

int main(int argc, char **argv)
{
	struct stat status;
	int fd;

	if (argc > 1) {
		fd = sys(open("/proc/self/exe", O_RDONLY));
		sys(fstat(fd, &status));
		check(status.st_size > 1L << 30);
		char *map = sys(mmap(NULL, status.st_size, PROT_READ,
				     MAP_PRIVATE, fd, 0));
		check(!memcmp(map + status.st_size - 4, "last", 4));
		check(!map[HOLE / 2]);
		return success();
	}
	scratch();
	fd = sys(open("large", O_RDWR | O_CREAT | O_CLOEXEC, 0700));
	copy_self(fd);
	if (ftruncate(fd, HOLE))
		skip("no file of 1200 MiB: errno %d", errno);
	check(pwrite(fd, "last", 4, HOLE - 4) == 4);
	load_hole(fd, HOLE);
	close(fd);
	sys(execl("large", "large", "again", (char *)NULL));
}
