# SPDX-License-Identifier: MIT
from check import *


def threads():
    return len(gdb.selected_inferior().threads())


def number():
    return gdb.selected_thread().ptid[1]


@scenario
def all_threads_are_listed():
    to("round")
    to("round")
    is_(threads(), 4)
    has(do("info threads"), r"\* \d+ +Thread \d+\.\d+ .*work")


@scenario
def each_round_is_met():
    do("break %d" % mark("round"))
    who = []
    for _ in range(12):
        do("continue")
        at("round")
        who.append(value("me"))
    is_(sorted(who), sorted(list(range(3)) * 4))


@scenario
def rounds_come_back_in_the_other_order():
    do("break %d" % mark("round"))
    there = []
    for _ in range(12):
        do("continue")
        there.append((number(), value("me"), value("i"), event()))
    for expected in reversed(there[:-1]):
        do("reverse-continue")
        is_((number(), value("me"), value("i"), event()), expected)


@scenario
def a_watched_variable_is_written_by_many():
    to("round")
    do("watch shared")
    seen = [value("shared")]
    writers = set()
    while len(seen) < 13:
        do("continue")
        seen.append(value("shared"))
        writers.add(number())
    is_(seen, list(range(13)))
    is_(len(writers), 3)


@scenario
def a_watched_variable_backwards():
    to("joined")
    is_(value("shared"), 12)
    do("watch shared")
    for expected in range(11, -1, -1):
        do("reverse-continue")
        is_(value("shared"), expected)
        at("shared")


@scenario
def finish_stays_in_its_thread():
    to("shared")
    thread = number()
    do("finish")
    is_(number(), thread)
    is_(function(), "work")


@scenario
def reverse_finish_stays_in_its_thread():
    to("shared")
    thread = number()
    before = value("shared")
    do("reverse-finish")
    is_(number(), thread)
    is_(function(), "work")
    is_(value("shared"), before)


@scenario
def next_goes_over_what_blocks():
    to("round")
    thread = number()
    me = value("me")
    i = value("i")
    do("next")
    is_(number(), thread)
    is_(value("me"), me)
    do("next")
    do("next")
    is_(number(), thread)
    is_(value("i"), i + 1)


@scenario
def each_thread_has_its_registers_and_frames():
    to("round")
    pointers = set()
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        pointers.add(value("(long)$rsp"))
        has(do("backtrace"), r"work|main|clone|start_thread")
    is_(len(pointers), threads())


@scenario
def threads_are_found_by_their_handles():
    to("join")
    for i in range(3):
        handle = gdb.parse_and_eval("threads[%d]" % i)
        thread = gdb.selected_inferior().thread_from_handle(handle)
        if thread:
            is_(value("threads[%d]" % i), int(
                re.search(r"fs_base +(0x\w+)",
                          do("thread apply %d info registers fs_base" %
                             thread.num)).group(1), 16))
    do("thread 1")
    handle = gdb.parse_and_eval("(unsigned long)$fs_base")
    is_(gdb.selected_inferior().thread_from_handle(handle).num, 1)


@scenario
def breakpoints_of_one_thread():
    to("round")
    thread = gdb.selected_thread().num
    me = value("me")
    do("break %d thread %d" % (mark("counted"), thread))
    for _ in range(3):
        do("continue")
        is_(gdb.selected_thread().num, thread)
        is_(value("me"), me)


@scenario
def who_is_locked_makes_no_stops():
    """gdb ends with an internal error if a thread stops that it has shown
    and not resumed."""
    break_at("round")
    do("continue")
    first = gdb.selected_thread().num
    do("continue")
    second = gdb.selected_thread().num
    assert second != first
    rounds, before = value("i"), event()
    try:
        do("set scheduler-locking on")
        do("thread %d" % first)
        do("continue")
        is_(gdb.selected_thread().num, first)
        at("round")
        is_(value("i"), 1)
        assert event() > before
        do("thread %d" % second)
        do("continue")
        is_(gdb.selected_thread().num, second)
        at("round")
        is_(value("i"), rounds + 1)
        do("thread %d" % first)
        do("reverse-continue")
        is_(gdb.selected_thread().num, first)
        at("round")
        # Others went on, and gdb shows where they are now.
        do("thread %d" % second)
        shown = do("info registers rip rsp rax")
        do("maintenance flush register-cache")
        is_(do("info registers rip rsp rax"), shown)
    finally:
        do("set scheduler-locking replay")


@scenario
def stepi_and_back_across_threads():
    to("shared")
    thread = number()
    pcs = []
    for _ in range(24):
        pcs.append(value("(long)$pc"))
        do("stepi")
        is_(number(), thread)
    for pc in reversed(pcs):
        do("reverse-stepi")
        is_(number(), thread)
        is_(value("(long)$pc"), pc)


run()
