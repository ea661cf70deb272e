/* SPDX-License-Identifier: MIT */
/* Sealed memfds: seals read back, writes refused, execution allowed. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int fd;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 34;
	}
	fd = memfd_executable("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	copy_self(fd);
	sys(fcntl(fd, F_ADD_SEALS, all));
	check((fcntl(fd, F_GET_SEALS) & all) == all);
	fails(pwrite(fd, "x", 1, 0), EPERM);
	fails(ftruncate(fd, 0), EPERM);
	fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	fails(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
	      EPERM);
	check(run_fd(fd, "child") == 34);
	return success();
}
