/* SPDX-License-Identifier: MIT */
#include "replay/gdb_condition.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static size_t read_own(struct memory *memory, remote_addr addr, void *bytes,
		       size_t length)
{
	static const uint8_t own[16] = { 0x10, 0x32, 0x54, 0x76, 0x98 };

	(void)memory;
	if (addr >= sizeof(own))
		return 0;
	if (length > sizeof(own) - addr)
		length = sizeof(own) - addr;
	memcpy(bytes, own + addr, length);
	return length;
}

static int get_register(void *context, unsigned number, uint64_t *value_out)
{
	(void)context;
	*value_out = number * 100;
	return number < 17 ? 0 : -EINVAL;
}

static struct memory memory = { .read = read_own };
static const struct gdb_scene scene = { &memory, get_register, NULL };

/* Code of at most 32 bytes, with its end. */
#define CODE(...) (const uint8_t[]){ __VA_ARGS__, 0x27 }, \
		  sizeof((const uint8_t[]){ __VA_ARGS__, 0x27 })

static void is(int64_t expected, const uint8_t *code, size_t length)
{
	int64_t value = 0;

	cr_assert_eq(gdb_code_evaluate(code, length, &scene, &value), 0);
	cr_assert_eq(value, expected, "%#lx, not %#lx", (long)value,
		     (long)expected);
}

static void fails(int err, const uint8_t *code, size_t length)
{
	int64_t value;

	cr_assert_eq(gdb_code_evaluate(code, length, &scene, &value), err);
}

Test(gdb_condition, calculates_with_64_bits)
{
	is(5, CODE(0x22, 2, 0x22, 3, 0x02));
	is(-1, CODE(0x22, 2, 0x22, 3, 0x03));
	is(0x1234, CODE(0x23, 0x12, 0x34));
	is(-2, CODE(0x22, 7, 0x22, 9, 0x03));
	is(-1, CODE(0x22, 0xff, 0x16, 8));	/* sign of 8 bits */
	is(0xff, CODE(0x22, 0xff, 0x16, 8, 0x2a, 8));
	is(1, CODE(0x22, 0xff, 0x16, 8, 0x22, 0, 0x14)); /* -1 < 0 */
	is(0, CODE(0x22, 0xff, 0x16, 8, 0x22, 0, 0x15));
	is(0, CODE(0x22, 1, 0x22, 64, 0x09));
}

Test(gdb_condition, divides_without_traps)
{
	fails(-EDOM, CODE(0x22, 1, 0x22, 0, 0x05));
	fails(-EDOM, CODE(0x22, 1, 0x22, 0, 0x08));
	is(INT64_MIN, CODE(0x25, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff, 0x16,
			   8, 0x05));
	is(0, CODE(0x25, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff, 0x16, 8,
		   0x07));
}

Test(gdb_condition, reads_memory_and_registers)
{
	is(0x3210, CODE(0x22, 0, 0x18));
	is(0x98765432, CODE(0x22, 1, 0x19));
	fails(-EFAULT, CODE(0x22, 12, 0x1a));
	is(1600, CODE(0x26, 0, 16));
	fails(-EINVAL, CODE(0x26, 0, 17));
}

Test(gdb_condition, turns_its_stack)
{
	is(1, CODE(0x22, 1, 0x22, 2, 0x2b));
	is(4, CODE(0x22, 2, 0x28, 0x02));
	is(7, CODE(0x22, 7, 0x22, 8, 0x22, 9, 0x32, 2));
	is(2, CODE(0x22, 1, 0x22, 2, 0x22, 3, 0x33));
	fails(-EINVAL, CODE(0x29));
	fails(-EINVAL, CODE(0x22, 1, 0x32, 1));
	fails(-EINVAL, CODE(0x02));
}

Test(gdb_condition, jumps_and_ends)
{
	is(9, CODE(0x22, 1, 0x20, 0, 7, 0x22, 8, 0x22, 9));
	fails(-ELOOP, CODE(0x21, 0, 0));
	fails(-EINVAL, CODE(0x28, 0x21, 0xff, 0xff));
	fails(-EINVAL, (const uint8_t[]){ 0x22, 1 }, 2);
	fails(-EINVAL, (const uint8_t[]){ 0x25, 1 }, 2);
	fails(-ENOSYS, CODE(0x34));
	fails(-ENOSYS, CODE(0x0c));
}

Test(gdb_condition, never_overflows_its_stack)
{
	fails(-EINVAL, CODE(0x22, 1, 0x28, 0x21, 0, 2));
}

Test(gdb_condition, is_met_when_one_of_its_codes_is)
{
	struct gdb_condition condition;

	cr_assert_eq(gdb_condition_read("X3,220027X3,220127", &condition), 0);
	cr_assert(gdb_condition_is_met(&condition, &scene));
	gdb_condition_deinit(&condition);
	cr_assert_eq(gdb_condition_read("X3,220027", &condition), 0);
	cr_assert_not(gdb_condition_is_met(&condition, &scene));
	gdb_condition_deinit(&condition);
}

Test(gdb_condition, wrong_text_is_refused)
{
	static const char *const wrong[] = {
		"", "X", "X0,", "X3,2200", "X3,22002", "Xffffffff,00", "Y1,27",
		"X1,27Y", "X1,27X", "X3;220027", "X10001,27",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct gdb_condition condition;

		cr_assert_eq(gdb_condition_read(wrong[i], &condition),
			     -EINVAL, "%s", wrong[i]);
	}
}
