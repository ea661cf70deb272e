# SPDX-License-Identifier: MIT
"""The workloads: what they need, what they run, and what they may cost.

Each is a function that prepares its input and returns a Job.  Adding one is
writing one: the table has them in the order of this file.
"""

import glob
import os
import shutil
import socket
import stat
import subprocess
import time

import inputs
from measure import Child, Failed, TimedOut, Usage, run

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = os.path.join(TOP, "bench", "programs")

WORKLOADS = {}


class Skipped(Exception):
    """Something is missing here."""


class Box:
    """Where workloads have their files; empty for each of them."""

    def __init__(self, directory, environment, quick):
        self.directory = directory
        self.environment = environment
        self.quick = quick
        self.tmpfs = None
        self.built = os.path.join(directory, "built")
        os.mkdir(self.built)
        self.inputs = os.path.join(directory, "inputs")

    def clear(self):
        for directory in (self.inputs, self.tmpfs):
            if directory:
                shutil.rmtree(directory, ignore_errors=True)
        os.mkdir(self.inputs)
        self.tmpfs = None

    def size(self, full, quick):
        return quick if self.quick else full

    def path(self, name):
        return os.path.join(self.inputs, name)

    def small(self):
        """A text that takes no time."""
        return inputs.text(self.path("small"), 1000)

    def on_tmpfs(self, name):
        if not self.tmpfs:
            self.tmpfs = os.path.join(
                find_tmpfs(), os.path.basename(self.directory))
            os.mkdir(self.tmpfs)
        return os.path.join(self.tmpfs, name)

    def program(self, name):
        """bench/programs/NAME.c or .go, built."""
        path = os.path.join(self.built, name)
        source = os.path.join(PROGRAMS, name)
        if os.path.exists(path):
            return path
        if os.path.exists(source + ".c"):
            command = [os.environ.get("CC", "cc"), "-O2", "-pthread", "-o",
                       path, source + ".c"]
        else:
            command = ["go", "build", "-o", path, source + ".go"]
        run(command, self.environment, 300)
        return path


def find_tmpfs():
    """A directory on a tmpfs, where anybody can make files."""
    for path in ("/dev/shm", "/tmp", "/run/user/%d" % os.getuid()):
        if os.access(path, os.W_OK) and filesystem_of(path) == "tmpfs":
            return path
    raise Skipped("no tmpfs to write to")


def filesystem_of(path):
    """The type of the filesystem, as /proc/self/mountinfo has it."""
    device = os.stat(path).st_dev
    wanted = "%d:%d" % (os.major(device), os.minor(device))
    with open("/proc/self/mountinfo") as mounts:
        for line in mounts:
            fields = line.split()
            if fields[2] == wanted:
                return fields[fields.index("-") + 1]
    return "unknown"


class Job:
    """One workload, ready to run natively or under something.

    native stands before the command when nothing else does.  before() puts
    things as they were, and is not measured.  warm is the command to record
    once before all: it uses the same files, and may be shorter.
    """

    def __init__(self, command, before=None, native=(), warm=None):
        self.command = command
        self.before = before
        self.native = list(native)
        self.warm = warm or command

    def run(self, wrapper, environment, limit, sampled=False, warm=False):
        if self.before:
            self.before()
        command = self.warm if warm else self.command
        return run((wrapper or self.native) + command, environment, limit,
                   sampled)


