/* SPDX-License-Identifier: MIT */
#include "src/human.h"

#include <criterion/criterion.h>

static char text[HUMAN_LENGTH];

Test(human, sizes_have_two_digits_at_least)
{
	cr_assert_str_eq(human_size(0, text), "0 B");
	cr_assert_str_eq(human_size(1023, text), "1023 B");
	cr_assert_str_eq(human_size(1024, text), "1.0 KiB");
	cr_assert_str_eq(human_size(1024 * 120, text), "120 KiB");
	cr_assert_str_eq(human_size(1024 * 1024 - 1, text), "1.0 MiB");
	cr_assert_str_eq(human_size(UINT64_MAX, text), "16384 PiB");
}

Test(human, times_change_units)
{
	cr_assert_str_eq(human_time(1500000, text), "0.002 s");
	cr_assert_str_eq(human_time(1500000000, text), "1.5 s");
	cr_assert_str_eq(human_time(61000000000, text), "1 min 01 s");
	cr_assert_str_eq(human_time(3661000000000, text), "1 h 01 min");
}

Test(human, statuses_name_signals)
{
	cr_assert_str_eq(human_status(0, text), "exit 0");
	cr_assert_str_eq(human_status(3 << 8, text), "exit 3");
	cr_assert_str_eq(human_status(11, text), "SIGSEGV");
	cr_assert_str_eq(human_status(6 | 0x80, text), "SIGABRT (core)");
	cr_assert_str_eq(human_status(40, text), "signal 40");
}

Test(human, no_date_is_a_dash)
{
	cr_assert_str_eq(human_date(0, text), "-");
}
