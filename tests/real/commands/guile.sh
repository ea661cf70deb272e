# SPDX-License-Identifier: MIT
# guile: a virtual machine with compiled code, threads, futures, collection.
# needs: guile
# long
# output: fixed
guile --no-auto-compile -c '
(use-modules (ice-9 threads))
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(display (par-map (lambda (x) (fib (+ 12 x))) (list 1 2 3 4))) (newline)
(gc) (system "echo sub")'
