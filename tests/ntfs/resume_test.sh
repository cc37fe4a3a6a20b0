#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Captures and wipes that are killed: the same command again, and wipe --resume, end as if nothing had
# happened.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

CAPTURE=('C:\USMTMIG' /hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml)
image=$SCRATCH/volume.img

# shellcheck disable=SC2317 # called through expect
wipe() {
	"$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log" "$@"
}

# killed NAME COMMAND...: kills it a moment after it has begun to change the volume.
killed() {
	local name=$1 before pid
	shift
	before=$(stat -c %y "$image")
	"$@" >"$SCRATCH/out" 2>&1 </dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null && [[ $(stat -c %y "$image") == "$before" ]]; do :; done
	sleep 0.08
	if kill -KILL "$pid" 2>/dev/null; then ok "$name is killed"; else not_ok "$name was faster"; fi
	wait "$pid" 2>/dev/null
}

"$MKWIN" --style win10 --size 340M --files 20000 "$image"
"$NTFSSNAP" "$image" >"$SCRATCH/before.tsv"
before=$(sum "$image")
expect 27 "no wipe is under way" wipe --resume
said 'No interrupted wipe of C: was found.' "it says so"
same_sum "and not a byte is changed" "$image" "$before"
killed "a capture" "$HOLDFAST" scanstate --volume "C=$image" --log "$SCRATCH/ScanState.log" "${CAPTURE[@]}"
expect 27 "that is no wipe" wipe --resume
expect 27 "nor a store" wipe
expect 0 "the same capture again, without /o" scan "$image" "${CAPTURE[@]}"
consistent "the volume is consistent" "$image"
expect 27 "now /o is needed" scan "$image" "${CAPTURE[@]}"
said 'holds a store already' "the message says why"
expect 27 "still no wipe is under way" wipe --resume
expect 27 "a store that was asked for is not replaced before a wipe" scan "$image" "${CAPTURE[@]}" --then-wipe
expect 0 "unless /o says so" scan "$image" "${CAPTURE[@]}" /o --then-wipe
expect 27 "a store for a wipe is not replaced by a plain capture" scan "$image" "${CAPTURE[@]}"
expect 0 "but by one for a wipe" scan "$image" "${CAPTURE[@]}" --then-wipe
killed "the wipe" "$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log"
expect 27 "a store that a wipe relies on is not replaced" scan "$image" "${CAPTURE[@]}" --then-wipe
expect 0 "the wipe goes on" wipe --resume
consistent "the volume is consistent" "$image"
"$NTFSSNAP" "$image" >"$SCRATCH/after.tsv"
expect 0 "the store is whole, and nothing else is left" "$NTFSSNAP" --compare "$SCRATCH/before.tsv" "$SCRATCH/after.tsv" \
	--store 'C:\USMTMIG' --expect-wiped --keep 'C:\_SMSTaskSequence' --summary
"$MKWIN" --style win11 --into "$image"
fresh=$(sum "$image")
expect 27 "a new Windows is no wipe's" wipe --resume
same_sum "not a byte is changed" "$image" "$fresh"

exit $test_status
