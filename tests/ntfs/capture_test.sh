#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Capture, verify and wipe of whole sample volumes through the command line, compared from outside by a
# tool that shares no code with the engine.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

RULES=(/i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml)
STORE='C:\USMTMIG'

for style in xp win10 win11; do
	image=$SCRATCH/$style.img
	"$MKWIN" --style "$style" "$image" >"$SCRATCH/out" 2>&1 || { not_ok "$style: mkwin"; continue; }
	"$NTFSSNAP" "$image" >"$SCRATCH/before.tsv"
	before=$(sum "$image")

	expect 0 "$style: dry run" scan "$image" "$STORE" "${RULES[@]}" --dry-run
	same_sum "$style: a dry run changes no byte" "$image" "$before"
	expect 0 "$style: capture" scan "$image" "$STORE" /hardlink /nocompress "${RULES[@]}" \
		"/progress:$SCRATCH/progress.log" "/listfiles:$SCRATCH/list.txt" --vars "$SCRATCH/vars" '/l:C:\Logs\scan.log'
	consistent "$style: the volume is consistent after the capture" "$image"
	"$NTFSSNAP" "$image" >"$SCRATCH/after.tsv"
	expect 0 "$style: the store holds the same records, nothing else changed" \
		"$NTFSSNAP" --compare "$SCRATCH/before.tsv" "$SCRATCH/after.tsv" --store "$STORE" --summary --allow-new 'C:\Logs'
	grep -o 'files_kept=[0-9]*' "$SCRATCH/out" | head -n 1
	check "$style: the store path is in the variables file" grep -F "OSDStateStorePath=$STORE" "$SCRATCH/vars"
	check "$style: progress log" grep 'PHASE, Collecting' "$SCRATCH/progress.log"
	check "$style: list of files" grep -F '\desktop.ini' "$SCRATCH/list.txt"

	after=$(sum "$image")
	expect 27 "$style: an existing store is not overwritten without /o" \
		scan "$image" "$STORE" /hardlink /nocompress "${RULES[@]}"
	expect 0 "$style: wipe, dry run" "$HOLDFAST" wipe C: --volume "C=$image" --dry-run
	same_sum "$style: refusals and dry runs change no byte" "$image" "$after"
	expect 0 "$style: wipe" "$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log" \
		--keep 'C:\Data' --vars "$SCRATCH/vars"
	for line in "Wiping C:" 'Calculating expected free space.' 'Reporting deletion progress.' \
		"Successfully wiped C:" "Set \"$STORE\" to not be wiped"; do
		check "$style: log says: $line" grep -iF -- "$line" "$SCRATCH/wipe.log"
	done
	check "$style: task sequence variables" grep '^_SMSTSProtectedPaths=.*USMTMIG' "$SCRATCH/vars"
	consistent "$style: the volume is consistent after the wipe" "$image"
	"$NTFSSNAP" "$image" >"$SCRATCH/wiped.tsv"
	expect 0 "$style: only the store and what is protected is left, unchanged" \
		"$NTFSSNAP" --compare "$SCRATCH/before.tsv" "$SCRATCH/wiped.tsv" --store "$STORE" \
		--expect-wiped --keep 'C:\Data' --keep 'C:\_SMSTaskSequence' --summary
	rm -f "$image"
done

echo "-- capturing again and odd stores"
image=$SCRATCH/again.img
"$MKWIN" --style win10 --many-links 1023 "$image" >/dev/null
expect 0 "first capture" scan "$image" "$STORE" /hardlink /nocompress "${RULES[@]}"
"$NTFSSNAP" --no-hash "$image" | cut -f1 | sort >"$SCRATCH/names1"
expect 0 "capture over it with /o" scan "$image" "$STORE" /hardlink /nocompress "${RULES[@]}" /o
"$NTFSSNAP" --no-hash "$image" | cut -f1 | sort >"$SCRATCH/names2"
check "the second store has the same names" cmp "$SCRATCH/names1" "$SCRATCH/names2"
consistent "the volume is consistent" "$image"
expect 27 "something that is not a store is not overwritten" \
	scan "$image" 'C:\Data' /hardlink /nocompress "${RULES[@]}" /o
expect 0 "estimate" scan "$image" "$STORE" "${RULES[@]}" "/p:$SCRATCH/estimate.xml"
check "the estimate is XML" xmllint --noout "$SCRATCH/estimate.xml"
expect 0 "/ue leaves a user out" scan "$image" "$STORE" /hardlink /nocompress "${RULES[@]}" /o '/ue:ann'
said '/ue:ann' "the table gives the option"
expect 0 "a user excluded by an option does not stop the wipe" "$HOLDFAST" wipe C: --volume "C=$image" --dry-run
exit $test_status
