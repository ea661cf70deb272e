# SPDX-License-Identifier: MIT
# make -j2: the job server's pipe, SIGCHLD, recursive makes.
# needs: make gcc
cat > Makefile <<'END'
OBJECTS = $(patsubst %,f%.o,1 2 3 4 5 6)
all: library.a sub
library.a: $(OBJECTS)
	ar rcsD $@ $^
f%.c:
	echo "int f$*(void) { return $*; }" > $@
f%.o: f%.c
	gcc -O -c -o $@ $<
sub:
	+$(MAKE) -s -f Makefile subtarget
subtarget: part1 part2
part%:
	@sleep 0.05; echo made $@
.PHONY: all sub subtarget
END
make -j2 && make -q library.a && nm library.a | grep -c ' T '
