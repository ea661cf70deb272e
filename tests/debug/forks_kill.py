# SPDX-License-Identifier: MIT
from check import *


@scenario
def who_kills_one_process_keeps_the_other():
    do("set detach-on-fork off")
    do("set schedule-multiple on")
    do("catch fork")
    do("continue")
    do("delete")
    do("break _exit")
    do("continue")
    is_([i.num for i in gdb.inferiors() if i.pid], [1, 2])
    do("kill inferiors 2")
    is_([i.num for i in gdb.inferiors() if i.pid], [1])
    do("inferior 1")
    to("vfork")
    is_(value("sum"), 2)
    # The last request is answered, too.
    has(do("detach"), r"\[Inferior 1 \(process \d+\) detached\]")


run()
