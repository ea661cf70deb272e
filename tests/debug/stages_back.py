# SPDX-License-Identifier: MIT
from check import *


@scenario
def a_pending_breakpoint_is_resolved_at_the_exec():
    has(do("break decide"), r"pending")
    do("continue")
    is_(function(), "decide")
    is_(value("stage"), 1)


@scenario
def catch_exec_stops():
    do("reel seek begin")
    do("catch exec")
    has(do("continue"), r"exec'd .*memfd:stage1")
    do("delete")


@scenario
def back_through_an_exec():
    do("break twice")
    do("continue")
    is_(value("number"), 40)
    do("delete")
    do("break decide")
    do("reverse-continue")
    is_(function(), "decide")
    is_(value("stage"), 1)
    has(do("info inferiors"), "memfd:stage1")
    do("delete")
    do("break %s:%d" % ("stage0.c", mark("stage 0")))
    do("reverse-continue")
    at("stage 0")
    is_(value("stage"), 0)


@scenario
def functions_of_memfds_are_called():
    do("break twice")
    do("continue")
    do("delete")
    place = do("monitor when")
    digest = do("monitor digest")
    has(do("print twice(123)"), "= 246")
    do("set var number = 7")
    has(do("monitor when"), "in a copy")
    do("monitor discard")
    do("maintenance flush register-cache")
    do("maintenance flush dcache")
    is_(do("monitor when"), place)
    is_(do("monitor digest"), digest)
    is_(value("number"), 40)
    do("break decide")
    do("reverse-continue")
    do("delete")
    has(do("print decide(4)"), "= 5")


run()
