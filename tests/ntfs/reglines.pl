#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Reads what hivexregedit --export writes and prints a line for each key and value, as the tests make
# them from a catalog: KEY, or KEY, NAME, type and data in hexadecimal, between tabs.
use strict;
use warnings;

binmode STDIN, ':utf8';
binmode STDOUT, ':utf8';
my $key = '';
while (my $line = <STDIN>) {
	chomp $line;
	if ($line =~ /^\[(.*)\]$/) {
		($key = $1) =~ s/\\+$//;
		print "$key\n";
		next;
	}
	next unless $line =~ /^(?:@|"((?:[^"\\]|\\.)*)")=(?:dword:([0-9a-f]{8})|hex(?:\(([0-9a-f]+)\))?:(.*))$/;
	my ($name, $number, $type, $hex) = ($1 // '', $2, $3 // '3', $4);
	$name =~ s/\\(.)/$1/g;
	if (defined $number) {
		$type = '4';
		$hex = join '', reverse $number =~ /../g;
	}
	$hex =~ s/,//g;
	print join("\t", $key, $name, $type, uc $hex), "\n";
}
