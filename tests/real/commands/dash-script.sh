# SPDX-License-Identifier: MIT
# dash: loops, functions, arithmetic, here-documents, subshells.
# output: fixed
fib() { if [ "$1" -lt 2 ]; then echo "$1"; else
	echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2)))))
fi; }
fib 8
i=0
while [ $i -lt 20000 ]; do i=$((i + 1)); done
echo $i
cat <<END
here $(echo nested) ${HOME:+set}
END
(exit 7); echo $?
set -- *; echo $#
for f in /etc/host*; do [ -e "$f" ] && echo found; done | sort -u
case $LC_ALL in C*) echo c ;; esac
