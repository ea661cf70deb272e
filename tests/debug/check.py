# SPDX-License-Identifier: MIT
"""Scenarios of a debugger, run by the Python inside of gdb.

A scenario is a function with @scenario.  It starts at the first instruction of
the program, with no breakpoints, and asserts what gdb answers.
"""
import os
import re
import tempfile
import traceback

import gdb

scenarios = []
source = os.environ["SCENARIO_SOURCE"]


def scenario(function):
    scenarios.append(function)
    return function


class Screen:
    """What gdb prints by itself, as at stops, goes to a file and is read."""

    def __init__(self):
        self.file = tempfile.TemporaryFile()
        self.terminal = os.dup(1)
        os.dup2(self.file.fileno(), 1)
        self.seen = 0

    def take(self):
        gdb.flush()
        text = os.pread(self.file.fileno(), 1 << 20, self.seen)
        self.seen += len(text)
        return text.decode("utf-8", "replace")

    def say(self, text):
        os.write(self.terminal, (text + "\n").encode())


screen = Screen()


def do(command):
    screen.take()
    return gdb.execute(command, to_string=True) + screen.take()


def value(expression):
    return int(gdb.parse_and_eval(expression))


def mark(name, path=None):
    """The line of the source with this mark."""
    with open(path or source) as file:
        for number, text in enumerate(file, 1):
            if "/* MARK %s */" % name in text:
                return number
    raise AssertionError("no mark " + name)


def at(name, path=None):
    is_(line(), mark(name, path))


def line():
    return gdb.selected_frame().find_sal().line


def function():
    return gdb.selected_frame().name()


def event():
    return int(re.match(r"event (\d+)", do("monitor when")).group(1))


def is_(actual, expected):
    assert actual == expected, "%r, not %r" % (actual, expected)


def has(text, pattern):
    assert re.search(pattern, text), "no %s in:\n%s" % (pattern, text)


def break_at(name, path=None):
    path = path or source
    do("break %s:%d" % (os.path.basename(path), mark(name, path)))


def to(name, path=None):
    """Forwards to a mark."""
    break_at(name, path)
    do("continue")
    at(name, path)
    do("delete")


def state():
    """All registers and the top of the stack."""
    frame = do("info registers all")
    return frame, do("x/16gx $rsp")


def quiet_settings():
    for setting in ("confirm off", "pagination off", "width 0", "height 0",
                    "debuginfod enabled off", "breakpoint pending on",
                    "style enabled off"):
        do("set " + setting)


def run():
    quiet_settings()
    do("monitor checkpoint")
    if "REEL_DEBUG_EVERY" in os.environ:
        do("monitor checkpoint every " + os.environ["REEL_DEBUG_EVERY"])
    failed = 0
    for number, function in enumerate(scenarios, 1):
        try:
            do("delete")
            do("monitor restart 1")
            function()
            screen.say("ok - " + function.__name__)
        except (AssertionError, gdb.error, RuntimeError, TypeError,
                ValueError, AttributeError):
            failed = 1
            screen.say("not ok - " + function.__name__)
            screen.say("# " + traceback.format_exc().replace("\n", "\n# "))
    screen.say("END")
    gdb.execute("quit %d" % failed)
