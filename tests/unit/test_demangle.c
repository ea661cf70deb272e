/* SPDX-License-Identifier: MIT */
#include "src/demangle.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

static void becomes(const char *symbol, const char *expected)
{
	AUTO(heap_free) char *name = demangle(symbol);

	if (expected)
		cr_assert_str_eq(name, expected);
	else
		cr_assert_null(name, "%s", symbol);
}

Test(demangle, reads_names_of_cpp)
{
	becomes("_ZN5shape4areaEi", "shape::area(int)");
	becomes("_ZN3BoxIiE3putERKi", "Box<int>::put(int const&)");
}

Test(demangle, reads_names_of_rust)
{
	becomes("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write");
	becomes("_RNvC6_123foo3bar", "123foo::bar");
}

Test(demangle, leaves_other_names)
{
	becomes("main", NULL);
	becomes("", NULL);
	becomes("_", NULL);
	becomes("_Z", NULL);
	becomes("_ZN", NULL);
	becomes("_start", NULL);
}

/* Each level of the template doubles the name. */
Test(demangle, cuts_names_that_grow_without_end)
{
	AUTO(heap_free) char *name = demangle(
		"_Z1f1SIS_IS_IS_IS_IS_IS_IiiES3_ES4_ES5_ES6_ES7_ES8_E");
	char deep[8192];

	if (name)
		cr_assert_leq(strlen(name), 1024);
	memset(deep, 'P', sizeof(deep) - 1);
	memcpy(deep, "_Z1f", 4);
	deep[sizeof(deep) - 1] = '\0';
	becomes(deep, NULL);
	deep[3000] = '\0';
	becomes(deep, NULL);
}
