# SPDX-License-Identifier: MIT
# tmux: a server daemon, pseudo-terminals, a control client.
# needs: tmux pgrep
tmux() { command tmux -S "$PWD/socket" -f /dev/null "$@"; }
tmux new-session -d -x 80 -y 24 'sh -c "echo in tmux; tty; cat"' || exit 1
tmux send-keys 'typed text' Enter
until tmux capture-pane -p | grep -q -x 'typed text'; do sleep 0.05; done
tmux split-window -h 'sleep 20'; tmux list-panes -F '#{pane_width}'
tmux new-window 'exit 0'
tmux capture-pane -p -t 0.0 | head -3 | tail -2
tmux display-message -p '#{session_windows} #{version}'
printf 'list-sessions\n\n' | timeout 10 tmux -C attach | grep -c begin
tmux kill-server; echo $?
while pgrep -f "$PWD/socket" > /dev/null; do sleep 0.02; done
