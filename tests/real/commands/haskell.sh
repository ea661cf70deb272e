# SPDX-License-Identifier: MIT
# What ghc builds: green threads on several system threads, timer ticks.
# needs: ghc
# long
# output: fixed
./main; ./main +RTS -N2
