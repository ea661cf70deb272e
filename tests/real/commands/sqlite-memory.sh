# SPDX-License-Identifier: MIT
# Compute-bound: sqlite3 in memory.
# needs: sqlite3
# output: fixed
sqlite3 :memory: <<'END'
create table t(a integer, b text);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 60000)
insert into t select x, hex(x * x) from c;
create index i on t(b);
select count(*), sum(a), min(b) from t join (select b as o from t limit 2000) on b = o;
END
