# SPDX-License-Identifier: MIT
# An emulated machine (TCG) boots a sector that writes to its serial port and
# ends the emulator: threads, generated code, clocks read all the time.
# needs: qemu-system-x86_64 python3
# status: 33
# long
python3 - <<'END'
import struct
code = bytearray(b"\xfa\x31\xc0\x8e\xd8\xbe\x00\x00")  # cli, ds = 0, si = text
code += b"\xac\x84\xc0\x74\x06"                        # al = *si++; 0: done
code += b"\xba\xf8\x03\xee\xeb\xf5"                    # outb to 0x3f8; again
code += b"\xba\xf4\x00\xb0\x10\xee\xf4\xeb\xfd"        # outb to 0xf4; halt
code[6:8] = struct.pack("<H", 0x7c00 + len(code))
code += b"booted\r\n\0"
code += bytes(510 - len(code)) + b"\x55\xaa"
open("boot", "wb").write(code)
END
exec qemu-system-x86_64 -accel tcg -serial stdio -monitor none -display none \
	-device isa-debug-exit,iobase=0xf4,iosize=4 -no-reboot \
	-drive file=boot,format=raw
