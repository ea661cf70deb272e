# SPDX-License-Identifier: MIT
from check import *


@scenario
def begins_in_what_was_called_so():
    to("executed")
    is_(value("role"), 1)
    do("up")
    is_(gdb.parse_and_eval("argv[0]").string(), "renamed")
    do("down")
    do("next")
    is_(value("role"), 3)
    has(do("reverse-continue"), "No more reverse-execution history")


run()
