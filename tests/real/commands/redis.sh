# SPDX-License-Identifier: MIT
# redis: server with background threads and a forked save, cli, benchmark.
# needs: redis-server redis-cli redis-benchmark
redis-server --port "$PORT" --bind 127.0.0.1 --daemonize no --save '' \
	--dir "$PWD" --loglevel warning > server.log 2>&1 &
cli() { redis-cli -p "$PORT" "$@"; }
until cli ping 2> /dev/null | grep -q PONG; do sleep 0.05; done
cli set key value; cli get key; cli incr counter
seq 50 | sed 's/.*/rpush list &/' | cli > /dev/null; cli lrange list 0 2
redis-benchmark -p "$PORT" -q -n 300 -c 5 -t set,get,lpush | tr '\r' '\n' |
	tail -3
cli eval 'return {KEYS[1], redis.call("llen", "list")}' 1 list
cli bgsave; until cli info persistence | grep -q bgsave_in_progress:0; do
	sleep 0.05
done
cli info server | grep -c redis_version
cli shutdown nosave; wait; echo $?
test -s dump.rdb && echo saved
