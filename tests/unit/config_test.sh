#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the image's configuration parser (rootfs/usr/lib/holdfast/config.sh) in busybox sh, the
# shell it runs in. Each case is one table entry: name, kind, input, what must come out.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
parser=$root/rootfs/usr/lib/holdfast/config.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# parse FILE CMDLINE: prints every error and, for the settings that were given, the result.
parse() {
	# The program text is for the inner shell.
	# shellcheck disable=SC2016
	busybox sh -u -c '
		. "$1"
		config_init
		[ -z "$2" ] || config_read_file "$2" holdfast.conf
		config_read_cmdline cmdline "kernel command line" "$3"
		printf "%s" "$CONFIG_ERRORS"
		config_print | grep -v "(default)$"
		[ "$cfg_media" = auto ] || printf "media = %s\n" "$cfg_media"
		exit 0' sh "$parser" "$1" "$2" 2>&1
}

# check NAME EXPECTED ACTUAL
check() {
	if [ "$2" = "$3" ]; then
		echo "ok config: $1"
		passed=$((passed + 1))
	else
		echo "not ok config: $1"
		printf -- '--- expected\n%s\n--- got\n%s\n' "$2" "$3"
		failed=$((failed + 1))
	fi
}

# file NAME CONTENT EXPECTED: CONTENT is a printf format.
file() {
	# shellcheck disable=SC2059
	printf "$2" >"$work/conf"
	check "$1" "$3" "$(parse "$work/conf" '')"
}

# cmdline NAME CMDLINE EXPECTED
cmdline() {
	check "$1" "$3" "$(parse '' "$2")"
}

keys='action, scanstate, loadstate, disk-serial, volume-label, windows, wipe-keep, wipe-with-errors, accept-damage, end, logs, error-delay, menu-timeout, bitlocker-recovery, bitlocker-password'

# --- good files
file 'an empty file' '' ''
file 'comments and blank lines' '# x\n\n   # y = z\n\t\n' ''
file 'one key' 'action = show\n' 'action = show   (holdfast.conf line 1)'
file 'no blanks, no newline at the end' 'action=capture+wipe' 'action = capture+wipe   (holdfast.conf line 1)'
file 'blanks and tabs around' ' \t action\t =\t capture \t\n' 'action = capture   (holdfast.conf line 1)'
file 'CR LF line ends' '# c\r\naction = show\r\nend = reboot\r\n' \
	$'action = show   (holdfast.conf line 2)\nend = reboot   (holdfast.conf line 3)'
file 'UTF-8 byte order mark' '\357\273\277action = show\r\n' 'action = show   (holdfast.conf line 1)'
# shellcheck disable=SC2016
file 'a ScanState line stays verbatim' \
	'scanstate = "C:\\My Store" /ui:DOM\\* /c  /i:"a b.xml" # $(reboot) `x` $HOME\n' \
	'scanstate = "C:\My Store" /ui:DOM\* /c  /i:"a b.xml" # $(reboot) `x` $HOME   (holdfast.conf line 1)'
file 'a restore' 'action = restore\nloadstate = C:\\S /hardlink /nocompress /lac:p=w\n' \
	$'action = restore   (holdfast.conf line 1)\nloadstate = C:\\S /hardlink /nocompress /lac:(hidden)   (holdfast.conf line 2)'
file 'a restore that deletes the store' 'action=restore+delete-store' \
	'action = restore+delete-store   (holdfast.conf line 1)'
file 'a value with = in it' 'disk-serial = A=B\n' 'disk-serial = A=B   (holdfast.conf line 1)'
file 'a glob stays a glob' 'volume-label = *\n' 'volume-label = *   (holdfast.conf line 1)'
file 'umlauts in UTF-8' 'volume-label = B\303\274ro\n' $'volume-label = B\303\274ro   (holdfast.conf line 1)'
file 'keeps' 'wipe-keep = C:\\Tools;C:\\My Drivers;\n' 'wipe-keep = C:\Tools;C:\My Drivers;   (holdfast.conf line 1)'
file 'selection by directory' 'windows = \\Windows.old\\x\n' 'windows = \Windows.old\x   (holdfast.conf line 1)'
file 'BitLocker keys are taken and not shown' \
	'bitlocker-recovery = 111111-222222-333333-444444-555555-666666-111111-222222\nbitlocker-password = open sesame\n' \
	$'bitlocker-recovery = (hidden)   (holdfast.conf line 1)\nbitlocker-password = (hidden)   (holdfast.conf line 2)'
