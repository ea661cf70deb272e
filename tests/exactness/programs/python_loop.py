# SPDX-License-Identifier: MIT
# Signals strike Python's interpreter.
#
# command: /usr/bin/python3
# variants: handler threads
import os
import signal
import sys
import threading

WANTED = int(os.environ.get("STRIKES", 12))
struck = []
passes = 0


def strike(number, frame):
    struck.append((passes, frame.f_lineno))


def compute():
    global passes
    value = 1
    while len(struck) < WANTED:
        value = value * 16807 % 2147483647
        passes += 1
    return value


signal.signal(signal.SIGALRM, strike)
sys.setswitchinterval(0.002)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
others = [threading.Thread(target=compute)
          for _ in range(2 if sys.argv[1] == "threads" else 0)]
for other in others:
    other.start()
value = compute()
for other in others:
    other.join()
signal.setitimer(signal.ITIMER_REAL, 0)
for strike in struck:
    print(*strike)
print(passes, value)
print("EXIT-SUCCESS")
