/* SPDX-License-Identifier: MIT */
/* What the loader executes: prints things that differ in every run. */
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	char exe[256] = "";
	unsigned number = 0;
	struct timespec now;

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		perror("readlink");
	if (getrandom(&number, sizeof(number), 0) < 0)
		perror("getrandom");
	clock_gettime(CLOCK_REALTIME, &now);
	printf("payload: process %d, I am %s\n", (int)getpid(), exe);
	printf("payload: it is %lld.%09ld, the random number is %08x\n",
	       (long long)now.tv_sec, now.tv_nsec, number);
	return 7;
}
