# SPDX-License-Identifier: MIT
# tclsh: events, channels and a notifier thread.
# needs: tclsh
# long
echo 'after 50 {puts timer; set done 1}; vwait done; puts [exec seq 3]
set f [open "|cat" r+]; puts $f hello; flush $f; puts [gets $f]; close $f' | tclsh
