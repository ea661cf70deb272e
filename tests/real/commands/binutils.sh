# SPDX-License-Identifier: MIT
# as, ld, objcopy, strip, readelf, objdump, nm, ar on a program by hand.
# needs: as ld objdump
# output: fixed
cat > start.s <<'END'
	.globl _start
_start:	mov $1, %eax
	mov $1, %edi
	lea text(%rip), %rsi
	mov $6, %edx
	syscall
	mov $60, %eax
	mov $7, %edi
	syscall
	.section .rodata
text:	.ascii "hello\n"
END
as -o start.o start.s && ld -o program start.o && ./program; echo $?
ld -pie --no-dynamic-linker -o pie start.o && ./pie; echo $?
ld -r -o part.o start.o && readelf -hS part.o | grep -c rodata
objcopy --only-keep-debug program debug && strip program && ./program; echo $?
objdump -d start.o | grep -c syscall
nm start.o; size start.o | tail -1
readelf -l /bin/ls | grep -c LOAD
