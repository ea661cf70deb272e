/* SPDX-License-Identifier: MIT */
/* Damaged ELF files: refused with an errno, or the process is killed. */
#include <elf.h>

#include "tracee.h"

static void run(const char *what, size_t offset, unsigned char value)
{
	int fd = make_file("damaged", "", 0, 0755), status;
	pid_t child;

	copy_self(fd);
	check(pwrite(fd, &value, 1, offset) == 1);
	close(fd);
	child = sys(fork());
	if (child == 0) {
		execl("./damaged", "damaged", NULL);
		_exit(errno);
	}
	status = await(child);
	say("%s: status %#x\n", what, status);
	check(status);
}

int main(void)
{
	scratch();
	run("machine", offsetof(Elf64_Ehdr, e_machine), 0xf7);
	run("type", offsetof(Elf64_Ehdr, e_type), ET_CORE);
	run("magic", 0, 0);
	run("program header size", offsetof(Elf64_Ehdr, e_phentsize), 1);
	run("program header count", offsetof(Elf64_Ehdr, e_phnum), 0);
	return success();
}
