# SPDX-License-Identifier: MIT
# python3: a computing loop with few calls.
# needs: python3
# output: fixed
python3 -c '
n, text = 0, []
for i in range(600000):
    n = (n * 1103515245 + i) % 2147483648
    if i % 100000 == 0:
        text.append(str(n))
print(" ".join(text), sum(int(t) ** 50 for t in text) % 1000007)'
