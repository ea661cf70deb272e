/* SPDX-License-Identifier: MIT */
/* malloc from several threads: arenas, large blocks, realloc, free. */
#include "tracee.h"

static void *thread_main(void *argument)
{
	unsigned seed = (long)argument;
	char *block[32] = { 0 };

	for (int i = 0; i < 400; i++) {
		unsigned slot = rand_r(&seed) % 32;
		size_t size = 1 + rand_r(&seed) % (i % 50 ? 2000 : 300000);

		block[slot] = realloc(block[slot], size);
		memset(block[slot], i, size);
	}
	for (int i = 0; i < 32; i++)
		free(block[i]);
	return NULL;
}

int main(void)
{
	pthread_t thread[4];

	for (long i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, thread_main, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	return success();
}
