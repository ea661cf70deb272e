# SPDX-License-Identifier: MIT
# python3: sqlite3 in a file with WAL, used by two processes, and in memory.
# needs: python3
# output: fixed
python3 - <<'END'
import os, sqlite3
db = sqlite3.connect("data.db", isolation_level=None)
print(db.execute("pragma journal_mode=wal").fetchone())
db.execute("create table t(k integer primary key, v text)")
db.execute("begin")
db.executemany("insert into t values(?, ?)",
               ((i, "value %d" % i) for i in range(2000)))
db.execute("commit")
pid = os.fork()
if not pid:
    other = sqlite3.connect("data.db")
    other.execute("update t set v = 'child' where k % 10 = 0"); other.commit()
    os._exit(0)
os.waitpid(pid, 0)
print(db.execute("select count(*) from t where v = 'child'").fetchone())
print(db.execute("pragma wal_checkpoint(truncate)").fetchone())
db.close()
memory = sqlite3.connect(":memory:")
memory.execute("create table n as with recursive c(x) as (select 1 union all "
               "select x + 1 from c where x < 20000) select x from c")
print(memory.execute("select sum(x * x) from n").fetchone())
END
