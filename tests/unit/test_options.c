/* SPDX-License-Identifier: MIT */
#include "src/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

struct seen {
	char text[64];
};

static const struct option_row rows[] = {
	{ "quiet", 'q', NULL, "say nothing" },
	{ "output", 'o', "FILE", "write to FILE" },
	{ "cpu", 0, "CPU", "pretend" },
	{ 0 },
};

static int note(void *values, const struct option_row *option,
		const char *argument)
{
	struct seen *seen = values;

	strcat(seen->text, option->name);
	if (argument) {
		strcat(seen->text, "=");
		strcat(seen->text, argument);
	}
	strcat(seen->text, ";");
	return 0;
}

static struct command command = {
	.name = "test",
	.operands = "FILE...",
	.least = 1,
	.most = 3,
	.summary = "Test",
	.example = "  reel test",
	.options = rows,
	.usage = 7,
	.set_option = note,
};

#define PARSE(...)                                                          \
	({                                                                  \
		char *argv_[] = { (char *)"test", __VA_ARGS__, NULL };      \
		options_parse(&command,                                     \
			      sizeof(argv_) / sizeof(argv_[0]) - 1, argv_,  \
			      &seen);                                       \
	})

Test(options, reads_all_forms)
{
	struct seen seen = { "" };

	cr_assert_eq(PARSE("-q", "-ofoo", "-o", "bar", "--cpu=host",
			   "--output", "x", "operand"), 8);
	cr_assert_str_eq(seen.text, "quiet;output=foo;output=bar;cpu=host;"
				    "output=x;");
}

Test(options, may_follow_operands_unless_they_come_first)
{
	struct seen seen = { "" };

	cr_assert_eq(PARSE("operand", "-q"), 2);
	cr_assert_str_eq(seen.text, "quiet;");
	command.order = OPTIONS_FIRST;
	seen.text[0] = '\0';
	cr_assert_eq(PARSE("operand", "-q"), 1);
	cr_assert_str_eq(seen.text, "");
	cr_assert_eq(PARSE("-q", "--", "-q"), 3);
	cr_assert_str_eq(seen.text, "quiet;");
	command.order = OPTIONS_ANYWHERE;
}

static void assert_complaint(char *argument, const char *complaint)
{
	struct seen seen = { "" };

	cr_redirect_stderr();
	cr_assert_eq(PARSE(argument), OPTIONS_WRONG);
	cr_assert_stderr_eq_str(complaint);
	cr_assert_eq(options_exit_status(&command, OPTIONS_WRONG), 7);
}

Test(options, names_an_unknown_letter)
{
	assert_complaint((char *)"-x", "reel: test: unknown option -x (see "
				       "reel test --help)\n");
}

Test(options, names_an_unknown_word)
{
	assert_complaint((char *)"--nonsense", "reel: test: unknown option "
			 "--nonsense (see reel test --help)\n");
}

Test(options, names_the_option_whose_argument_is_missing)
{
	assert_complaint((char *)"-o", "reel: test: an argument is missing "
				       "after -o (see reel test --help)\n");
}

Test(options, names_the_long_option_whose_argument_is_missing)
{
	assert_complaint((char *)"--cpu", "reel: test: an argument is missing "
			 "after --cpu (see reel test --help)\n");
}

Test(options, refuses_an_argument_where_there_is_none)
{
	assert_complaint((char *)"--quiet=yes", "reel: test: no argument is "
			 "allowed in --quiet=yes (see reel test --help)\n");
}

Test(options, says_which_operand_is_missing)
{
	assert_complaint((char *)"-q", "reel: test: an operand is missing: "
				       "FILE... (see reel test --help)\n");
}

Test(options, names_the_operand_too_many)
{
	struct seen seen = { "" };

	cr_redirect_stderr();
	cr_assert_eq(PARSE("a", "b", "c", "d"), OPTIONS_WRONG);
	cr_assert_stderr_eq_str("reel: test: one operand too many: d (see reel "
				"test --help)\n");
}

Test(options, help_is_no_mistake)
{
	struct seen seen = { "" };

	cr_redirect_stdout();
	cr_assert_eq(PARSE("--help"), OPTIONS_HELP);
	cr_assert_eq(options_exit_status(&command, OPTIONS_HELP), 0);
}

Test(options, numbers_are_whole_and_not_negative)
{
	uint64_t number;

	cr_redirect_stderr();
	cr_assert_eq(options_number(&rows[2], "17", &number), 0);
	cr_assert_eq(number, 17);
	cr_assert_eq(options_number(&rows[2], "0x20", &number), 0);
	cr_assert_eq(number, 32);
	cr_assert_lt(options_number(&rows[2], "-1", &number), 0);
	cr_assert_lt(options_number(&rows[2], "", &number), 0);
	cr_assert_lt(options_number(&rows[2], "12x", &number), 0);
	cr_assert_lt(options_number(&rows[2], "99999999999999999999",
				    &number), 0);
}
