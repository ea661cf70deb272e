# SPDX-License-Identifier: MIT
# python3: subprocess by fork, vfork and posix_spawn, pipes, time-outs.
# needs: python3
python3 - <<'END'
import os, signal, subprocess, sys
print(subprocess.run(["sort", "-r"], input="a\nb\n", text=True,
                     capture_output=True))
print(subprocess.check_output("echo $0; exit 0", shell=True))
try:
    subprocess.run(["sleep", "5"], timeout=0.1)
except subprocess.TimeoutExpired as error:
    print(error)
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         start_new_session=True, close_fds=True)
print(child.communicate(b"x" * 200000)[0].count(b"x"))
child = subprocess.Popen(["sleep", "9"], preexec_fn=lambda: os.nice(1))
child.send_signal(signal.SIGINT); print(child.wait())
pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 4"], os.environ)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
pid = os.fork()
if not pid:
    os._exit(6)
fd = os.pidfd_open(pid); print(os.waitid(os.P_PIDFD, fd, os.WEXITED).si_status)
try:
    subprocess.run(["/no/such/program"])
except FileNotFoundError as error:
    print(error)
print(os.getpid(), pid)
END
