# SPDX-License-Identifier: MIT
# For the tests of the whole tool, which source this file: results as lines of
# the test anything protocol, a directory to work in, and reel by its path.
set -u
export LC_ALL=C
number=0
failures=0
here=$(dirname -- "$(realpath -- "$0")")
tracees=$(realpath -- "${tracees-tests/programs}" 2>/dev/null)
reel=$(realpath -- "${REEL-./reel}" 2>/dev/null)
if [ -z "$reel" ] || [ ! -x "$reel" ]; then
	echo "Bail out! no reel: set REEL"
	exit 99
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/reel-test-XXXXXX") || exit 99
children=()

# Ends what was started in the background, and nothing else.
clean_up() {
	local pid
	for pid in "${children[@]}"; do
		kill -KILL "$pid" && wait "$pid"
	done 2>/dev/null
	[ "$(type -t undo)" != function ] || undo
	cd / && rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 99' INT TERM HUP
cd "$work" || exit 99
export REEL_TRACES=$work/traces

ok() { # DESCRIPTION
	number=$((number + 1))
	echo "ok $number - $1"
}

not_ok() { # DESCRIPTION [LINE...]
	number=$((number + 1))
	failures=$((failures + 1))
	echo "not ok $number - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | head -n 40 | cut -c 1-200 |
		tr -cd '\11\12\40-\176' | sed 's/^/# /'
}

skip() { # DESCRIPTION REASON
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# One test: the command must succeed; what it prints explains a failure.
check() { # DESCRIPTION COMMAND...
	local description=$1 output status
	shift
	output=$("$@" 2>&1 </dev/null)
	status=$?
	if [ $status = 0 ]; then
		ok "$description"
	else
		not_ok "$description" "status $status of: $*" "$output"
	fi
	return $status
}

# The command must end with this status within 60 seconds.  Its output is left
# in $work/out and $work/err.
ends_with() { # STATUS COMMAND...
	local wanted=$1 status
	shift
	timeout -k 5 60 "$@" </dev/null >"$work/out" 2>"$work/err"
	status=$?
	[ $status = "$wanted" ] && return
	echo "status $status, expected $wanted"
	tail -n 5 "$work/out"
	tail -n 15 "$work/err"
	return 1
}

# True when the process exists and is no zombie.
alive() { # PID
	local state
	state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) &&
		[ "$state" != Z ]
}

# Waits up to ten seconds for a condition.
await() { # COMMAND...
	local tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || return 1
		sleep 0.02
	done
}

finish() {
	echo "1..$number"
	[ $failures = 0 ]
	exit
}
