# SPDX-License-Identifier: MIT
# jq: JSON made, filtered and grouped.
# needs: jq
# output: fixed
jq -n '[range(3000) | { id: ., even: (. % 2 == 0), name: "n\(.)" }]' > data.json
jq -c 'group_by(.even) | map({ even: .[0].even, n: length })' data.json
jq -r '.[] | select(.id % 999 == 0) | [.id, .name] | @csv' data.json
jq -e '.[0].missing' data.json; echo $?
jq -n 'now > 0, (0 | todate), env.TZ, ([limit(5; repeat(1))] | add)'
