#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests on volume images share: the tools, a scratch directory, ok and not ok lines.
# Sourced from the project's root.
# shellcheck disable=SC2034 # the scripts that source this use the variables

HOLDFAST=${HOLDFAST:-$PWD/build/holdfast}
MKWIN=$PWD/build/tests/fixtures/mkwin
NTFSSNAP=$PWD/build/tests/fixtures/ntfssnap
NTFSPOKE=$PWD/build/tests/fixtures/ntfspoke
export HOLDFAST_RULES=$PWD/rootfs/usr/share/holdfast

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-test-XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
test_status=0

ok() {
	echo "ok $*"
}

not_ok() {
	echo "not ok $*"
	test_status=1
	[[ ! -s $SCRATCH/out ]] || tail -n 15 "$SCRATCH/out" | sed 's/^/    | /'
}

# expect CODE NAME COMMAND...: runs it with its output in $SCRATCH/out and compares the exit code.
expect() {
	local code=$1 name=$2 got=0
	shift 2
	"$@" >"$SCRATCH/out" 2>&1 </dev/null || got=$?
	if ((got == code)); then
		ok "$name"
	else
		not_ok "$name (exit code $got instead of $code)"
	fi
	return 0
}

# said TEXT NAME: the last command's output holds TEXT.
said() {
	if grep -qF -- "$1" "$SCRATCH/out"; then ok "$2"; else not_ok "$2 (no \"$1\")"; fi
}

# check NAME COMMAND...: the command succeeds; its output is not kept.
check() {
	local name=$1
	shift
	if "$@" >/dev/null 2>&1; then ok "$name"; else not_ok "$name"; fi
}

# same_sum NAME IMAGE SUM: not one byte of the image has changed.
same_sum() {
	if [[ $(sum "$2") == "$3" ]]; then ok "$1"; else not_ok "$1: the volume was changed"; fi
}

# consistent NAME IMAGE: both checkers, which share no code with each other or with what writes, find
# nothing at all.
consistent() {
	expect 0 "$1" "$NTFSSNAP" --check-only "$2"
	expect 0 "$1, says the doctor" "$HOLDFAST" doctor C: --volume "C=$2"
}

sum() {
	sha256sum "$1" | cut -d' ' -f1
}

# scan IMAGE ARGUMENT...: scanstate on the image, log in the scratch directory.
scan() {
	local image=$1
	shift
	"$HOLDFAST" scanstate --volume "C=$image" --log "$SCRATCH/ScanState.log" "$@"
}

# load IMAGE ARGUMENT...: loadstate on the image, log in the scratch directory.
load() {
	local image=$1
	shift
	"$HOLDFAST" loadstate --volume "C=$image" --log "$SCRATCH/LoadState.log" "$@"
}

# objects_back NAME BEFORE FRESH FOLDERS LIST AFTER: see objects.awk.
objects_back() {
	local name=$1
	shift
	if LC_ALL=C awk -f tests/ntfs/objects.awk "$@" >"$SCRATCH/out"; then
		ok "$name ($(tail -n 1 "$SCRATCH/out"))"
	else
		not_ok "$name"
	fi
}
