# SPDX-License-Identifier: MIT
# MariaDB: its tables made by mariadbd --bootstrap, then many clients.
# needs: mariadbd mariadb mariadb-install-db mariadb-slap
# long
options="--no-defaults --datadir=$PWD/data --socket=$PWD/socket --port=$PORT
	--bind-address=127.0.0.1 --innodb-buffer-pool-size=16M
	--innodb-log-file-size=8M --pid-file=$PWD/pid --skip-log-error"
test "$(id -u)" != 0 || options="$options --user=root"
mariadb-install-db $options --auth-root-authentication-method=normal \
	--skip-test-db > install.log 2>&1 || exit 1
mariadbd $options 2> server.log &
client() { program=$1; shift; "$program" --no-defaults -S "$PWD/socket" -u root "$@"; }
until client mariadb-admin ping > /dev/null 2>&1; do sleep 0.05; done
client mariadb <<'END'
create database t;
use t;
create table a(id int primary key auto_increment, v varchar(200), n int, key(n));
insert into a(v, n) select repeat("x", 100), seq % 100 from seq_1_to_3000;
select n, count(*), sum(id) from a group by n having n < 3;
END
client mariadb-slap --concurrency=6 --number-of-queries=240 --auto-generate-sql \
	--auto-generate-sql-load-type=mixed > slap.log || exit 1
client mariadb -e 'flush logs; alter table t.a add w int; select count(*) from t.a'
kill -TERM "$(cat pid)"; wait; echo $?
