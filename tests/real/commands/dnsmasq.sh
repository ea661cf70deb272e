# SPDX-License-Identifier: MIT
# dnsmasq: names over UDP and, by forked children, TCP; reloads.
# needs: dnsmasq python3
# output: fixed
printf '127.0.0.9 a.test\n127.0.0.8 b.test\n' > hosts
dnsmasq -k -p "$PORT" -h -H "$PWD/hosts" -R --listen-address=127.0.0.1 \
	--bind-interfaces -C /dev/null -x "$PWD/pid" -u "$(id -un)" \
	--log-facility="$PWD/log" &
cat > ask.py <<'END'
import os, socket, struct, sys
where = ("127.0.0.1", int(os.environ["PORT"]))
def ask(name, kind):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
    query = struct.pack(">6H", 7, 256, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    with socket.socket(type=kind) as link:
        link.settimeout(20)
        link.connect(where)
        if kind == socket.SOCK_STREAM:
            query = struct.pack(">H", len(query)) + query
        link.sendall(query)
        return socket.inet_ntoa(link.recv(2000)[-4:])
print(sorted({ask(name, kind) for name in sys.argv[1:] for _ in range(9)
              for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)}))
END
until python3 ask.py a.test 2> /dev/null; do sleep 0.02; done
python3 ask.py a.test b.test
echo 127.0.0.7 b.test > hosts; kill -HUP "$(cat pid)"
# A round of questions may straddle the reload: wait for one that does not.
until [ "$(python3 ask.py b.test)" = "['127.0.0.7']" ]; do sleep 0.02; done
kill -TERM "$(cat pid)"; wait; echo $?
