/* SPDX-License-Identifier: MIT */
/* What the third stage loads. */
int calls;

int twice(int number)
{
	int result = number * 2; /* MARK twice */

	calls++;
	return result;
}
