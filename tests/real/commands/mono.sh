# SPDX-License-Identifier: MIT
# mono: just-in-time code, threads, a moving collector.
# needs: mono mcs
# long
# output: fixed
mono p.exe
