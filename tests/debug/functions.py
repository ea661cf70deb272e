# SPDX-License-Identifier: MIT
"""Writes and calls of functions, and what the recording is afterwards."""
import threading
import time

from check import *


# What the server prints comes there.
os.dup2(screen.file.fileno(), 2)


def digest():
    """Of the recording at this place."""
    found = re.search(r"registers \w+ memory \w+", do("monitor digest"))
    return found.group(0)


def digests():
    """From here to the end, at each stop; and how the program ended."""
    seen = [digest()]
    break_at("work")
    break_at("end")
    break_at("last")
    while True:
        text = do("continue")
        seen.append((line(), event(), digest()))
        if "No more reverse-execution history" in text:
            break
        assert "Breakpoint" in text, text
    do("delete")
    return seen


def expected(name):
    """What follows the place when nothing was called or written."""
    to(name)
    do("monitor checkpoint")
    seen = digests()
    number = re.findall(r"(?m)^(\d+)  behind", do("monitor info checkpoints"))
    do("monitor restart " + number[-1])
    do("maintenance flush register-cache")
    at(name)
    return seen


def choose(is_main):
    """The main thread, or the other one."""
    do("info threads")
    for thread in gdb.selected_inferior().threads():
        if (thread.ptid[1] == gdb.selected_inferior().pid) == is_main:
            thread.switch()


def discard():
    text = do("monitor discard")
    do("maintenance flush register-cache")
    do("maintenance flush dcache")
    return text


def says_error(command, pattern):
    screen.take()
    text = ""
    try:
        gdb.execute(command)
    except (gdb.error, KeyboardInterrupt) as error:
        text = str(error)
    text += screen.take()
    has(text, pattern)
    return text


@scenario
def functions_are_called_and_the_rest_is_exact():
    later = expected("turn")
    has(do("print twice(21)"), r"= 42")
    has(do("print scale(2, 4)"), r"= 9.5")
    is_(value("number"), 24)
    has(do("print twice(twice(1))"), r"= 4")
    at("turn")
    has(do("monitor when"), "in a copy")
    has(discard(), r"^event \d+")
    is_(value("number"), 3)
    is_(digests(), later)


@scenario
def going_on_throws_the_copy_away():
    later = expected("turn")
    has(do("print twice(21)"), r"= 42")
    is_(value("number"), 24)
    seen = digests()
    is_(seen[1:], later[1:])


@scenario
def heap_and_strings_are_to_be_had():
    later = expected("turn")
    has(do("print sum_on_heap(30000)"), r"= 2016")
    has(do("print sum_on_heap(10)"), r"= 2016")
    text = do('print speak("a text of gdb\'s\\n")')
    has(text, r"a text of gdb's\n")
    has(text, r"= 16")
    discard()
    is_(digests(), later)


@scenario
def what_is_written_stays_until_going_on():
    later = expected("turn")
    do("set var number = 77")
    do("set var ratio = 0.25")
    is_(value("number"), 77)
    has(do("print scale(2, 4)"), r"= 8.25")
    is_(value("number"), 77)
    break_at("work")
    has(do("continue"), "what was written is gone")
    at("work")
    do("delete")
    is_(value("number"), 3)
    do("reverse-stepi")
    do("monitor restart 1")
    do("maintenance flush register-cache")
    is_(expected("turn"), later)


@scenario
def registers_are_written():
    later = expected("turn")
    before = do("info registers all")
    do("set var $rax = 0x123456789")
    do("set var $xmm3.uint128 = 5")
    do("set var $st0 = 2.5")
    do("set var $eflags = 0x246")
    is_(value("$rax"), 0x123456789)
    has(do("print $xmm3.uint128"), r"= 5$")
    has(do("print $st0"), r"= 2.5")
    has(do("print twice(21)"), r"= 42")
    is_(value("$rax"), 0x123456789)
    has(do("print $xmm3.uint128"), r"= 5$")
    discard()
    is_(do("info registers all"), before)
    is_(digests(), later)


@scenario
def shared_memory_is_as_it_was():
    later = expected("turn")
    has(do("print change_shared(99)"), r"= 99")
    do("set var *shared = 98")
    is_(value("*shared"), 98)
    discard()
    is_(value("*shared"), 11)
    is_(digests(), later)


