/* SPDX-License-Identifier: MIT */
/*
 * OpenMP's threads spin at its barriers.
 *
 * levels: O2
 * flags: -fopenmp
 * set: OMP_WAIT_POLICY=active OMP_NUM_THREADS=2
 */
#include "strike.h"

#include <omp.h>

#define ROUNDS 16
#define LENGTH 200000

static double cells[2][LENGTH + 2];
static unsigned char order[4096];
static int length;

int main(void)
{
	double sum = 0;

	for (int i = 0; i < LENGTH; i++)
		cells[0][i] = i % 17;
#pragma omp parallel
	for (int round = 0; round < ROUNDS; round++) {
		const double *from = cells[round % 2];
		double *to = cells[!(round % 2)];

#pragma omp for schedule(dynamic, 25000)
		for (int i = 1; i <= LENGTH; i++)
			to[i] = (from[i - 1] + from[i] + from[i + 1]) / 3;
#pragma omp critical
		if (length < (int)sizeof(order))
			order[length++] = (unsigned char)omp_get_thread_num();
#pragma omp barrier
	}
	for (int i = 0; i < LENGTH; i++)
		sum += cells[0][i];
	for (int i = 0; i < length; i++)
		say("thread %d\n", order[i]);
	say("sum %.6f\n", sum);
	return success();
}
