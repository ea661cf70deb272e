#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gdb's machine interface, as an editor uses it on a server.

    mi.py REEL SOURCE TRACE

What Microsoft's C/C++ extension sends with miDebuggerServerAddress
(docs/debugging.md), in order, and backwards, too.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

reel, source, trace = sys.argv[1:4]


def mark(name):
    with open(source) as file:
        for number, text in enumerate(file, 1):
            if "/* MARK %s */" % name in text:
                return number
    raise KeyError(name)


class Gdb:
    def __init__(self):
        self.process = subprocess.Popen(
            ["gdb", "-nx", "--interpreter=mi2"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.number = 0

    def read_to(self, pattern):
        text = ""
        while True:
            line = self.process.stdout.readline()
            assert line, "gdb ended:\n" + text
            text += line
            if re.match(pattern, line):
                return text

    def ask(self, command):
        self.number += 1
        self.process.stdin.write("%d%s\n" % (self.number, command))
        self.process.stdin.flush()
        text = self.read_to(r"%d\^" % self.number)
        assert "%d^error" % self.number not in text, text
        return text

    def run(self, command):
        self.ask(command)
        return self.read_to(r"\*stopped")


def has(text, pattern):
    assert re.search(pattern, text), "no %s in:\n%s" % (pattern, text)


def session(gdb, address):
    for setting in ("pagination off", "breakpoint pending on", "width 0",
                    "sysroot target:", "debuginfod enabled off",
                    "step-mode off"):
        gdb.ask("-gdb-set " + setting)
    gdb.ask("-enable-pretty-printing")
    gdb.ask("-target-select remote " + address)
    gdb.ask("-interpreter-exec console \"directory %s\"" %
            os.path.dirname(source))
    has(gdb.ask("-break-insert -f main"), r"bkpt=\{")
    has(gdb.run("-exec-continue"), r"breakpoint-hit.*func=\"main\"")
    gdb.ask("-break-insert -f -c \"amount == 2\" %s:%d" %
            (os.path.basename(source), mark("add")))
    has(gdb.run("-exec-continue"),
        r"func=\"add\",args=\[\{name=\"amount\",value=\"2\"\}\]")
    has(gdb.ask("-thread-info"), r"threads=\[\{id=\"1\"")
    has(gdb.ask("-stack-list-frames 0 5"), r"level=\"1\".*func=\"main\"")
    has(gdb.ask("-stack-list-variables --thread 1 --frame 1 "
                "--simple-values"), r"name=\"i\"[^}]*value=\"2\"")
    has(gdb.ask("-var-create - * account"), r"numchild=\"2\"")
    has(gdb.ask("-data-evaluate-expression total"), r"value=\"1\"")
    has(gdb.run("-exec-next"), r"line=\"%d\"" % (mark("add") + 1))
    has(gdb.ask("-data-evaluate-expression total"), r"value=\"3\"")
    has(gdb.run("-exec-next --reverse"), r"line=\"%d\"" % mark("add"))
    has(gdb.ask("-data-evaluate-expression total"), r"value=\"1\"")
    has(gdb.run("-exec-finish"), r"func=\"main\"")
    has(gdb.run("-exec-continue --reverse"), r"func=\"add\"")
    has(gdb.run("-interpreter-exec console \"reverse-continue\""),
        r"func=\"main\"")
    gdb.process.stdin.write("-gdb-exit\n")
    gdb.process.stdin.close()
    gdb.process.wait(60)


def is_listening(path):
    with open("/proc/net/unix") as file:
        return any(line.split()[3] == "00010000" for line in file
                   if line.endswith(path + "\n"))


def main():
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "socket")
        server = subprocess.Popen([reel, "debug", "--server=unix:" + path,
                                   trace])
        while not is_listening(path):
            assert server.poll() is None, "no server"
            time.sleep(0.01)
        session(Gdb(), path)
        assert server.wait(60) == 0


main()