file 'numbers' 'error-delay = 0\nmenu-timeout = 1440\n' \
	$'error-delay = 0   (holdfast.conf line 1)\nmenu-timeout = 1440   (holdfast.conf line 2)'

# --- bad files
file 'unknown key' 'actoin = capture\n' "holdfast.conf line 1: unknown key \"actoin\"; allowed: $keys"
file 'bad value' 'action = wipe\n' \
	'holdfast.conf line 1: key "action": bad value "wipe"; allowed: menu, show, capture, capture+wipe, restore, restore+delete-store'
file 'half an action' 'action = delete-store\n' \
	'holdfast.conf line 1: key "action": bad value "delete-store"; allowed: menu, show, capture, capture+wipe, restore, restore+delete-store'
file 'an empty LoadState line' 'loadstate =\n' 'holdfast.conf line 1: key "loadstate" has no value; delete it or put # before it'
file 'every error is told, good keys stay good' 'end = reboot\naction = x\nlogs = y\n' \
	$'holdfast.conf line 2: key "action": bad value "x"; allowed: menu, show, capture, capture+wipe, restore, restore+delete-store\nholdfast.conf line 3: key "logs": bad value "y"; allowed: holdfast+volume, holdfast, volume, none\nend = reboot   (holdfast.conf line 1)'
file 'a key twice' 'end = reboot\nend = shell\n' \
	$'holdfast.conf line 2: key "end" is given twice; keep one of the lines\nend = reboot   (holdfast.conf line 1)'
file 'no value' 'disk-serial =\n' 'holdfast.conf line 1: key "disk-serial" has no value; delete it or put # before it'
file 'no equals sign' 'action capture\n' \
	'holdfast.conf line 1: "action capture" is not of the form key = value (comments start with #)'
file 'no key' ' = x\n' "holdfast.conf line 1: unknown key \"\"; allowed: $keys"
file 'a control character' 'disk-serial = a\033[2Jb\n' \
	'holdfast.conf line 1: key "disk-serial": the value holds a control character'
file 'relative keep' 'wipe-keep = C:\\a;Tools\n' \
	'holdfast.conf line 1: key "wipe-keep": bad value "C:\a;Tools"; allowed: full paths separated by ; like C:\Tools;C:\Drivers'
file 'keep of a whole drive' 'wipe-keep = C:\\\n' \
	'holdfast.conf line 1: key "wipe-keep": bad value "C:\"; allowed: full paths separated by ; like C:\Tools;C:\Drivers'
file 'windows with a drive' 'windows = C:\\Windows\n' \
	'holdfast.conf line 1: key "windows": bad value "C:\Windows"; allowed: a directory on its volume, like \Windows'
file 'not a number' 'error-delay = soon\n' \
	'holdfast.conf line 1: key "error-delay": bad value "soon"; allowed: seconds from 0 to 3600'
file 'a number far too large' 'menu-timeout = 99999999999999999999\n' \
	'holdfast.conf line 1: key "menu-timeout": bad value "99999999999999999999"; allowed: minutes from 0 (never) to 1440'
file 'a command line key in the file' 'media = ignore\n' \
	'holdfast.conf line 1: key "media" is for the kernel command line only'
file 'UTF-16' '\377\376a\000c\000' 'holdfast.conf: line 1: is not UTF-8 text; save the file as UTF-8'
file 'NUL bytes' 'end = reboot\na\000b' \
	'holdfast.conf: line 2: holds a NUL byte (saved as UTF-16?); save it as UTF-8'
file 'Windows-1252 umlaut' 'volume-label = B\374ro\n' \
	'holdfast.conf: line 1: is not UTF-8 text; save the file as UTF-8'
