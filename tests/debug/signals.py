# SPDX-License-Identifier: MIT
from check import *


@scenario
def stops_for_a_signal():
    to("raise")
    has(do("continue"), "received signal SIGUSR1")
    is_(value("handled"), 0)
    is_(value("$_siginfo.si_signo"), 10)


@scenario
def a_signal_leads_to_its_handler():
    to("raise")
    do("handle SIGUSR1 nostop noprint")
    do("break on_user")
    do("continue")
    do("handle SIGUSR1 stop print")
    at("on user")
    is_(value("number"), 10)
    has(do("backtrace"), "signal handler called")


@scenario
def back_out_of_a_handler():
    do("break on_user")
    do("handle SIGUSR1 nostop noprint")
    do("continue")
    do("reverse-finish")
    do("handle SIGUSR1 stop print")
    assert function() != "on_user", function()


@scenario
def finish_returns_from_a_handler():
    do("handle SIGUSR1 nostop noprint")
    do("break on_user")
    do("continue")
    do("delete")
    to("set")
    is_(value("handled"), 10)
    do("break on_user")
    do("reverse-continue")
    do("handle SIGUSR1 stop print")
    at("on user")
    is_(value("handled"), 0)


@scenario
def a_fault_stops_at_its_instruction():
    do("handle SIGUSR1 nostop noprint")
    has(do("continue"), "received signal SIGSEGV")
    do("handle SIGUSR1 stop print")
    at("fault")
    is_(value("(long)nowhere"), 16)
    is_(value("(long)$_siginfo._sifields._sigfault.si_addr"), 16)
    do("break on_fault")
    do("continue")
    at("on fault")
    is_(value("faults"), 0)


@scenario
def a_fault_backwards():
    do("handle SIGUSR1 SIGSEGV nostop noprint")
    to("timer")
    do("handle SIGSEGV stop print")
    is_(value("faults"), 1)
    has(do("reverse-continue"), "received signal SIGSEGV")
    do("handle SIGUSR1 stop print")
    at("fault")
    is_(value("faults"), 0)
    do("reverse-finish")
    is_(function(), "main")


@scenario
def catch_signal_stops():
    do("catch signal SIGSEGV")
    do("handle SIGUSR1 nostop noprint")
    has(do("continue"), r"signal SIGSEGV")
    do("handle SIGUSR1 stop print")
    at("fault")


@scenario
def a_timer_in_the_middle_of_computing():
    do("handle SIGUSR1 SIGSEGV nostop noprint")
    do("break on_alarm")
    do("continue")
    at("on alarm")
    passes = value("passes")
    assert passes > 1000, passes
    do("up")
    do("up")
    is_(function(), "main")
    do("delete")
    to("print")
    assert value("passes") - passes in (0, 1)
    do("break on_alarm")
    do("reverse-continue")
    do("handle SIGUSR1 SIGSEGV stop print")
    at("on alarm")
    is_(value("passes"), passes)


@scenario
def a_loop_of_many_passes_is_refused_by_name():
    do("handle SIGUSR1 SIGSEGV nostop noprint")
    do("break on_alarm")
    do("continue")
    do("delete")
    for _ in range(12):
        text = do("reverse-stepi")
        if function() != "on_alarm":
            break
    is_(function(), "main")
    here = value("(long)$pc")
    has(do("reverse-stepi"), "would take too long")
    do("handle SIGUSR1 SIGSEGV stop print")
    is_(value("(long)$pc"), here)
    is_(function(), "main")


run()
