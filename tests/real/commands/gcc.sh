# SPDX-License-Identifier: MIT
# gcc -O2: the driver with cc1, as, collect2 and ld; then the program.
# needs: gcc
# output: fixed
cat > program.c <<'END'
#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}
int main(void)
{
	int numbers[1000];
	for (int i = 0; i < 1000; i++)
		numbers[i] = i * 7919 % 1009;
	qsort(numbers, 1000, sizeof(int), compare);
	return printf("%d %d\n", numbers[0], numbers[999]) < 0;
}
END
gcc -O2 -g -Wall -pipe -o program program.c && ./program
gcc -c -S -o - program.c | grep -c '^main:'
echo 'int f(' | gcc -x c -fsyntax-only - 2> /dev/null; echo $?
