# SPDX-License-Identifier: MIT
# ruby: green threads on a lock, timers that preempt, fork, ractors, sockets.
# needs: ruby
# output: fixed
ruby -W0 -rsocket -rtimeout -e '
p 4.times.map { |i| Thread.new { (1..100000).sum { |j| j ^ i } } }.map(&:value)
Process.wait fork { exit 3 }
p $?.exitstatus
begin; Timeout.timeout(0.05) { loop {} }; rescue Timeout::Error; puts "late"; end
server = TCPServer.new("127.0.0.1", 0)
client = Thread.new { TCPSocket.new("127.0.0.1", server.addr[1]).gets }
server.accept.tap { |socket| socket.puts "hello"; socket.close }
puts client.value
p Ractor.new { (1..1000).sum }.take
GC.start; puts `echo sub`'
