#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the image's menu (rootfs/usr/lib/holdfast/menu.sh) in busybox sh: what each line of input
# makes it do. The actions themselves are replaced by words.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# menu INPUT: runs the menu on it (a printf format); prints the words of the actions that were called,
# then how it would end.
menu() {
	# The program text is for the inner shell.
	# shellcheck disable=SC2016,SC2059
	printf "$1" | timeout 30 busybox sh -u -c '
		lib=$1 work=$2
		. "$lib/config.sh"; . "$lib/logs.sh"; . "$lib/menu.sh"
		RUN_DIR=$work RUN_LOG=$work/log
		config_init
		interrupted=0
		did() { printf "%s " "$1" >>"$work/did"; }
		action_show() { did show; }
		action_capture() { did capture; }
		action_capture_wipe() { did capture+wipe; }
		action_restore() { did restore; }
		action_restore_delete() { did restore+delete-store; }
		save_logs() { did logs; }
		logs_to_media() { did media; }
		list_volumes() { did volumes; }
		menu_unlock() { did unlock; }
		menu_shell() { did shell; }
		rm -f "$work/did"
		menu_main >"$work/screen" 2>&1
		did "$cfg_end"
		[ -z "$cfg_disk_serial" ] || did "serial=$cfg_disk_serial"
		cat "$work/did"' sh "$root/rootfs/usr/lib/holdfast" "$work" || echo "code $?"
}

# check NAME INPUT EXPECTED
check() {
	local got
	got=$(menu "$2")
	if [ "$got" = "$3 " ]; then
		echo "ok menu: $1"
		passed=$((passed + 1))
	else
		echo "not ok menu: $1: expected \"$3\", got \"$got\""
		failed=$((failed + 1))
	fi
}

check 'Enter only shows' '\n11\n' 'unlock show poweroff'
check '1 only shows' ' 1 \n11\n' 'unlock show poweroff'
check 'restart' '10\n' 'reboot'
check 'nonsense is asked again' 'x\n12\n0\n-\n* \n11\n' 'poweroff'
check 'list' '2\n11\n' 'volumes poweroff'
check 'a disk is chosen' '3\nAB 12\n11\n' 'volumes poweroff serial=AB 12'
check 'a capture needs its word' '4\nSTORE\n11\n' 'unlock volumes capture logs poweroff'
check 'no word, no capture' '4\n\n4\nstore\n4\ny\n11\n' 'unlock volumes unlock volumes unlock volumes poweroff'
check 'a wipe needs its word' '5\nDELETE\n11\n' 'unlock volumes capture+wipe logs poweroff'
check 'no word, no wipe' '5\n\n5\nSTORE\n5\ndelete\n11\n' 'unlock volumes unlock volumes unlock volumes poweroff'
check 'a restore needs its word' '6\nRESTORE\n11\n' 'unlock volumes restore logs poweroff'
check 'no word, no restore' '6\n\n6\nrestore\n6\nSTORE\n11\n' 'unlock volumes unlock volumes unlock volumes poweroff'
check 'deleting the store needs its words' '7\nDELETE STORE\n11\n' 'unlock volumes restore+delete-store logs poweroff'
check 'no words, no deletion' '7\n\n7\nRESTORE\n7\nDELETE\n11\n' 'unlock volumes unlock volumes unlock volumes poweroff'
check 'the words for another choice wipe nothing' '5\nDELETE STORE\n11\n' 'unlock volumes poweroff'
check 'logs and shell' '8\n9\n11\n' 'media shell poweroff'
check 'no input at all ends it' '' 'poweroff'
check 'the input ends at the word for the wipe' '5\n' 'unlock volumes poweroff'

echo "menu: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
