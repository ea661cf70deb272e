# SPDX-License-Identifier: MIT
from check import *


def threads():
    return sorted(gdb.selected_inferior().threads(), key=lambda one: one.num)


def frames():
    frame = gdb.newest_frame()
    names = []
    while frame:
        names.append(frame.name())
        frame = frame.older()
    return names


def to_the_twentieth():
    do("break %d if i == 20" % mark("ask"))
    do("continue")
    at("ask")
    do("delete")
    is_(value("i"), 20)


@scenario
def a_waiting_thread_has_frames():
    to_the_twentieth()
    threads()[1].switch()
    has(do("x/i $pc-2"), "syscall")
    names = frames()
    has(names[0], "read")
    is_(names[names.index("take") + 1], "answer")
    is_("??" in do("info threads"), False)
    is_(value("$rcx"), value("(long)$pc"))
    is_(value("$orig_rax"), 0)


@scenario
def up_and_finish_from_a_waiting_thread():
    to_the_twentieth()
    threads()[1].switch()
    while function() != "take":
        do("up")
    is_(value("fd"), value("there[0]"))
    do("frame function take")
    do("finish")
    has(function(), "^answer$")
    is_(threads()[1].is_valid() and gdb.selected_thread().num, 2)
    is_(value("i"), 20)


@scenario
def reverse_finish_from_a_waiting_thread():
    to_the_twentieth()
    threads()[1].switch()
    do("set scheduler-locking on")
    while function() != "take":
        has(function(), "read")
        do("reverse-finish")
    do("reverse-finish")
    do("set scheduler-locking replay")
    is_(gdb.selected_thread().num, 2)
    is_(function(), "answer")
    at("answer")
    is_(value("i"), 20)


@scenario
def a_caught_call_is_the_programs():
    to_the_twentieth()
    do("catch syscall write")
    has(do("continue"), "call to syscall write")
    has(do("x/i $pc"), "<.*write.*>")
    is_(frames()[-1], "main")
    is_(frames()[-2] if "write" in frames()[-2] else frames()[-3],
        frames()[0])
    has(do("continue"), "returned from syscall write")
    has(do("x/i $pc"), "<.*write.*>")
    is_(frames()[-1], "main")
    do("delete")


@scenario
def steps_do_not_show_the_trampoline():
    to_the_twentieth()
    thread = gdb.selected_thread().num
    seen = set()
    while function() != "take":
        do("stepi")
        seen.add(function())
        is_(gdb.selected_thread().num, thread)
    is_(None in seen, False)
    has(" ".join(seen), "write")
    while function() != "main":
        do("reverse-stepi")
        assert function(), do("x/i $pc")
    while line() == mark("asked"):
        do("reverse-stepi")
        assert function(), do("x/i $pc")
    has(function(), "main|write")


@scenario
def a_step_back_is_of_the_thread_that_stopped():
    to_the_twentieth()
    break_at("taken")
    do("continue")
    thread = gdb.selected_thread().num
    is_(thread, 2)
    pc = value("(long)$pc")
    do("stepi")
    do("reverse-stepi")
    is_(gdb.selected_thread().num, thread)
    is_(value("(long)$pc"), pc)


@scenario
def threads_have_names():
    to("ask")
    has(do("info threads"), r'"waits"')
    to_the_twentieth()
    is_([one.name for one in threads()], ["waits", "re<named>"])
    break_at("taken")
    do("reverse-continue")
    do("delete")
    break_at("ask")
    while function() != "main" or value("i") != 3:
        do("reverse-continue")
    do("delete")
    is_([one.name for one in threads()], ["waits", "answers"])


@scenario
def functions_are_called_on_a_waiting_thread():
    to_the_twentieth()
    threads()[1].switch()
    pc = value("(long)$pc")
    is_(value("(int)getpid()"), gdb.selected_inferior().pid)
    is_(value("(long)$pc"), pc)
    to("joined")
    is_(value("seen"), 24)


@scenario
def a_thread_need_not_live_elsewhere():
    to_the_twentieth()
    threads()[1].switch()
    do("reel restart 1")
    is_(function(), "_start")
    to("ask")


run()
