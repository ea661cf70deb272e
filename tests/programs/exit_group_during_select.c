/* SPDX-License-Identifier: MIT */
/* A thread ends the process while another is inside a call that writes the
 * remaining time back as it is killed: memory must be the same on replay. */
#include <pthread.h>
#include <stdio.h>
#include <sys/select.h>
#include <unistd.h>

static void *end_process(void *unused)
{
	(void)unused;
	usleep(50000);
	puts("EXIT-SUCCESS");
	fflush(stdout);
	_exit(0);
}

int main(void)
{
	struct timeval timeout = { 10, 0 };
	pthread_t thread;

	pthread_create(&thread, NULL, end_process, NULL);
	select(0, NULL, NULL, NULL, &timeout);
	return 1;
}
