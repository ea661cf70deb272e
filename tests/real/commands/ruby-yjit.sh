# SPDX-License-Identifier: MIT
# ruby --yjit: all code's memory changes protection for each function compiled.
# needs: ruby
# output: fixed
ruby --yjit -e '
def fib(n) n < 2 ? n : fib(n - 1) + fib(n - 2) end
puts fib(20)
20.times { |i| eval "def f#{i}(x) x + #{i} end"; 50.times { send("f#{i}", 1) } }
p 20.times.sum { |i| send("f#{i}", 1) }'
