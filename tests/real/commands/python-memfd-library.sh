# SPDX-License-Identifier: MIT
# python3: libraries loaded from memfds by dlopen and by LD_PRELOAD.
# needs: python3 gcc
# output: fixed
python3 - <<'END'
import ctypes, os, subprocess
fd = os.memfd_create("a library", 0)
with open("lib.so", "rb") as library:
    os.write(fd, library.read())
library = ctypes.CDLL("/proc/self/fd/%d" % fd)
print(library.answer())
os.ftruncate(os.memfd_create("decoy"), 4096)
os.set_inheritable(fd, True)
env = dict(os.environ, LD_PRELOAD="/proc/self/fd/%d" % fd)
print(subprocess.run(["nproc"], env=env, close_fds=False, text=True,
                     capture_output=True).stderr)
with open("/bin/echo", "rb") as program:
    loaded = os.memfd_create("echo", 0); os.write(loaded, program.read())
print(subprocess.run(["/lib64/ld-linux-x86-64.so.2",
                      "/proc/self/fd/%d" % loaded, "through ld.so"],
                     pass_fds=[loaded], text=True,
                     capture_output=True).stdout)
END
