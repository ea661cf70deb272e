# SPDX-License-Identifier: MIT
from check import *


def meets(condition, *values):
    do("break pass if " + condition)
    for expected in values:
        do("continue")
        is_(function(), "pass")
        is_(value("i"), expected)
    has(do("info breakpoints"), r"target evals")


@scenario
def a_condition_is_met_far_away():
    meets("i == 2999", 2999)
    is_(value("sum"), 2999 * 2998 // 2)


@scenario
def a_condition_is_met_again_and_again():
    meets("sum > 10 && table[i & 7] == 3", 10, 18, 26)
    do("reverse-continue")
    is_(value("i"), 18)
    do("reverse-continue")
    is_(value("i"), 10)
    has(do("reverse-continue"), "No more reverse-execution history")


@scenario
def members_have_their_sizes_and_signs():
    meets("item.negative == -3 && item.large == 200 && "
          "item.wide >> 40 == 1 && i % 1000 == 999", 999, 1999, 2999)


@scenario
def pointers_are_followed():
    meets("name[1] == 98 && *(name + 2) == 99 && i * i == 400", 20)


@scenario
def arithmetic_is_gdbs():
    meets("(i ^ 5) - 7 == 0 || -i < -2997 || (unsigned char)i / 3 == 85",
          2, 255, 511)


@scenario
def registers_are_seen():
    meets("$rdi == 77", 77)


@scenario
def what_cannot_be_evaluated_stops():
    do("break pass if i / 0")
    has(do("continue"), "Error in testing")
    is_(value("i"), 0)


@scenario
def several_conditions_of_one_place():
    do("break pass if i == 30")
    do("break pass if i == 20")
    do("continue")
    is_(value("i"), 20)
    do("continue")
    is_(value("i"), 30)


@scenario
def a_condition_is_changed():
    meets("i == 5", 5)
    number = gdb.breakpoints()[-1].number
    do("condition %d i == 7" % number)
    do("continue")
    is_(value("i"), 7)
    do("condition %d" % number)
    do("continue")
    is_(value("i"), 8)


@scenario
def passes_are_ignored():
    do("break pass if i % 2")
    do("ignore $bpnum 10")
    do("continue")
    is_(value("i"), 21)


@scenario
def steps_do_not_stop_at_what_is_not_met():
    to("call")
    do("break pass if i == 2999")
    do("next")
    do("next")
    at("call")
    is_(value("i"), 1)


@scenario
def gdb_evaluates_by_itself_too():
    do("set breakpoint condition-evaluation host")
    do("break pass if i == 3")
    do("continue")
    do("set breakpoint condition-evaluation auto")
    is_(value("i"), 3)


@scenario
def the_child_meets_them_too():
    do("set follow-fork-mode child")
    do("break pass if i == 5005")
    do("continue")
    do("set follow-fork-mode parent")
    is_(value("i"), 5005)


run()
