# SPDX-License-Identifier: MIT
# System V shared memory, semaphores and queues through perl.
# needs: perl
# output: fixed
perl - <<'END'
use strict; use warnings; use IPC::SysV qw(IPC_PRIVATE IPC_CREAT IPC_RMID SETVAL);
use POSIX ();
my $id = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600); defined $id or die "shm: $!";
my $sem = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600); semctl($sem, 0, SETVAL, 0);
my $queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
shmwrite $id, "written by the parent", 0, 30;
my $pid = fork;
if (!$pid) {
	shmread $id, my $text, 0, 30; $text =~ s/\0.*//s;
	msgsnd $queue, pack("l! a*", 5, "child read: $text"), 0;
	shmwrite $id, "changed", 100, 7; semop $sem, pack("s!3", 0, 1, 0);
	POSIX::_exit(0);
}
semop $sem, pack("s!3", 0, -1, 0); shmread $id, my $back, 100, 7; print "$back\n";
msgrcv $queue, my $message, 100, 0, 0; print +(unpack "l! a*", $message)[1], "\n";
waitpid $pid, 0; shmctl $id, IPC_RMID, 0; semctl $sem, 0, IPC_RMID, 0;
msgctl $queue, IPC_RMID, 0; print "removed\n";
END
