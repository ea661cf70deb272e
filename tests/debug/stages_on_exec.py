# SPDX-License-Identifier: MIT
from check import *


@scenario
def begins_at_the_exec_of_a_memfd():
    has(do("info inferiors"), "memfd:stage1")
    is_(function(), "_start")
    to("stage 1")
    is_(value("stage"), 1)


@scenario
def what_came_before_is_there():
    do("break %d" % mark("stage 1"))
    do("continue")
    at("stage 1")
    do("delete")
    has(do("reverse-continue"), "No more reverse-execution history")
    has(do("info inferiors"), r"/stages")
    to("stage 0")
    is_(value("stage"), 0)


run()
