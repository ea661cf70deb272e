# SPDX-License-Identifier: MIT
# bash: RANDOM, SRANDOM, EPOCHREALTIME, times, a socket by /dev/tcp.
# needs: bash
cat > script <<'END'
echo $RANDOM $SRANDOM $EPOCHREALTIME $BASHPID $SECONDS
time (for i in {1..2000}; do :; done)
times
(exec 3<> /dev/tcp/127.0.0.1/1) 2>&1 || echo refused
ulimit -a | wc -l
END
bash script
