# SPDX-License-Identifier: MIT
# node: just-in-time code, worker threads, child processes, timers.
# needs: node
# long
# output: fixed
node -e '
const { Worker } = require("worker_threads");
const { execFileSync } = require("child_process");
let n = 0;
for (let i = 0; i < 3e6; i++) n = (n * 31 + i) % 1000003;
console.log(n, execFileSync("echo", ["child"]).toString().trim());
const code = "require(\"worker_threads\").parentPort.postMessage(6 * 7)";
new Worker(code, { eval: true }).on("message", (m) => console.log(m));
setTimeout(() => console.log("timer"), 300);'
