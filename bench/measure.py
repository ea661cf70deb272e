# SPDX-License-Identifier: MIT
"""Runs commands and tells what they used."""

import os
import select
import signal
import subprocess
import tempfile
import time


class Failed(Exception):
    """A command did not end as it must."""


class TimedOut(Failed):
    """It was ended since it took too long."""


class Usage:
    """What a command used, with all that it started."""

    def __init__(self, elapsed, processor=0.0, memory=0):
        self.elapsed = elapsed      # seconds from start to end
        self.processor = processor  # seconds of processor time, or None
        self.memory = memory        # the command's own process, KiB


def peak_memory(pid):
    """The most a process has had in memory until now, KiB; 0 if unknown.

    What wait4 tells includes the processes that the recorder waited for, and
    the process that started it, until its exec.
    """
    try:
        with open("/proc/%d/status" % pid) as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


class Child:
    """A running command: a process group of its own, without a terminal."""

    def __init__(self, command, environment):
        self.command = command
        self.errors = tempfile.TemporaryFile()
        self.memory = 0
        self.before = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.errors, env=environment, start_new_session=True)

    def look_at_memory(self):
        self.memory = max(self.memory, peak_memory(self.process.pid))

    def is_over(self):
        return self.process.returncode is not None

    def failed(self, what, kind=Failed):
        self.errors.seek(0)
        text = self.errors.read().decode(errors="replace").strip()
        return kind("%s: %s%s" % (
            " ".join(self.command)[:100], what,
            text and ": " + text.splitlines()[-1][:200]))

    def _await_end(self, deadline, sampled):
        """Looks at the memory seldom enough to cost nothing."""
        interval = 0.002 if sampled else 1.0
        pidfd = os.pidfd_open(self.process.pid)
        try:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            while not poll.poll(interval * 1000):
                if sampled:
                    self.look_at_memory()
                    interval = min(2 * interval, 0.05)
                if time.monotonic() > deadline:
                    self.end()
                    raise self.failed("not over in time", TimedOut)
        finally:
            os.close(pidfd)

    def wait(self, limit, sampled=False):
        """Waits for a successful end; returns the usage."""
        self._await_end(self.before + limit, sampled)
        elapsed = time.monotonic() - self.before
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode:
            raise self.failed("exit status %d" % self.process.returncode)
        return Usage(elapsed, usage.ru_utime + usage.ru_stime, self.memory)

    def end(self):
        """Ends it at once, if it is not over."""
        if self.is_over():
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def run(command, environment, limit, sampled=False):
    """Runs a command to its successful end; returns what it used."""
    child = Child(command, environment)
    try:
        return child.wait(limit, sampled)
    finally:
        child.end()
        child.errors.close()
