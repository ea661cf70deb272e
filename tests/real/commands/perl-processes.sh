# SPDX-License-Identifier: MIT
# perl: fork, pipes, socketpair, signals, hashes in random order, alarm.
# needs: perl
perl - <<'END'
use strict; use warnings; use Socket; use Time::HiRes qw(time ualarm sleep);
$| = 1;
my %hash = map { $_ => 1 } 1 .. 20;
print join(",", keys %hash), "\n";
printf "%.6f %d %f\n", time, $$, rand;
socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
my $pid = fork;
if (!$pid) { close $a; print $b "from child\n"; close $b; exit 9 }
close $b; print scalar <$a>; waitpid $pid, 0; print $? >> 8, "\n";
open(my $pipe, "-|", "seq 1000 | tail -2") or die; print <$pipe>; close $pipe;
my $alarms = 0; $SIG{ALRM} = sub { $alarms++; die "alarm\n" };
ualarm 50_000; eval { select undef, undef, undef, 10 }; print "got $@";
local $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$;
my $text = join " ", map { $_ * $_ } 1 .. 20000; my $n = () = $text =~ /9+/g;
print "$n\n"; print `echo shell; exit 2`; print $? >> 8, "\n";
END
