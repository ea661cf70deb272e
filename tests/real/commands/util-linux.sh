# SPDX-License-Identifier: MIT
# flock, getopt, hexdump, ipcs, lscpu, prlimit, setpriv, taskset, and more.
# needs: flock getopt hexdump
flock lock sh -c 'flock -n lock true; echo $?'
mkfifo gate; flock lock sh -c 'echo > gate; sleep 0.2' &
read -r line < gate; flock -w 50 lock echo locked; wait
getopt -o ab: --long long -- -a -b 1 --long rest
hexdump -C /etc/hostname | tail -1
prlimit --nofile=100 sh -c 'ulimit -n'
taskset -c 0 taskset -p $$ | wc -l
setpriv --no-new-privs sh -c 'grep NoNewPrivs /proc/self/status'
chrt -i 0 true; ionice -c 3 true; echo $?
lscpu | grep -c Model; findmnt -n / | wc -l; nproc
fallocate -l 100K space && fallocate -p -o 4K -l 8K space; stat -c %s space
mcookie; uuidgen 2> /dev/null; column -t < /etc/passwd | wc -l
ls -l /proc/self/ns | wc -l
trap 'echo usr1' USR1; pid=$$; (sleep 0.1; kill -USR1 $pid) & wait; wait
setarch x86_64 -R sh -c 'cat /proc/self/personality'
