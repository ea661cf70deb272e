# SPDX-License-Identifier: MIT
from check import *


@scenario
def the_child_is_followed():
    do("set follow-fork-mode child")
    to("child")
    is_(value("role"), 1)
    do("next")
    is_(value("role"), 2)
    do("reverse-next")
    at("child")
    is_(value("role"), 1)
    has(do("reverse-continue"), "No more reverse-execution history")


run()
