#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes a large registry hive to standard output, for measuring: KEYS keys in groups of 64, each with
# VALUES values of BYTES bytes.
#   bighive.pl KEYS VALUES BYTES
use strict;
use warnings;

my ($keys, $values, $bytes) = @ARGV;
my $none = 0xffffffff;
my $bin = "\0" x 32;

# Appends a cell and returns its offset.
sub cell {
	my $data = shift;
	my $size = (4 + length($data) + 7) & ~7;
	my $at = length $bin;
	$bin .= pack('l<', -$size) . $data . "\0" x ($size - 4 - length $data);
	return $at;
}

# Appends a key; lists are put in later.
sub key {
	my ($name, $parent, $flags, $security) = @_;
	return cell(pack('a2 S< Q< L< L< L< L< L< L< L< L< L< L< L<5 S< S< a*', 'nk', $flags, 132000000000000000, 0,
		$parent, 0, 0, $none, $none, 0, $none, $security, $none, 0, 0, 0, 0, 0, length $name, 0, $name));
}

sub patch {
	my ($key, $field, @numbers) = @_;
	substr($bin, $key + $field, 4 * @numbers) = pack('L<*', @numbers);
}

# The subkey list of KEY: leaves of 500 under an index.
sub subkeys {
	my ($key, @list) = @_;
	my ($count, @leaves) = scalar @list;
	while (my @part = splice @list, 0, 500) {
		push @leaves, cell(pack('a2 S< L<*', 'li', scalar @part, @part));
	}
	my $top = @leaves == 1 ? $leaves[0] : cell(pack('a2 S< L<*', 'ri', scalar @leaves, @leaves));
	patch($key, 0x18, $count);
	patch($key, 0x20, $top);
}

my $root = key('root', $none, 0x2c, 0);
my $descriptor = pack('C C S< L<4', 1, 0, 0x8000, 0, 0, 0, 0);
my $security = cell(pack('a2 S< L< L< L< L< a*', 'sk', 0, 0, 0, $keys, length $descriptor, $descriptor));
patch($security, 8, $security, $security);
patch($root, 0x30, $security);
my @groups;
for (my $n = 0; $n < $keys;) {
	my $group = key(sprintf('Group %06u', $n), $root, 0x20, $security);
	my @members;
	for (my $i = 0; $i < 64 && $n < $keys; $i++, $n++) {
		my $key = key(sprintf('{%08x-0000-4000-8000-%012x}', $n, $n * 7919), $group, 0x20, $security);
		my @list;
		for my $v (1 .. $values) {
			my $data = cell(pack('a*', chr(65 + $n % 26) x $bytes));
			push @list, cell(pack('a2 S< L< L< L< S< S< a*', 'vk', length "Value $v", $bytes, $data, 3, 1, 0, "Value $v"));
		}
		patch($key, 0x28, scalar @list, cell(pack('L<*', @list)));
		push @members, $key;
	}
	subkeys($group, @members);
	push @groups, $group;
}
subkeys($root, @groups);
my $size = (length($bin) + 8 + 4095) & ~4095;
$bin .= pack('L<', $size - length $bin);
$bin .= "\0" x ($size - length $bin);
substr($bin, 0, 32) = pack('a4 L< L< L< L< Q< L<', 'hbin', 0, $size, 0, 0, 132000000000000000, 0);
my $base = pack('a4 L< L< Q< L< L< L< L< L< L< L<', 'regf', 1, 1, 132000000000000000, 1, 5, 0, 1, $root, $size, 1);
$base .= "\0" x (508 - length $base);
my $sum = 0;
$sum ^= $_ for unpack 'L<*', $base;
binmode STDOUT;
print $base, pack('L<', $sum), "\0" x (4096 - 512), $bin;