class Redis(Job):
    """The server is recorded; the client, whose time counts, is not."""

    def __init__(self, directory, requests, pipelined):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        super().__init__(["redis-server", "--bind", "127.0.0.1", "--port",
                          self.port, "--save", "", "--appendonly", "no",
                          "--dir", directory])
        self.requests = requests
        self.pipelined = pipelined

    def _ask(self, words):
        with socket.create_connection(("127.0.0.1", int(self.port))) as server:
            server.sendall(words.encode() + b"\r\n")
            return server.recv(100)

    def _await_server(self, child, limit):
        while True:
            try:
                if self._ask("PING").startswith(b"+PONG"):
                    return
            except ConnectionError:
                pass
            if child.process.poll() is not None:
                raise child.failed("it ended")
            if time.monotonic() > child.before + limit:
                raise child.failed("it does not answer")
            time.sleep(0.01)

    def _load(self, requests, limit):
        """How many seconds the requests took."""
        output = subprocess.run(
            ["redis-benchmark", "--csv", "-h", "127.0.0.1", "-p", self.port,
             "-t", "set,get", "-n", str(requests), "-P", str(self.pipelined)],
            check=True, timeout=limit, stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True).stdout
        rates = [float(line.split(",")[1].strip('"'))
                 for line in output.splitlines()[1:]]
        if len(rates) != 2 or min(rates) <= 0:
            raise Failed("redis-benchmark: unexpected output")
        return sum(requests / rate for rate in rates)

    def run(self, wrapper, environment, limit, sampled=False, warm=False):
        child = Child(wrapper + self.command, environment)
        try:
            self._await_server(child, limit)
            seconds = self._load(1000 if warm else self.requests, limit)
            if sampled:
                child.look_at_memory()
            self._ask("SHUTDOWN NOSAVE")
            usage = child.wait(limit, sampled)
            return Usage(seconds, usage.processor, usage.memory)
        except subprocess.TimeoutExpired as error:
            raise TimedOut("redis: %s" % error) from error
        except (OSError, subprocess.SubprocessError) as error:
            raise Failed("redis: %s" % error) from error
        finally:
            child.end()
            child.errors.close()


class Workload:
    def __init__(self, prepare, name, text, needs, kind, record, replay):
        self.prepare = prepare
        self.name = name
        self.text = text
        self.needs = needs
        self.kind = kind      # what the limits mean: ratio, plus or throughput
        self.record = record  # limits; None where there is none
        self.replay = replay

    def missing(self):
        """The program that it needs and that is not here."""
        for program in self.needs:
            if not shutil.which(program):
                return program
        return None


def workload(name, text, needs, record, replay=None, kind="ratio"):
    def add(prepare):
        WORKLOADS[name] = Workload(prepare, name, text, needs, kind, record,
                                   replay)
        return prepare
    return add


