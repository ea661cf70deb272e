# SPDX-License-Identifier: MIT
# python3: a shell on a pseudo-terminal, with its control characters.
# needs: python3
python3 - <<'END'
import os, pty, termios, tty
pid, fd = pty.fork()
if not pid:
    os.execvp("sh", ["sh", "-c",
        "trap 'told=1; echo interrupted' INT; tty; stty size; read x; echo got $x;"
        "until [ $told ]; do sleep 0.05; done; stty -a | head -1"])
seen = b""
def until(text):
    global seen
    while text not in seen:
        seen += os.read(fd, 1000)
termios.tcsetwinsize(fd, (40, 100)); os.write(fd, b"typed\n"); until(b"got typed")
os.write(fd, b"\x03"); until(b"interrupted")
try:
    while data := os.read(fd, 1000): seen += data
except OSError as error:
    print(error)
print(seen.decode()); print(os.waitpid(pid, 0)[1])
END
