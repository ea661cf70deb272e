# SPDX-License-Identifier: MIT
"""Watched memory, also where the machine doesn't say that it was met."""
from check import *


do("handle SIGTRAP nostop noprint pass")


def count_stops(mark_name):
    """Those until there; each of a watchpoint."""
    break_at(mark_name)
    count = -1
    while count < 100:
        do("continue")
        count += 1
        if line() == mark(mark_name):
            return count
    raise AssertionError("too many stops")


@scenario
def a_write_of_the_same_value():
    to("begin")
    do("awatch first")
    do("continue")
    is_(line(), mark("same") + 1)
    do("reverse-continue")
    at("same")


@scenario
def reads_by_what_the_address_was_in():
    to("chase")
    do("rwatch first")
    do("rwatch second")
    do("rwatch third")
    names = []
    for _ in range(4):
        names.append(re.search(r"watchpoint \d+: (\w+)",
                               do("continue")).group(1))
        is_(function(), "chase")
    is_(names, ["first", "second"] * 2)
    is_([b.hit_count for b in gdb.breakpoints()], [2, 2, 0])
    for name in ("second", "first", "second", "first"):
        has(do("reverse-continue"), r"watchpoint \d+: %s\s" % name)


@scenario
def string_instructions():
    to("begin")
    do("watch text[110]")
    do("watch text[130]")
    do("continue")
    is_(value("text[110]"), ord("k"))
    do("continue")
    is_(value("text[130]"), ord("4"))
    is_(function(), "strings")
    do("reverse-continue")
    is_((value("text[110]"), value("text[130]")), (ord("k"), 0))


@scenario
def pushes_calls_and_returns():
    to("stacks")
    do("step")
    is_(function(), "stacks")
    do("awatch -l *(long *)($sp - 8)")
    do("awatch first")
    places = []
    for _ in range(4):
        do("continue")
        places.append(re.search(r"\t(\S+)", do("x/i $pc")).group(1))
        is_(function(), "stacks")
    is_(places, ["pop", "call", "mov", "nop"])
    do("reverse-continue")
    has(do("x/i $pc"), r"\tret|\tnop")


@scenario
def a_trap_of_the_programs_own():
    to("stacks")
    do("watch traps")
    do("watch third")
    do("rwatch second")
    do("continue")
    is_(function(), "on_trap")
    is_(value("traps"), 5)
    do("continue")
    at("end")
    is_(value("third"), 0xf1)
    do("reverse-continue")
    is_(value("third"), 5)
    do("reverse-continue")
    is_(value("traps"), 0)
    is_(function(), "on_trap")


@scenario
def hardware_breakpoints():
    to("begin")
    do("hbreak stacks")
    do("watch third")
    do("continue")
    is_(function(), "stacks")
    do("continue")
    is_(value("third"), 0xf1)
    do("reverse-continue")
    do("reverse-continue")
    is_(function(), "stacks")


@scenario
def steps():
    to("begin")
    do("awatch first")
    do("step")
    is_(function(), "same_value")
    stops = 0
    while function() == "same_value":
        stops += "watchpoint" in do("stepi")
    is_(stops, 1)


run()
