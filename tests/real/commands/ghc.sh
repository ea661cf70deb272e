# SPDX-License-Identifier: MIT
# The compiler of Haskell, itself in Haskell: its code is full of tables.
# needs: ghc
# long
# output: fixed
echo 'main = print (sum [1 .. 1000 :: Int])' >sum.hs
ghc -v0 -outputdir objects -o sum sum.hs && ./sum