def is_static(path):
    """An ELF file that asks for no interpreter: no PT_INTERP."""
    headers = subprocess.run(["readelf", "-lW", path], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    return "INTERP" not in headers


def remove(pattern):
    for path in glob.glob(pattern):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def fresh(path):
    """For Job's before: removes what the last run left."""
    return lambda: remove(path)


def read_all(directory):
    """Puts all files in it into the page cache."""
    for parent, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb", buffering=0) as file:
                    while file.read(1 << 20):
                        pass


def dd_blocks(program, count):
    return program + ["if=/dev/zero", "of=/dev/null", "bs=512",
                      "count=%d" % count]


@workload("true", "`/bin/true`", (), 10, 10, "plus")
def true(box):
    return Job(["/bin/true"])


@workload("ls", "`ls -lR /usr/share`", ("ls",), 1.4, 0.5)
def ls(box):
    return Job(["ls", "-lR", box.size("/usr/share", TOP + "/bench")])


@workload("dd", "`dd bs=512 count=500000` from /dev/zero to /dev/null",
          ("dd",), 2.0, 0.8)
def dd(box):
    return Job(dd_blocks(["dd"], box.size(500_000, 1000)),
               warm=dd_blocks(["dd"], 1000))


@workload("dd-static", "the same with a static busybox",
          ("busybox", "readelf"), 2.0, 0.8)
def dd_static(box):
    if not is_static(shutil.which("busybox")):
        raise Skipped("busybox is not static")
    busybox = ["busybox", "dd"]
    return Job(dd_blocks(busybox, box.size(500_000, 1000)),
               warm=dd_blocks(busybox, 1000))


@workload("cp", "`cp -a /usr/include` to a tmpfs", ("cp",), 1.6, 0.9)
def cp(box):
    copy = box.on_tmpfs("copy")
    source = box.size("/usr/include", TOP + "/bench")

    def before():
        remove(copy)
        # A machine may have put some out of its cache since the last run.
        read_all(source)

    return Job(["cp", "-a", source, copy], before=before)


@workload("gcc", "`gcc -O2 -c` of 5,000 lines", ("gcc",), 1.1, 1.1)
def gcc(box):
    source = inputs.c_file(box.path("large.c"), box.size(5000, 100))
    return Job(["gcc", "-O2", "-c", source, "-o", box.path("large.o")])


@workload("make", "`make -j2` of 40 small C files", ("make", "cc"), 2.5, 2.5)
def make(box):
    project = inputs.c_project(box.path("project"), box.size(40, 2))
    return Job(["make", "-s", "-j2", "-C", project],
               before=fresh(project + "/*.o"))


@workload("fork-exec", "100 times fork and exec of `/bin/true`", ("cc",), 6, 5)
def fork_exec(box):
    return Job([box.program("fork_exec"), str(box.size(100, 3)), "/bin/true"])


@workload("sqlite-memory", "sqlite3 in memory: 50,000 inserts", ("sqlite3",),
          1.1, 1.05)
def sqlite_memory(box):
    script = inputs.inserts(box.path("inserts.sql"), box.size(50_000, 100))
    return Job(["sqlite3", ":memory:", ".read " + script])


@workload("sqlite-file", "sqlite3 on a tmpfs: 20,000 transactions",
          ("sqlite3",), 1.6, 1.0)
def sqlite_file(box):
    script = inputs.inserts(box.path("inserts.sql"), box.size(20_000, 20))
    database = box.on_tmpfs("database")
    return Job(["sqlite3", database, ".read " + script],
               before=fresh(database + "*"))


@workload("python", "`python3 -c 'sum(range(10**7))'`", ("python3",), 1.2,
          1.15)
def python(box):
    # What stands first in PATH may be a script that looks for the right one.
    python3 = "/usr/bin/python3"
    if not os.access(python3, os.X_OK):
        python3 = shutil.which("python3")
    return Job([python3, "-c", "sum(range(10**%d))" % box.size(7, 3)])


@workload("gzip", "`gzip -6` of 30 MB", ("gzip",), 1.05, 1.05)
def gzip(box):
    text = inputs.text(box.path("text"), box.size(30_000_000, 10_000))
    return Job(["gzip", "-6", "-c", text], warm=["gzip", "-c", box.small()])


@workload("xz", "`xz -T1` of 30 MB", ("xz",), 1.05, 1.05)
def xz(box):
    text = inputs.text(box.path("text"), box.size(30_000_000, 10_000))
    return Job(["xz", "-T1", "-c", text],
               warm=["xz", "-T1", "-c", box.small()])


@workload("ping-pong", "pthread ping-pong over a condition variable, 100,000 "
          "rounds (native on one core)", ("cc", "taskset"), 4, 3)
def ping_pong(box):
    program = box.program("ping_pong")
    core = min(os.sched_getaffinity(0))
    return Job([program, str(box.size(100_000, 100))],
               native=["taskset", "-c", str(core)], warm=[program, "100"])


@workload("git-log", "`git log -p` of 2,000 commits", ("git",), 1.3, 0.9)
def git_log(box):
    repository = inputs.git_repository(
        box.path("repository"), box.size(2000, 20), box.environment)
    return Job(["git", "-C", repository, "--no-pager", "log", "-p"])


@workload("go-files", "a Go program that reads 20,000 files", ("go",), 2.0,
          1.2)
def go_files(box):
    files = inputs.many_files(box.path("files"), box.size(20_000, 100))
    return Job([box.program("read_files"), files])


@workload("redis-1", "redis-server under `redis-benchmark -P 1`",
          ("redis-server", "redis-benchmark"), 0.5, None, "throughput")
def redis_1(box):
    return Redis(box.inputs, box.size(100_000, 500), 1)


@workload("redis-16", "redis-server under `redis-benchmark -P 16`",
          ("redis-server", "redis-benchmark"), 0.7, None, "throughput")
def redis_16(box):
    return Redis(box.inputs, box.size(1_000_000, 500), 16)


@workload("clock", "`clock_gettime` 10 million times (natively the vDSO)",
          ("cc",), 10, 3)
def clock(box):
    program = box.program("clock")
    return Job([program, str(box.size(10_000_000, 1000))],
               warm=[program, "1000"])


@workload("getppid", "`getppid` 5 million times", ("cc",), 1.7, 0.6)
def getppid(box):
    program = box.program("getppid")
    return Job([program, str(box.size(5_000_000, 1000))],
               warm=[program, "1000"])
