# SPDX-License-Identifier: MIT
# ruby --yjit: all code's memory changes protection for each function compiled.
# (Of 256 MiB, the default, that takes minutes on a busy machine: docs/limits.md.)
# needs: ruby
# output: fixed
ruby --yjit --yjit-exec-mem-size=32 -e '
def fib(n) n < 2 ? n : fib(n - 1) + fib(n - 2) end
puts fib(20)
20.times { |i| eval "def f#{i}(x) x + #{i} end"; 50.times { send("f#{i}", 1) } }
p 20.times.sum { |i| send("f#{i}", 1) }'
