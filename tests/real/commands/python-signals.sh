# SPDX-License-Identifier: MIT
# python3: interval timers, sigwait, signal wake-up descriptors, faults.
# needs: python3
# output: fixed
python3 - <<'END'
import faulthandler, os, signal, socket, subprocess, sys, time
ticks = 0
def tick(*_):
    global ticks
    ticks += 1
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
while ticks < 5: signal.pause()
signal.setitimer(signal.ITIMER_REAL, 0); print("ticks")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGRTMIN])
for _ in range(3): os.kill(os.getpid(), signal.SIGRTMIN)
os.kill(os.getpid(), signal.SIGUSR1)
print(sorted(int(signal.sigwait([signal.SIGUSR1, signal.SIGRTMIN]))
             for _ in range(4)), signal.sigtimedwait([signal.SIGUSR1], 0.01))
ours, theirs = socket.socketpair(); theirs.setblocking(False)
signal.set_wakeup_fd(theirs.fileno())
signal.signal(signal.SIGUSR2, lambda *_: None)
os.kill(os.getpid(), signal.SIGUSR2); print(ours.recv(10))
code = "import ctypes; ctypes.string_at(0)"
done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", code],
                      capture_output=True)
print(done.returncode, done.stderr.splitlines()[0])
print(subprocess.run([sys.executable, "-c", "import os; os.abort()"]).returncode)
child = subprocess.Popen(["sleep", "8"])
child.send_signal(signal.SIGSTOP)
print(os.WIFSTOPPED(os.waitpid(child.pid, os.WUNTRACED)[1]))
child.send_signal(signal.SIGCONT)
print(os.WIFCONTINUED(os.waitpid(child.pid, os.WCONTINUED)[1]))
child.kill(); print(child.wait())
END
