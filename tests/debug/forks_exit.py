# SPDX-License-Identifier: MIT
from check import *


@scenario
def the_end_of_a_child_by_vfork():
    """gdb leaves the parent then, and that was the last process."""
    to("vfork")
    parent = gdb.selected_inferior().pid
    do("set follow-fork-mode child")
    text = do("continue")
    has(text, r"Detaching vfork parent process %d after child exit" % parent)
    has(text, r"\[Inferior 1 \(process %d\) detached\]" % parent)
    has(text, r"\[Inferior 2 \(process \d+\) exited with code 011\]")


run()
