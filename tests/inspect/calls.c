/* SPDX-License-Identifier: MIT */
/* Makes one call again and again, so that it is recorded without stops. */
#include <fcntl.h>
#include <unistd.h>

static volatile int sink;

__attribute__((noinline)) static void read_some(int fd)
{
	char bytes[8];

	sink += (int)pread(fd, bytes, sizeof(bytes), 0);
}

__attribute__((noinline)) static void read_more(int fd)
{
	read_some(fd);
	sink += fcntl(fd, F_GETFD); /* with anything in its third argument */
}

int main(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	for (int i = 0; i < 300; i++)
		read_more(fd);
	return fd < 0;
}
