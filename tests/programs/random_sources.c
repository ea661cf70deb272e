/* SPDX-License-Identifier: MIT */
/* AT_RANDOM, getrandom, /dev/urandom, arc4random's kin, address layout. */
#include <sys/auxv.h>
#include <sys/random.h>

#include "tracee.h"

int main(void)
{
	char block[32];
	int fd;

	say_hex("AT_RANDOM", (void *)getauxval(AT_RANDOM), 16);
	check(getrandom(block, 32, 0) == 32);
	say_hex("getrandom", block, 32);
	check(getrandom(block, 8, GRND_NONBLOCK) == 8);
	check(getentropy(block, 32) == 0);
	say_hex("getentropy", block, 32);
	fd = sys(open("/dev/urandom", O_RDONLY));
	check(read(fd, block, 32) == 32);
	say_hex("urandom", block, 32);
	fd = sys(open("/proc/sys/kernel/random/uuid", O_RDONLY));
	check(read(fd, block, 32) == 32);
	say("uuid %.32s\n", block);
	say("stack %p heap %p code %p\n", (void *)block, malloc(1),
	    (void *)main);
	return success();
}
