# SPDX-License-Identifier: MIT
# sshd and ssh: privilege separation, keys, a command, a terminal, scp and sftp.
# needs: sshd ssh scp sftp
# probe: getent passwd "$(id -u)" | grep -q '/\(ba\|da\|z\|\)sh$'
# output: fixed
# Its shell takes no notice of ssh then, and reads no ~/.bashrc.
cat > config <<END
Port $PORT
ListenAddress 127.0.0.1
HostKey $PWD/host
AuthorizedKeysFile $PWD/allowed
StrictModes no
PidFile $PWD/pid
PermitRootLogin yes
SetEnv SHLVL=5
Subsystem sftp /usr/lib/openssh/sftp-server
END
options="-F /dev/null -i $PWD/user -o StrictHostKeyChecking=no
	-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes"
user=$(id -un)
"$(command -v sshd)" -D -e -f "$PWD/config" 2> server.log &
until test -s pid; do sleep 0.02; done
on() { ssh $options -p "$PORT" "$@"; }
on "$user@127.0.0.1" "exec sh -c 'echo command; exit 3'"; echo $?
on -tt "$user@127.0.0.1" 'exec sh -c "test -t 0 && echo terminal"' |
	tr -d '\r' | tail -n 1
seq 1000 | on "$user@127.0.0.1" exec md5sum
scp $options -P "$PORT" numbers "$user@127.0.0.1:$PWD/copy" && cmp numbers copy &&
	echo copied
printf 'get copy back\nrename copy moved\n' | sftp -q $options -P "$PORT" -b - \
	"$user@127.0.0.1:$PWD" > sftp.log && cmp back moved && echo moved
kill -HUP "$(cat pid)"
until grep -q 'Received SIGHUP' server.log; do sleep 0.02; done
until on "$user@127.0.0.1" exec echo again 2> /dev/null; do sleep 0.02; done
kill -TERM "$(cat pid)"; wait
grep -c 'Accepted publickey' server.log
