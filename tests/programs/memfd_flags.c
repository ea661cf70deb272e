/* SPDX-License-Identifier: MIT */
/* The matrix of memfd_create flags: modes, seals, refusals. */
#include "tracee.h"

static void attempt(const char *what, const char *name, unsigned flags)
{
	struct stat status;
	int fd = memfd(name, flags);

	if (fd < 0) {
		say("%s: errno %d\n", what, errno);
		return;
	}
	sys(fstat(fd, &status));
	say("%s: mode %o seals %#x", what, status.st_mode,
	    fcntl(fd, F_GET_SEALS));
	say(" chmod %d", fchmod(fd, 0777) ? errno : 0);
	say(" cloexec %d\n", fcntl(fd, F_GETFD));
	close(fd);
}

int main(void)
{
	char name[252];

	attempt("none", "x", 0);
	attempt("cloexec", "x", MFD_CLOEXEC);
	attempt("sealing", "x", MFD_ALLOW_SEALING);
	attempt("exec", "x", MFD_EXEC);
	attempt("noexec", "x", MFD_NOEXEC_SEAL);
	attempt("both", "x", MFD_EXEC | MFD_NOEXEC_SEAL);
	attempt("unknown", "x", 0x100);
	memset(name, 'n', sizeof(name));
	name[249] = 0;
	attempt("249 bytes", name, 0);
	name[249] = 'n';
	name[250] = 0;
	fails(memfd(name, 0), EINVAL);
	fails(memfd(NULL, 0), EFAULT);
	attempt("empty name", "", 0);
	return success();
}
