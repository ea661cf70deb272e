# SPDX-License-Identifier: MIT
# Pipelines of text tools, output by every buffering mode.
# output: fixed
seq 5000 > numbers
split -n l/4 numbers part.
paste part.* | tr '\t' , | cut -d, -f2,4 | head -3
join numbers numbers 2> /dev/null | tail -1
comm -12 part.aa part.ab | wc -l
nl numbers | tac | fold -w 9 | uniq | od -An -tx1 | head -2
pr -3 -t -l 5 part.aa | expand | fmt | head -4
stdbuf -oL cat numbers | (read -r line; echo "$line"; stdbuf -o0 tail -2)
factor 1234567890123456789 97
numfmt --to=iec 123456789
csplit -s numbers 100 200 && wc -l xx0*
