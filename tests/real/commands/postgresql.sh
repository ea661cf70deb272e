# SPDX-License-Identifier: MIT
# PostgreSQL: a cluster made, started, loaded by many clients with processes
# that share memory, parallel queries, a reload, a crash and its recovery.
# needs: pgbench psql unshare
# probe: unshare -U --map-user=65534 --map-group=65534 true
# long
export PATH="$(ls -d /usr/lib/postgresql/*/bin | tail -n 1):$PATH"
export PGHOST="$PWD" PGUSER=tester PGDATABASE=postgres
cat > run <<'END'
set -e
initdb -D data -U tester -A trust -N --no-instructions --locale=C.UTF-8 > init.log
cat >> data/postgresql.conf <<SETTINGS
port = $PORT
listen_addresses = '127.0.0.1'
unix_socket_directories = '$PWD'
shared_buffers = 16MB
autovacuum_naptime = 1s
restart_after_crash = on
SETTINGS
export PGPORT=$PORT
pg_ctl -D data -l log -w start > start.log
pgbench -i -s 1 -q > load.log 2>&1
pgbench -h 127.0.0.1 -c 8 -j 2 -t 10 > bench.log 2>&1
pgbench -S -c 4 -j 2 -t 60 >> bench.log 2>&1
grep -h 'actually processed' bench.log
psql -At <<SQL
set max_parallel_workers_per_gather = 4;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select count(*), sum(abalance) = (select sum(delta) from pgbench_history)
	from pgbench_accounts where bid > 0;
listen told; notify told, 'what';
SQL
psql -At -c 'vacuum full pgbench_accounts' -c 'checkpoint'
echo "work_mem = '7MB'" >> data/postgresql.conf
pg_ctl -D data reload > reload.log
until psql -At -c 'show work_mem' | grep 7MB; do sleep 0.05; done
kill -KILL "$(psql -At -c 'select pid from pg_stat_activity
	where backend_type = $$walwriter$$')"
until psql -At -c 'select count(*) from pgbench_history' 2> /dev/null; do
	sleep 0.05
done
grep -c 'automatic recovery in progress' log
pg_ctl -D data -m fast -w stop > stop.log
END
unshare -U --map-user=65534 --map-group=65534 sh run
