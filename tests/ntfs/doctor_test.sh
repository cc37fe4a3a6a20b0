#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The health check: silent on sound volumes, and on damaged ones the finding, the exit code, and not one
# changed byte.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

image=$SCRATCH/v.img
sound=$SCRATCH/sound.img

# shellcheck disable=SC2317 # called by expect
doctor() {
	"$HOLDFAST" doctor C: --volume "C=$1" "${@:2}"
}

for style in xp win10 win11; do
	"$MKWIN" --style "$style" "$sound" >/dev/null || not_ok "mkwin $style"
	before=$(sum "$sound")
	expect 0 "$style: healthy" doctor "$sound"
	expect 0 "$style: healthy, every used cluster read" doctor "$sound" --surface
	same_sum "$style: the check changes no byte" "$sound" "$before"
done

# state NAME CODE KIND: a volume that Windows did not leave clean.
state() {
	"$MKWIN" --style win10 --state "$1" "$image" >/dev/null || not_ok "mkwin $1"
	local before
	before=$(sum "$image")
	expect "$2" "$1: exit code" doctor "$image"
	said "[$3]" "$1: it is said"
	same_sum "$1: not a byte changed" "$image" "$before"
}
state hibernated 3 hibernated
state faststartup 3 hibernated
state dirty 3 dirty
state uncleanlog 3 journal

expect 11 "no volume" "$HOLDFAST" doctor
expect 11 "a path that is no volume" "$HOLDFAST" doctor 'C:\Windows'
expect 26 "a letter that was not given" "$HOLDFAST" doctor D: --volume "C=$sound"
expect 1 "--help" "$HOLDFAST" doctor --help

# Volumes from elsewhere: good ones are healthy, damaged ones are not.
if [[ -d ../shared/testdata/ntfs ]]; then
	for packed in ../shared/testdata/ntfs/*.raw.xz; do
		xz -dc "$packed" >"$image"
		code=0
		[[ $packed != */velo_test_ntfs.* ]] || code=3 # taken out of a running Windows
		expect "$code" "${packed##*/}: no damage" doctor "$image"
	done
else
	echo "skipped: no testdata"
fi
exit $test_status
