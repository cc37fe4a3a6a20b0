#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the shipped artefacts in QEMU as a technician would. Usage: tests/qemu/run.sh [CASE...]
# Two machines run at a time (QEMU_JOBS). What a failed case left is kept in build/tests/qemu/CASE.
# QEMU_ACCEL=kvm is faster where it works; QEMU_LIMIT is the time limit of a machine in seconds.
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/qemu/lib.sh
. "$top/tests/qemu/lib.sh"
# shellcheck source=tests/qemu/cases.sh
. "$top/tests/qemu/cases.sh"

kept=$qemu_build/tests/qemu
jobs=${QEMU_JOBS:-2}

# run_case NAME: one case in a folder of its own; prints its line.
run_case() {
	local start=$SECONDS
	dir=$work/$1
	mkdir -p "$dir"
	if ("case_$1") > "$dir/case.log" 2>&1; then
		echo "ok $1 ($((SECONDS - start)) s)"
		rm -rf "$dir"
		return 0
	fi
	rm -f "$dir"/*.img "$dir/vars.fd"
	rm -rf "$dir/tftp" "${kept:?}/$1"
	mkdir -p "$kept"
	cp -R "$dir" "$kept/$1"
	rm -rf "$dir"
	{
		echo "not ok $1 ($((SECONDS - start)) s), kept in $kept/$1"
		sed 's/^/    /' "$kept/$1/case.log"
		echo "    --- end of the serial log"
		tail -n 25 "$kept/$1/serial.log" 2> /dev/null | tr -d '\r' | sed 's/^/    /'
	} 2>&1
	return 1
}

# reap: waits for one running case and counts it.
reap() {
	if wait -n; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	running=$((running - 1))
}

for file in "$qemu_images/holdfast-usb.img" "$qemu_fixtures/mkwin" "$qemu_fixtures/ntfssnap"; do
	[ -e "$file" ] || { echo "$file is missing: run ./build.sh test" >&2; exit 2; }
done
cases=("$@")
[ $# -gt 0 ] || cases=("${CASES[@]}")
for name in "${cases[@]}"; do
	declare -F "case_$name" > /dev/null ||
		{ echo "there is no case \"$name\"; cases: ${CASES[*]}" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0 running=0
for name in "${cases[@]}"; do
	[ "$running" -lt "$jobs" ] || reap
	run_case "$name" < /dev/null &
	running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
	reap
done
echo "$passed passed, $failed failed ($SECONDS s)"
[ "$failed" -eq 0 ]
