-- SPDX-License-Identifier: MIT
-- Signals strike loops that LuaJIT compiled, or its interpreter.
--
-- command: luajit
-- variants: compiled interpreted recompiled
-- library: strike_library
-- points: none
local ffi = require("ffi")
ffi.cdef[[
int strikes_so_far(void);
void strikes_start(void);
void strikes_stop(void);
]]
local library = ffi.load("./strike_library.so")
if arg[1] == "interpreted" then jit.off() end
local wanted = tonumber(os.getenv("STRIKES") or 12)
local passes, value = 0, 1
library.strikes_start()
while library.strikes_so_far() < wanted do
	if arg[1] == "recompiled" then jit.flush() end
	for i = 1, 20000 do
		value = (value * 16807 + i) % 2147483647
	end
	passes = passes + 1
end
library.strikes_stop()
print(passes, value)
print("EXIT-SUCCESS")
