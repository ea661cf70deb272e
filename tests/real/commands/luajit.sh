# SPDX-License-Identifier: MIT
# luajit: code that is written, made executable, and written again.
# needs: luajit
# output: fixed
luajit -e 'local s, t, u = 0, {}, 0
for i = 1, 3e7 do s = (s + i * 3) % 1000003 end
for i = 1, 1e6 do t[i % 100 + 1] = (t[i % 100 + 1] or 0) + i end
for _, v in ipairs(t) do u = u + v end
print(s, u, jit.status())'
