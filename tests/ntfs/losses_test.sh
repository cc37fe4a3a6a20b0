#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ways in which a wipe could lose somebody's work although a store is there: each is captured or refused.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

CAPTURE=(/hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml)
STORE='C:\USMTMIG'
DEEP='c:\users\ANN\Own folder\deep\deeper\store'
HIVE='\Windows\System32\config\SYSTEM'
image=$SCRATCH/v.img

# shellcheck disable=SC2317 # called by expect
wipe() {
	"$HOLDFAST" wipe C: --volume "C=$image" "$@"
}

# in_store NAME PATH: PATH of the volume has a name in the store.
in_store() {
	"$NTFSSNAP" --no-hash "$image" | cut -f1 >"$SCRATCH/names"
	check "$1" grep -axF -- "\\USMTMIG\\USMT\\File\\C\$$2" "$SCRATCH/names"
}

"$MKWIN" --style win10 "$image" >/dev/null || not_ok mkwin
# Offline storage marks files that are on the disk as well; a small one has its data in its record.
"$NTFSPOKE" "$image" attrs '\Users\ann\Documents\sample.txt' 0x1020 || not_ok 'ntfspoke attrs'
before=$(sum "$image")
for option in /l: /progress: /listfiles:; do
	expect 11 "$option inside the store is refused" scan "$image" "$STORE" "${CAPTURE[@]}" \
		"${option}c:\\usmtmig\\USMT\\a.log"
done
for name in 'a?b' 'aux.txt\x' 'store.' 'store '; do
	expect 11 "a StorePath that Windows cannot open: $name" scan "$image" "C:\$name" "${CAPTURE[@]}"
done
same_sum "refused options change no byte" "$image" "$before"
expect 0 "capture" scan "$image" "$STORE" "${CAPTURE[@]}"
in_store "a small file with the offline attribute is kept" '\Users\ann\Documents\sample.txt'

expect 27 "a store in a store is refused" scan "$image" 'C:\USMTMIG\USMT\File\new' "${CAPTURE[@]}"
expect 11 "a junction is no keep" wipe --dry-run --keep 'C:\Documents and Settings'
said 'name its target' "the message says what to do"
expect 0 "wipe, dry run" wipe --dry-run

echo "-- Windows has run since the capture"
cp --sparse=always "$image" "$SCRATCH/captured.img"
# Both sequence numbers, so that the hive stays clean and its checksum right.
"$NTFSPOKE" "$image" byte "$HIVE" 4 77
"$NTFSPOKE" "$image" byte "$HIVE" 8 77
before=$(sum "$image")
expect 36 "the wipe is refused" wipe
said 'Windows has run since' "the message says why"
said '--old-store' "the message names the option"
same_sum "not a byte changed" "$image" "$before"
expect 0 "--old-store wipes all the same" wipe --dry-run --old-store
expect 0 "a new capture is good again" scan "$image" "$STORE" "${CAPTURE[@]}" /o
expect 0 "and can be wiped around" wipe --dry-run

echo "-- another store, deeper than stores are looked for"
mv "$SCRATCH/captured.img" "$image"
expect 0 "capture into a deep folder" scan "$image" "$DEEP" "${CAPTURE[@]}"
expect 36 "the wipe for the other store is refused" wipe
said 'another store in C:\Users\ann\Own folder\deep\deeper\store' "the message names it"
expect 0 "unless it is kept" wipe --dry-run --keep "$DEEP"
expect 0 "the other way round it is found" wipe --store "$DEEP"
"$NTFSSNAP" --no-hash "$image" | cut -f1 >"$SCRATCH/names"
check "and stays" grep -axF '\USMTMIG\USMT\catalog.db' "$SCRATCH/names"

echo "-- people whom the registry does not tell of"
"$MKWIN" --style win10 "$image" >/dev/null || not_ok mkwin
expect 0 "capture" scan "$image" "$STORE" "${CAPTURE[@]}"
"$NTFSPOKE" "$image" mkdir '\Users\bob'
expect 0 "an empty folder among the profiles is nobody" wipe --dry-run
"$NTFSPOKE" "$image" link '\report.docx' '\Users\bob\letter.docx'
expect 36 "a folder among the profiles that Windows does not list stops the wipe" wipe --dry-run
said 'C:\Users\bob' "the message names it"
expect 0 "unless it is kept" wipe --dry-run --keep 'C:\Users\bob'
"$NTFSPOKE" "$image" byte '\Users\ann\NTUSER.DAT' 0 0
expect 61 "a user whose hive is damaged stops the capture" scan "$image" "$STORE" "${CAPTURE[@]}" /o
said 'NTUSER.DAT' "the message says why"
expect 3 "/c goes on with the default folders" scan "$image" "$STORE" "${CAPTURE[@]}" /o /c
expect 36 "and the wipe wants to be told" wipe --dry-run --keep 'C:\Users\bob'
expect 0 "as it can be" wipe --dry-run --keep 'C:\Users\bob' --with-errors
exit $test_status
