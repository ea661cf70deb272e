# SPDX-License-Identifier: MIT
# lua: coroutines, closures, garbage, popen, clocks.
# needs: lua5.4
lua5.4 - <<'END'
local producer = coroutine.wrap(function()
	for i = 1, 5 do coroutine.yield(i * i) end
end)
for value in producer do io.write(value, " ") end
local t = {} for i = 1, 50000 do t[i % 100] = { i } end
collectgarbage()
print(#t, os.time() > 0, os.clock() < 100, tostring(t))
local pipe = io.popen("echo popen; exit 3")
print(pipe:read("a"), pipe:close())
local name = os.tmpname() os.remove(name)
print(name, math.random(1, 1 << 40), os.getenv("TZ"))
print(string.rep("x", 10):gsub("x", "%0y"), pcall(error, "caught"))
END