head -c 70000 /dev/zero | tr '\0' '#' >"$work/conf"
check 'a file far too long' 'holdfast.conf: is 70000 bytes long; at most 65536 are allowed' \
	"$(parse "$work/conf" '')"

# A key in the wrong place or with a mistake around it is not shown either.
file 'a BitLocker key without an equals sign' 'bitlocker-recovery 111111-222222-333333-444444\n' \
	'holdfast.conf line 1: "bitlocker-recovery (hidden)'
file 'a BitLocker key as a line' '111111-222222-333333-444444-555555-666666-111111-222222\n' \
	'holdfast.conf line 1: "(digits hidden)" is not of the form key = value (comments start with #)'
file 'a BitLocker key under a wrong name' 'recovery-key = 111111-222222-333333-444444\n' \
	"holdfast.conf line 1: unknown key \"recovery-key\"; allowed: $keys"
file 'the password of /lac in a line with a mistake' 'loadstat = C:\\S /LAC:"a b" /c\nx /lac:secret\n' \
	"holdfast.conf line 1: unknown key \"loadstat\"; allowed: $keys"$'\nholdfast.conf line 2: "x /lac:(hidden)" is not of the form key = value (comments start with #)'
file 'a BitLocker key twice' 'bitlocker-password = a\nbitlocker-password = b\n' \
	$'holdfast.conf line 2: key "bitlocker-password" is given twice; keep one of the lines\nbitlocker-password = (hidden)   (holdfast.conf line 1)'

# --- command line
cmdline 'nothing for us' 'console=tty0 quiet panic=30' ''
cmdline 'two keys' $'quiet holdfast.action=show holdfast.end=reboot\n' \
	$'action = show   (kernel command line)\nend = reboot   (kernel command line)'
cmdline 'quoted value' 'holdfast.scanstate="C:\S /hardlink /c" quiet' \
	'scanstate = C:\S /hardlink /c   (kernel command line)'
cmdline 'quoted word' '"holdfast.scanstate=C:\S /c" holdfast.end=shell' \
	$'scanstate = C:\\S /c   (kernel command line)\nend = shell   (kernel command line)'
cmdline 'double quotes inside single quotes' "holdfast.scanstate='\"C:\\My Store\" /c' quiet" \
	'scanstate = "C:\My Store" /c   (kernel command line)'
cmdline 'an apostrophe in a word' "holdfast.volume-label=Ann's holdfast.end=reboot" \
	$'volume-label = Ann\'s   (kernel command line)\nend = reboot   (kernel command line)'
cmdline 'a restore' 'holdfast.action=restore+delete-store holdfast.loadstate="C:\S /hardlink /nocompress"' \
	$'action = restore+delete-store   (kernel command line)\nloadstate = C:\\S /hardlink /nocompress   (kernel command line)'
cmdline 'media' 'holdfast.media=expected' 'media = expected'
cmdline 'BitLocker keys are not for the command line' 'holdfast.bitlocker-recovery=111111-222222-333333-444444' \
	'kernel command line: key "bitlocker-recovery" is not for the kernel command line; put the key into a file in the folder keys'
cmdline 'open quote' 'holdfast.scanstate="C:\S' 'kernel command line: a quote (") is not closed'
cmdline 'unknown key' 'holdfast.foo=1' "kernel command line: unknown key \"foo\"; allowed: $keys"
cmdline 'the file name that iPXE puts first' 'holdfast.efi holdfast.end=reboot' 'end = reboot   (kernel command line)'
cmdline 'no value' 'holdfast.end' 'kernel command line: "holdfast.end" is not of the form holdfast.key=value'
cmdline 'a key twice' 'holdfast.end=reboot holdfast.end=reboot' \
	$'kernel command line: key "end" is given twice; keep one of the lines\nend = reboot   (kernel command line)'
cmdline 'other prefixes are not ours' 'xholdfast.end=reboot holdfastend=reboot' ''

printf 'end = shell\naction = show\n' >"$work/conf"
check 'the command line wins over the file' \
	$'action = show   (holdfast.conf line 2)\nend = reboot   (kernel command line)' \
	"$(parse "$work/conf" 'holdfast.end=reboot')"

echo "config: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
