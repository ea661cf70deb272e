/* SPDX-License-Identifier: MIT */
/* SHA-256, and hashes as text. */
#ifndef REEL_HASH_H
#define REEL_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 32
#define HASH_TEXT_SIZE 65 /* with the NUL */

struct hash; /* one being computed */

struct hash *hash_create(void);
void hash_destroy(struct hash *hash);
void hash_cleanup(struct hash **hash); /* for AUTO() */

void hash_restart(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t length);
void hash_finish(struct hash *hash, uint8_t sha256_out[HASH_SIZE]);

/* All at once. */
void hash_bytes(const void *bytes, size_t length,
		uint8_t sha256_out[HASH_SIZE]);

void hash_to_text(const uint8_t sha256[HASH_SIZE],
		  char text_out[HASH_TEXT_SIZE]);

/* -EINVAL, not reported, unless text begins with 64 lower-case digits. */
int hash_from_text(const char *text, uint8_t sha256_out[HASH_SIZE]);

#endif
