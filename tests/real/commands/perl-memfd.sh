# SPDX-License-Identifier: MIT
# perl: a program copied into a memfd and executed by its descriptor.
# needs: perl
# output: fixed
perl - <<'END'
use strict; use warnings; use IO::Handle;
my $name = "loaded by perl";
my $fd = syscall(319, $name, 0); die "memfd_create: $!" if $fd < 0;
open(my $memfd, "+<&=", $fd) or die; open(my $in, "<", "/bin/echo") or die;
binmode $_ for $memfd, $in; local $/; print $memfd scalar <$in>;
$memfd->flush;
print readlink("/proc/self/fd/$fd"), "\n"; $| = 1; print "";
my ($path, @argv) = ("", map { "$_\0" } "echo", "hello from a memfd");
my $argv = pack("p p q", @argv, 0); my $env = pack("p q", "A=1\0", 0);
syscall(322, $fd, $path, $argv, $env, 0x1000); die "execveat: $!";
END
