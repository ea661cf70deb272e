# SPDX-License-Identifier: MIT
# The command dies of a signal; its exit status says so.
# status: 143
# output: fixed
echo before
trap 'echo not reached' EXIT
kill -TERM $$
sleep 5
