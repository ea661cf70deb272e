# SPDX-License-Identifier: MIT
# php: its compiler of traces, regular expressions, processes.
# needs: php
# output: fixed
cat > p.php <<'EOF'
<?php
function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); }
$sums = array_fill(0, 10, 0);
for ($i = 0; $i < 100000; $i++) $sums[$i % 10] += $i * 3 % 7;
echo f(20), " ", md5(serialize($sums)), " ", shell_exec("echo sub");
echo preg_match_all("/(\d+)a/", str_repeat("12a3 ", 1000)), "\n";
EOF
php p.php
php -d opcache.enable_cli=1 -d opcache.jit_buffer_size=16M \
	-d opcache.jit=tracing p.php
