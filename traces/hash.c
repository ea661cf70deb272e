/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 by libcrypto, which knows the CPU's own instructions for it.  Its old
 * interface does without what the new one (EVP) begins with: a configuration
 * file, random numbers and a search for providers, a millisecond in all.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "traces/hash.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "traces/report.h"

struct hash {
	SHA256_CTX context;
};

struct hash *hash_create(void)
{
	struct hash *hash = xmalloc(sizeof(*hash));

	hash_restart(hash);
	return hash;
}

void hash_destroy(struct hash *hash)
{
	free(hash);
}

void hash_cleanup(struct hash **hash)
{
	hash_destroy(*hash);
}

void hash_restart(struct hash *hash)
{
	bug_unless(SHA256_Init(&hash->context), "libcrypto has no SHA-256");
}

void hash_add(struct hash *hash, const void *bytes, size_t length)
{
	bug_unless(SHA256_Update(&hash->context, bytes, length),
		   "libcrypto refuses %zu bytes", length);
}

void hash_finish(struct hash *hash, uint8_t sha256_out[HASH_SIZE])
{
	bug_unless(SHA256_Final(sha256_out, &hash->context),
		   "libcrypto does not finish a hash");
}

void hash_bytes(const void *bytes, size_t length, uint8_t sha256_out[HASH_SIZE])
{
	AUTO(hash_cleanup) struct hash *hash = hash_create();

	hash_add(hash, bytes, length);
	hash_finish(hash, sha256_out);
}

void hash_to_text(const uint8_t sha256[HASH_SIZE],
		  char text_out[HASH_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < HASH_SIZE; i++) {
		text_out[2 * i] = digits[sha256[i] >> 4];
		text_out[2 * i + 1] = digits[sha256[i] & 15];
	}
	text_out[2 * HASH_SIZE] = '\0';
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

int hash_from_text(const char *text, uint8_t sha256_out[HASH_SIZE])
{
	size_t i;

	for (i = 0; i < HASH_SIZE; i++) {
		int high = digit_value(text[2 * i]);
		int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);

		if (low < 0)
			return -EINVAL;
		sha256_out[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
