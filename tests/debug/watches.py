# SPDX-License-Identifier: MIT
"""Watched memory of any length, in any number."""
from check import *


do("handle SIGUSR1 SIGSEGV nostop noprint pass")


def begin():
    to("begin")


def take_up_registers():
    """Four watchpoints that are never met, each of a debug register."""
    for i in range(4, 8):
        do("watch others[%d]" % i)


@scenario
def a_long_array():
    begin()
    do("watch table")
    for i in range(3):
        do("continue")
        is_(value("table[%d]" % (i * 400)), i + 1)
        is_(value("i"), i)
    do("continue")
    is_(value("table[1199]"), 7)
    do("continue")
    is_(value("table[10]"), 5)
    has(function(), "work")


@scenario
def a_long_array_backwards():
    to("summed")
    do("watch table")
    do("reverse-continue")
    is_(value("table[1199]"), 0)
    at("last")
    for i in (2, 1, 0):
        do("reverse-continue")
        at("table")
        is_(value("i"), i)
        is_(value("table[%d]" % (i * 400)), 0)
    has(do("reverse-continue"), "No more reverse-execution history")


@scenario
def more_than_four():
    begin()
    take_up_registers()
    do("watch part.second")
    do("continue")
    at("text")
    is_(value("part.second"), 2)
    do("continue")
    is_(value("part.second"), 3)
    do("reverse-continue")
    at("third")
    is_(value("part.second"), 2)
    do("reverse-continue")
    at("second")
    is_(value("part.second"), 0)


@scenario
def overlapping_regions():
    begin()
    do("watch part")
    do("watch part.second")
    first = gdb.breakpoints()[-2]
    second = gdb.breakpoints()[-1]
    do("continue")
    is_((value("part.first"), value("part.second")), (1, 0))
    is_((first.hit_count, second.hit_count), (1, 0))
    do("continue")
    is_(value("part.second"), 2)
    is_((first.hit_count, second.hit_count), (2, 1))
    second.delete()
    do("continue")
    is_(value("part.second"), 2)
    has(do("print part.text"), '"te')


@scenario
def overlapping_regions_without_registers():
    begin()
    take_up_registers()
    do("watch part")
    do("watch part.second")
    first = gdb.breakpoints()[-2]
    second = gdb.breakpoints()[-1]
    do("continue")
    is_((first.hit_count, second.hit_count), (1, 0))
    do("continue")
    is_((first.hit_count, second.hit_count), (2, 1))
    is_(value("part.second"), 2)


@scenario
def reads_are_met():
    begin()
    take_up_registers()
    do("rwatch table[400]")
    do("continue")
    at("sum")
    is_(value("i"), 400)
    break_at("end")
    do("continue")
    at("end")
    do("awatch part.second")
    do("reverse-continue")
    is_(value("i"), 400)
    do("reverse-continue")
    at("third")


@scenario
def all_accesses_to_a_long_array():
    begin()
    do("awatch table")
    for i in range(3):
        do("continue")
        is_(value("i"), i)
    do("continue")
    is_(value("table[1199]"), 7)
    do("continue")
    is_(value("table[1199]"), 7)
    for i in range(5):
        do("continue")
        is_(function(), "sum_of")
        is_(value("i"), i)
    for i in (4, 3, 2):
        do("reverse-continue")
        is_(function(), "sum_of")
        is_(value("i"), i)


@scenario
def what_a_call_writes():
    to("summed")
    do("watch input")
    do("continue")
    is_(value("input[4000]"), ord("h"))
    is_(value("input[4004]"), ord("o"))
    do("reverse-continue")
    is_(value("input[4000]"), 0)


@scenario
def calls_read_and_write_as_recorded():
    to("summed")
    do("awatch input")
    do("awatch others")
    break_at("end")
    while line() != mark("end"):
        do("continue")
    is_(value("sum"), 13 + 5 + 1)


@scenario
def a_barrier_of_the_programs_own():
    to("summed")
    do("watch -l *(char (*)[8192])pages")
    do("continue")
    at("behind barrier")
    is_(value("pages[8]"), 1)
    do("continue")
    is_(value("pages[9]"), 2)
    do("reverse-continue")
    at("behind barrier")
    is_(value("pages[9]"), 0)
    do("reverse-continue")
    is_(value("pages[8]"), 0)
    do("delete")
    to("end")
    is_(value("sum"), 13 + 5 + 1)
    is_(value("others[15]"), 1)


@scenario
def steps_meet_what_is_watched():
    begin()
    do("watch table")
    to_write = 0
    while value("table[0]") == 0:
        do("stepi")
        to_write += 1
    do("reverse-stepi")
    is_(value("table[0]"), 0)
    do("stepi")
    is_(value("table[0]"), 1)


@scenario
def the_stack_is_watched():
    begin()
    do("watch -l *(char (*)[4096])((long)$sp & ~4095)")
    do("continue")
    do("delete")
    to("end")
    is_(value("sum"), 13 + 5 + 1)


@scenario
def in_a_copy():
    to("first")
    take_up_registers()
    do("watch part.second")
    do("jump %d" % mark("second"))
    at("text")
    is_((value("part.first"), value("part.second")), (0, 2))
    do("delete")
    do("monitor discard")
    do("maintenance flush dcache")
    do("maintenance flush register-cache")
    is_(value("part.second"), 0)


@scenario
def too_much_is_refused():
    begin()
    do("watch -l *(char (*)[0x200000])pages")
    try:
        do("continue")
    except gdb.error as error:
        has(str(error), "Command aborted|Could not insert")
    else:
        raise AssertionError("2 MiB can be watched")


run()
