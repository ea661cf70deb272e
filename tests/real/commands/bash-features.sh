# SPDX-License-Identifier: MIT
# bash: process substitution, mapfile, associative arrays, here strings.
# needs: bash
# output: fixed
cat > script <<'END'
diff <(seq 1 5) <(seq 2 6)
mapfile -t lines < <(seq 2000); echo ${#lines[@]}
declare -A map; for i in {1..3000}; do map[k$i]=$i; done; echo ${#map[@]}
tr a-z A-Z <<< "$(printf '%s-' a b c)"
tee >(cat > one) >(wc -c > two) < /etc/passwd > /dev/null
# Nobody waits for what is behind >().
until cmp -s one /etc/passwd && [ -s two ]; do sleep 0.02; done
[ "$(cat two)" = "$(wc -c < one)" ] && echo same
exec {fd}> out; echo hello >&$fd; exec {fd}>&-; cat out
[[ 2024-05-06 =~ ([0-9]+)-([0-9]+) ]] && echo "${BASH_REMATCH[2]}"
printf -v now '%(%Y)T' 0; echo $now
shopt -s globstar lastpipe; echo 5 | read -r n; echo $n
s=0; for ((i = 0; i < 20000; i++)); do ((s += i)); done; echo $s
END
bash script
