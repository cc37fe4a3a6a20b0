#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Files with a twist: encrypted, deduplicated, packed ones, what Linux programs leave, names that differ in case.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

CAPTURE=(/hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml)
STORE='C:\USMTMIG'
SECRET='\Users\ann\Documents\Resisting\secret plan.docx'
KEYS='\Users\ann\AppData\Roaming\Microsoft\Protect\S-1-5-21-1\11111111-2222-3333-4444-555555555555'
fresh=$SCRATCH/fresh.img image=$SCRATCH/v.img

restart() {
	cp --sparse=always "$fresh" "$image"
}

# names: one line for each name on the volume.
names() {
	"$NTFSSNAP" --no-hash "$image" >"$SCRATCH/snap"
	cut -f1 "$SCRATCH/snap" >"$SCRATCH/names"
}

in_store() {
	check "$1" grep -axF -- "\\USMTMIG\\USMT\\File\\C\$$2" "$SCRATCH/names"
}

not_in_store() {
	if grep -qaxF -- "\\USMTMIG\\USMT\\File\\C\$$2" "$SCRATCH/names"; then not_ok "$1"; else ok "$1"; fi
}

# shellcheck disable=SC2317 # both are called by check
same_encrypted_record() {
	name=$SECRET awk -F'\t' '
		index($1, ENVIRON["name"]) { if (n++ && record != $2) exit 1; record = $2; if ($10 != "00004020") exit 1 }
		END { exit n != 2 }' "$SCRATCH/snap"
}

# shellcheck disable=SC2317
copy_is_case_sensitive() {
	awk -F'\t' '$1 ~ /File.C\$.*Case matters$/ && $10 ~ /,case$/ { found = 1 } END { exit !found }' "$SCRATCH/after"
}

echo "-- a file under EFS"
"$MKWIN" --style win10 --encrypted "$fresh" >/dev/null || not_ok mkwin
restart
before=$(sum "$image")
for word in '' /efs:abort; do
	expect 2 "it stops the run ${word:-by default}" scan "$image" "$STORE" "${CAPTURE[@]}" /c ${word:+"$word"}
	said "C:$SECRET" "the message names it"
	said '/efs:hardlink' "and says what to do"
done
expect 11 "decryptcopy is refused" scan "$image" "$STORE" "${CAPTURE[@]}" /efs:decryptcopy
said 'no Windows is running here' "with the reason"
expect 11 "another word is refused" scan "$image" "$STORE" "${CAPTURE[@]}" /efs:perhaps
expect 11 "hardlink needs /hardlink" scan "$image" "$STORE" /p /nocompress /i:MigUser.xml /efs:hardlink
same_sum "not a byte changed" "$image" "$before"

expect 0 "/efs:skip leaves it out" scan "$image" "$STORE" "${CAPTURE[@]}" /efs:skip
said '1 objects left out by an option' "and says how many"
check "the log names it" grep -qF "Left out by /efs:skip: C:$SECRET" "$SCRATCH/ScanState.log"
names
not_in_store "it is not in the store" "$SECRET"
expect 0 "the wipe takes it as asked" "$HOLDFAST" wipe C: --volume "C=$image" --dry-run

for word in hardlink copyraw; do
	restart
	expect 0 "/efs:$word keeps it" scan "$image" "$STORE" "${CAPTURE[@]}" "/efs:$word"
	names
	in_store "it is in the store" "$SECRET"
	in_store "with what its key is protected by" "$KEYS"
	check "it is the same record, still encrypted" same_encrypted_record
done
expect 0 "wiped" "$HOLDFAST" wipe C: --volume "C=$image"
names
in_store "it is still in the store" "$SECRET"

echo "-- a deduplicated file"
"$MKWIN" --style win10 --dedup "$image" >/dev/null || not_ok mkwin
before=$(sum "$image")
expect 61 "it stops the run" scan "$image" "$STORE" "${CAPTURE[@]}"
said 'it is deduplicated' "the message says why"
same_sum "not a byte changed" "$image" "$before"
expect 3 "/c goes on without it" scan "$image" "$STORE" "${CAPTURE[@]}" /c
expect 36 "but the wipe is refused" "$HOLDFAST" wipe C: --volume "C=$image" --dry-run
said 'twin.vhdx' "and names it"

echo "-- packed, from Linux, and names that differ in case"
"$MKWIN" --style win10 --manifest "$SCRATCH/manifest" "$image" >/dev/null || not_ok mkwin
"$NTFSSNAP" "$image" >"$SCRATCH/before"
expect 0 "capture" scan "$image" "$STORE" "${CAPTURE[@]}"
said 'Only in the cloud: 1 files' "cloud placeholders are counted"
"$NTFSSNAP" "$image" >"$SCRATCH/after"
check "everything is as it was" "$NTFSSNAP" --compare "$SCRATCH/before" "$SCRATCH/after" --store "$STORE" \
	--manifest "$SCRATCH/manifest"
cut -f1 "$SCRATCH/after" >"$SCRATCH/names"
for name in 'From Linux\socket' 'From Linux\fifo' 'From Linux\device' 'From Linux\link' 'From Linux\with mode' \
	'From Linux\Case matters\Makefile' 'From Linux\Case matters\makefile' 'From Linux\packed.bin' \
	'Odd names\trailing dot.' 'Odd names\trailing blank ' 'Odd names\CON' 'Odd names\Case.txt' 'Odd names\case.TXT' \
	'Storage\sparse.bin' 'Storage\compressed.log' 'Storage\with an object id.lnk'; do
	in_store "$name" "\\Users\\ann\\Documents\\$name"
done
check "the folder's copy is case-sensitive too" copy_is_case_sensitive
exit $test_status
