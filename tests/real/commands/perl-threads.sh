# SPDX-License-Identifier: MIT
# perl: interpreter threads with shared variables and queues.
# needs: perl
# output: fixed
perl - <<'END'
use strict; use warnings; use threads; use threads::shared; use Thread::Queue;
my $queue = Thread::Queue->new; my $sum : shared = 0;
my @threads = map { threads->create(sub {
	while (defined(my $n = $queue->dequeue)) { lock $sum; $sum += $n }
	return threads->tid > 0;
}) } 1 .. 3;
$queue->enqueue($_) for 1 .. 100; $queue->end;
my $ok = 0; $ok += $_->join for @threads; print "$sum $ok\n";
END
