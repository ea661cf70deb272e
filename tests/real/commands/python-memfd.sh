# SPDX-License-Identifier: MIT
# python3: programs that exist only in memfds: executed, chained, sealed.
# needs: python3
# output: fixed
python3 - <<'END'
import fcntl, os
def load(path, name, sealed):
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(path, "rb") as program:
        os.sendfile(fd, program.fileno(), 0, os.path.getsize(path))
    if sealed:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0xf)
    return fd
def run(fd, arguments, path=None):
    pid = os.fork()
    if not pid:
        os.execve(path or fd, arguments, {"LC_ALL": "C"})
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
run(load("/bin/echo", "echo in memory", True), ["echo", "sealed"])
fd = load("/bin/readlink", "with\nnewline", False)
run(fd, ["readlink", "/proc/self/exe"])
fd = load("/bin/cat", "n" * 249, True)
run(fd, ["cat", "/proc/self/comm"], "/proc/self/fd/%d" % fd)
script = os.memfd_create("script", 0)
os.write(script, b"#!/bin/sh\necho script $# ${0%%[0-9]*}\nexit 3\n")
run(script, ["x", "a", "b"])
run(script, ["x", "a"], "/dev/fd/%d" % script)
tmp = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o700)
with open("/bin/true", "rb") as program:
    os.write(tmp, program.read())
closed = os.open("/proc/self/fd/%d" % tmp, os.O_RDONLY); os.close(tmp)
run(closed, ["true"])
END
