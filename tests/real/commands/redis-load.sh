# SPDX-License-Identifier: MIT
# redis under load: threads that spin for input, saves and rewrites meanwhile.
# needs: redis-server redis-cli redis-benchmark
# long
redis-server --port "$PORT" --bind 127.0.0.1 --dir "$PWD" --loglevel warning \
	--appendonly yes --save 1 100 --io-threads 3 --io-threads-do-reads yes \
	> server.log 2>&1 &
cli() { redis-cli -p "$PORT" "$@"; }
until cli ping 2> /dev/null | grep -q PONG; do sleep 0.05; done
redis-benchmark -p "$PORT" -q -n 150 -c 10 -t set,lpush > benchmark.log
cli bgrewriteaof
until cli info persistence | grep -q aof_rewrite_in_progress:0; do
	sleep 0.05
done
cli config set io-threads-do-reads no 2>&1 | grep -c .
cli dbsize; cli llen mylist
cli shutdown save; wait; echo $?
