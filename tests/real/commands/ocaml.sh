# SPDX-License-Identifier: MIT
# OCaml: native code and bytecode, threads that a ticking thread preempts.
# needs: ocamlopt ocamlc ocamlrun
# long
cat > p.ml <<'EOF'
let () =
  let work i () =
    let s = ref 0 in
    for j = 0 to 2_000_000 do
      s := !s + (j lxor i);
      if j land 1023 = 0 then ignore (Array.make 10 j)
    done;
    Printf.printf "%d %d\n%!" i !s in
  List.iter Thread.join (List.init 4 (fun i -> Thread.create (work i) ()));
  Gc.full_major ()
EOF
ocamlopt -thread -I +threads unix.cmxa threads.cmxa p.ml -o native && ./native
ocamlc -thread -I +threads unix.cma threads.cma p.ml -o byte && ocamlrun byte
