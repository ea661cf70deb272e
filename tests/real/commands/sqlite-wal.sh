# SPDX-License-Identifier: MIT
# sqlite3: a database file with WAL and its shared-memory index.
# needs: sqlite3
# output: fixed
sqlite3 data.db <<'END'
pragma journal_mode=wal;
create table t(k integer primary key, v text);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 3000)
insert into t select x, 'value ' || x from c;
create index i on t(v);
pragma mmap_size=10000000;
select count(*), max(v) from t where v like 'value 1%';
END
sqlite3 data.db 'update t set v = "x" where k < 10; select v from t limit 3'
sqlite3 data.db 'pragma integrity_check; vacuum;' '.dump' | tail -1
