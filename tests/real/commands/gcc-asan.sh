# SPDX-License-Identifier: MIT
# A program with the address sanitizer: terabytes of sparse shadow memory.
# needs: gcc
# output: fixed
cat > program.c <<'END'
#include <stdlib.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	char *room = malloc(100);
	room[99] = 1;
	puts("writing");
	fflush(stdout);
	room[99 + argc] = 1;
	return 0;
}
END
gcc -g -fsanitize=address,undefined -o program program.c || exit 1
export ASAN_OPTIONS=detect_leaks=0
./program 2> errors; echo $?
grep -o 'heap-buffer-overflow' errors | head -1
grep -o 'program.c:9' errors | head -1
