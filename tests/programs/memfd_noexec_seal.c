/* SPDX-License-Identifier: MIT */
/* MFD_NOEXEC_SEAL: not executable, and never to be made so. */
#include "exec_anonymous.h"

int main(void)
{
	int fd = memfd("data", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		skip("no MFD_NOEXEC_SEAL");
	check(fd >= 0);
	copy_self(fd);
	check(fcntl(fd, F_GET_SEALS) & F_SEAL_EXEC);
	fails(fchmod(fd, 0755), EPERM);
	check(run_fd(fd, "child") == EACCES);
	check(run_path("/proc/self/fd/%d", fd) == EACCES);
	return success();
}
