# SPDX-License-Identifier: MIT
from check import *


@scenario
def each_stage_has_symbols_and_lines():
    to("stage 0")
    is_(value("stage"), 0)
    do("break %d" % mark("stage 1"))
    do("continue")
    at("stage 1")
    is_(function(), "decide")
    is_(value("stage"), 1)
    is_(value("count"), 4)
    has(do("info inferiors"), "memfd:stage1")
    do("delete")
    do("break %d" % mark("call library"))
    do("continue")
    at("call library")
    is_(value("stage"), 2)
    has(do("info inferiors"), "memfd:stage2")
    do("delete")
    do("break twice")
    do("continue")
    is_(value("number"), 40)
    has(do("backtrace"), r"#1 .*main")
    has(do("info sharedlibrary"), "Yes .*memfd:library")
    do("finish")
    do("next")
    at("end")
    is_(value("stage"), 80)


run()
