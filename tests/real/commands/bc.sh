# SPDX-License-Identifier: MIT
# bc and m4: arithmetic of any length, macros.
# needs: bc m4
# output: fixed
echo 'scale=200; 4*a(1)' | bc -l | tail -1
echo '2^2000 % 1000007; sqrt(2)' | bc
printf 'define(f, `ifelse($1, 0, 1, `eval($1 * f(decr($1)))'"'"')'"'"')f(9)\n' | m4
m4 <<'END'
esyscmd(`echo from m4')syscmd(`exit 3')sysval
END
