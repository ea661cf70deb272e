# SPDX-License-Identifier: MIT
from check import *


@scenario
def a_crash_is_where_the_program_crashed():
    break_at("crash")
    do("continue")
    at("crash")
    is_(value("turns"), 5)
    before = event()
    has(do("continue"), "SIGSEGV")
    at("crash")
    is_(value("$_siginfo._sifields._sigfault.si_addr"), 5)
    has(do("bt"), r"#0 .*main")
    is_(event(), before)
    has(do("reverse-continue"), "Breakpoint")
    at("crash")
    do("delete")
    do("watch turns")
    do("reverse-continue")
    is_(value("turns"), 1)
    has(do("continue"), "New value = 5")


run()
