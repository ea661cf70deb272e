# SPDX-License-Identifier: MIT
# sbcl: native code in the heap, threads stopped by signals to collect garbage.
# needs: sbcl
# long
# output: fixed
cat > p.lisp <<'EOF'
(defun fib (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(print (fib 24))
(print (mapcar #'sb-thread:join-thread
  (loop for i below 4 collect
    (sb-thread:make-thread (lambda () (let ((l nil))
      (dotimes (j 100000) (push (cons j j) l)) (length l)))))))
(sb-ext:gc :full t)
(print (handler-case (sb-ext:with-timeout 0.05 (loop))
         (sb-ext:timeout () :timeout)))
(terpri)
EOF
sbcl --script p.lisp
