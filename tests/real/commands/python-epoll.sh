# SPDX-License-Identifier: MIT
# python3: epoll, poll, select, unix and datagram sockets, passed descriptors.
# needs: python3
# output: fixed
python3 - <<'END'
import array, os, select, socket
a, b = socket.socketpair(); poll = select.epoll()
poll.register(a, select.EPOLLIN | select.EPOLLET); print(poll.poll(0.01))
b.send(b"x"); print(len(poll.poll(1)), a.recv(5))
r, w = os.pipe(); p = select.poll(); p.register(r, select.POLLIN)
print(p.poll(10)); os.write(w, b"12"); print(len(p.poll()), os.read(r, 9))
print([len(s) for s in select.select([a], [b], [], 0.01)])
socket.send_fds(b, [b"fd"], [w]); data, fds, _, _ = socket.recv_fds(a, 10, 4)
os.write(fds[0], b"passed"); print(data, os.read(r, 10))
u = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for s in u: s.bind(("127.0.0.1", 0))
u[0].sendto(b"datagram", u[1].getsockname()); print(u[1].recvfrom(99)[0])
u[1].settimeout(0.05)
try:
    u[1].recv(1)
except TimeoutError as error:
    print(error)
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); n.bind("\0reel-%d" % os.getpid())
u[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\0" * 16)
print(u[0].getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM)
buffers = [bytearray(3), bytearray(9)]; b.sendmsg([b"scat", b"tered"])
print(a.recvmsg_into(buffers)[0], buffers)
s = socket.socket(); s.setblocking(False)
try:
    s.connect(("127.0.0.1", 1))
except OSError as error:
    print(type(error).__name__)
print(socket.getaddrinfo("127.0.0.1", 80, 0, socket.SOCK_STREAM)[0][4])
END
