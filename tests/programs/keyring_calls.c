/* SPDX-License-Identifier: MIT */
/* add_key, request_key and keyctl, or their refusal. */
#include "tracee.h"

int main(void)
{
	char text[64] = "";
	long key = syscall(SYS_add_key, "user", "reel", "payload", 7,
			   -2 /* KEY_SPEC_PROCESS_KEYRING */);

	if (key < 0)
		skip("no keys: errno %d", errno);
	check(syscall(SYS_keyctl, 11 /* READ */, key, text, 64, 0) == 7);
	check(!strcmp(text, "payload"));
	check(syscall(SYS_keyctl, 6 /* DESCRIBE */, key, text, 64, 0) > 0);
	say("key %ld: %s\n", key, text);
	check(syscall(SYS_request_key, "user", "reel", NULL, 0) == key);
	return success();
}