@scenario
def going_back_leaves_the_copy():
    to("turn")
    break_at("turn")
    do("continue")
    here = event()
    do("set var number = 50")
    has(do("reverse-continue"), "what was written is gone")
    assert event() < here
    assert value("number") != 50


@scenario
def a_call_that_crashes_is_shown():
    later = expected("turn")
    says_error("print crash()", "SIGSEGV")
    at("crash")
    has(do("bt"), "<function called from gdb>")
    discard()
    at("turn")
    says_error("print give_up()", "SIGABRT")
    do("set unwindonsignal on")
    discard()
    says_error("print crash()", "SIGSEGV")
    do("set unwindonsignal off")
    at("turn")
    discard()
    is_(digests(), later)


@scenario
def a_call_that_kills_its_process_stops():
    later = expected("turn")
    says_error("print kill_itself(10)", "SIGUSR1")
    has(do("bt"), "(?s)kill_itself.*<function called from gdb>")
    discard()
    says_error("print kill_itself(9)", "SIGKILL")
    discard()
    has(do("print kill_another(9)"), r"(?s)calls kill.*not done.*= -1")
    has(do("print kill_itself(0)"), r"= 0")
    at("turn")
    discard()
    is_(digests(), later)


@scenario
def the_world_is_out_of_reach():
    to("turn")
    path = os.path.join(os.environ["TMPDIR"], "touched")
    has(do('print touch("%s")' % path), r"calls open(?s:.*)= -1")
    assert not os.path.exists(path)
    says_error("print lock()", "calls futex")
    discard()
    says_error("call (void)exit(5)", "calls exit_group")
    discard()
    at("turn")


@scenario
def a_call_stops_at_breakpoints():
    later = expected("turn")
    break_at("twice")
    says_error("print twice(21)", "Breakpoint")
    at("twice")
    do("next")
    do("delete")
    has(do("finish"), "= 42")
    at("turn")
    is_(value("number"), 24)
    discard()
    is_(digests(), later)


@scenario
def a_breakpoint_where_a_thread_is_sent_is_met():
    to("turn")
    do("break *twice")
    says_error("print twice(21)", "Breakpoint")
    is_(value("$pc == twice"), 1)
    do("delete")
    has(do("finish"), "= 42")
    break_at("turn")
    break_at("last")
    do("jump %d" % mark("last"))
    at("last")
    discard()
    at("turn")


@scenario
def a_call_goes_on_over_conditions_that_are_not_met():
    to("turn")
    do("break %d if n == 5" % mark("twice"))
    has(do("print twice(4)"), r"= 8")
    has(do("print twice(4)"), r"= 8")
    says_error("print twice(5)", "stopped while in a function called from GDB")
    at("twice")
    do("delete")


@scenario
def a_call_is_interrupted():
    later = expected("turn")

    def interrupt():
        # gdb itself gets SIGINT, as from a terminal, when the call runs.
        while b"it runs" not in os.pread(screen.file.fileno(), 1 << 20,
                                         screen.seen):
            time.sleep(0.02)
        os.kill(os.getpid(), 2)

    threading.Thread(target=interrupt).start()
    says_error("print for_ever()", "SIGINT|KeyboardInterrupt|Quit")
    has(do("monitor when"), "in a copy")
    discard()
    at("turn")
    is_(digests(), later)


@scenario
def threads_are_called_in():
    later = expected("work")
    choose(False)
    at("work")
    has(do("print twice(21)"), r"= 42")
    choose(True)
    has(do("print twice(1)"), r"= 2")
    choose(False)
    is_(value("number"), 25)
    discard()
    choose(False)
    at("work")
    # gdb may see the breakpoint here once more.
    seen = [one for one in digests()[1:] if one[2] != later[0]]
    is_(seen, later[1:])


@scenario
def conditions_may_call():
    do("break %d if twice(1) == 2 && *shared == 12" % mark("turn"))
    do("continue")
    is_(value("*shared"), 12)
    has(do("info breakpoints"), "already hit 1 time|hit 2 times")


@scenario
def the_pages_of_the_replay_are_not_written():
    to("turn")
    for place in (0x70000000, 0x70200000, 0x70220000, 0x6fffffff):
        says_error("set var *(long *)%d = 0" % place, "annot access memory")


run()
