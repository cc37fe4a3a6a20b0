#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Capture, wipe, a newly installed Windows, restore: compared from outside, file by file, with what was
# captured. Then what must be refused, and what a second run does.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

RULES=(/i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml)
STORE='C:\USMTMIG'
HARD=(/hardlink /nocompress)

# captured STYLE IMAGE: a sample, captured and wiped. Leaves before.tsv and list.txt.
captured() {
	"$MKWIN" --style "$1" "$2" >"$SCRATCH/out" 2>&1 || { not_ok "mkwin $1"; return 1; }
	"$NTFSSNAP" "$2" >"$SCRATCH/before.tsv"
	expect 0 "$1: capture" scan "$2" "$STORE" "${HARD[@]}" "${RULES[@]}" "/listfiles:$SCRATCH/list.txt"
	expect 0 "$1: wipe" "$HOLDFAST" wipe C: --volume "C=$2" --log "$SCRATCH/wipe.log"
}

printf '' >"$SCRATCH/same.folders"
{
	for user in ann 'Jörg Müller 😀' kim.CORP; do
		old="\\Documents and Settings\\$user" new="\\Users\\$user"
		printf '%s\t%s\n' "$old\\My Documents\\My Music" "$new\\Music" \
			"$old\\My Documents\\My Pictures" "$new\\Pictures" \
			"$old\\My Documents\\My Videos" "$new\\Videos" \
			"$old\\My Documents" "$new\\Documents" \
			"$old\\Start Menu" "$new\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu" \
			"$old\\SendTo" "$new\\AppData\\Roaming\\Microsoft\\Windows\\SendTo" \
			"$old\\Recent" "$new\\AppData\\Roaming\\Microsoft\\Windows\\Recent" \
			"$old\\Templates" "$new\\AppData\\Roaming\\Microsoft\\Windows\\Templates" \
			"$old\\NetHood" "$new\\AppData\\Roaming\\Microsoft\\Windows\\Network Shortcuts" \
			"$old\\PrintHood" "$new\\AppData\\Roaming\\Microsoft\\Windows\\Printer Shortcuts" \
			"$old\\Local Settings\\Application Data" "$new\\AppData\\Local" \
			"$old\\Application Data" "$new\\AppData\\Roaming" \
			"$old" "$new"
	done
	old='\Documents and Settings\All Users'
	printf '%s\t%s\n' "$old\\Documents\\My Music" '\Users\Public\Music' \
		"$old\\Documents\\My Pictures" '\Users\Public\Pictures' \
		"$old\\Documents" '\Users\Public\Documents' \
		"$old\\Start Menu" '\ProgramData\Microsoft\Windows\Start Menu' \
		"$old\\Application Data" '\ProgramData' "$old" '\Users\Public'
} >"$SCRATCH/xp.folders"

image=$SCRATCH/volume.img
for pair in xp:win7 win7:win10 win10:win11 win11:win11; do
	old=${pair%:*} new=${pair#*:} folders=$SCRATCH/same.folders
	[[ $old != xp ]] || folders=$SCRATCH/xp.folders
	echo "-- $old to $new"
	captured "$old" "$image" || continue
	expect 0 "$new is laid down" "$MKWIN" --style "$new" --into "$image"
	fresh=$(sum "$image")
	"$NTFSSNAP" --no-hash "$image" >"$SCRATCH/fresh.tsv"
	expect 0 "dry run" load "$image" "$STORE" "${HARD[@]}" --dry-run
	said 'To restore:' "it counts"
	same_sum "a dry run changes no byte" "$image" "$fresh"
	expect 0 "restore" load "$image" "$STORE" "${HARD[@]}" --verify "/progress:$SCRATCH/progress.log"
	said ' 0 missing, 0 different' "it compares"
	check "progress log" grep 'PHASE, Applying' "$SCRATCH/progress.log"
	expect 0 "the volume is consistent" "$NTFSSNAP" --check-only "$image"
	"$NTFSSNAP" "$image" >"$SCRATCH/after.tsv"
	objects_back "every object is back" "$SCRATCH/before.tsv" "$SCRATCH/fresh.tsv" "$folders" \
		"$SCRATCH/list.txt" "$SCRATCH/after.tsv"
	# shellcheck disable=SC2016 # awk's own
	check "what is restored belongs to the new account" awk -F'\t' '
		$1 ~ /^\\Users\\ann\\Documents$/ { dir = $12 } $1 ~ /^\\Users\\ann\\Documents\\sample.txt$/ { file = $12 }
		END { exit dir == "" || dir != file }' "$SCRATCH/after.tsv"
	expect 0 "restore again" load "$image" "$STORE" "${HARD[@]}" --verify
	said 'Restored: 0 files linked, 0 copied' "nothing is left to do"
	said ' 0 got another name; 0 folders made' "nothing is there twice"
	"$NTFSSNAP" "$image" >"$SCRATCH/again.tsv"
	check "the second run changes no file" cmp <(LC_ALL=C grep -av 'restore.state\|^\\USMTMIG\\USMT	' "$SCRATCH/after.tsv") \
		<(LC_ALL=C grep -av 'restore.state\|^\\USMTMIG\\USMT	' "$SCRATCH/again.tsv")
done

echo "-- rules and collisions"
cat >"$SCRATCH/restore.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<migration urlid="urn:test/restore">
 <component type="Documents" context="System"><displayName>Data</displayName><role role="Data"><rules>
  <include><objectSet><pattern type="File">C:\Data\* [*]</pattern></objectSet></include>
  <include filter="MigXmlHelper.NeverRestore()"><objectSet><pattern type="File">C:\ [notes*]</pattern></objectSet></include>
  <include><objectSet><pattern type="File">C:\ [report.docx]</pattern></objectSet></include>
  <locationModify script="MigXmlHelper.RelativeMove('C:\Data','%CSIDL_COMMON_DOCUMENTS%\Lab')"><objectSet><pattern type="File">C:\Data\* [*]</pattern></objectSet></locationModify>
  <locationModify script="MigXmlHelper.ExactMove('C:\Flat')"><objectSet><pattern type="File">C:\Data\Projects\* [*.xlsx]</pattern></objectSet></locationModify>
  <locationModify script="MigXmlHelper.ExactMove('C:\Flat [the report.docx]')"><objectSet><pattern type="File">C:\ [report.docx]</pattern></objectSet></locationModify>
 </rules></role></component>
 <component type="Documents" context="User"><displayName>Own</displayName><role role="Data"><rules>
  <include><objectSet><pattern type="File">%CSIDL_PERSONAL%\* [*]</pattern></objectSet></include>
  <include><objectSet><pattern type="File">%CSIDL_MYPICTURES%\* [*]</pattern></objectSet></include>
  <locationModify script="MigXmlHelper.Move('%CSIDL_PERSONAL%\From the old one')"><objectSet><pattern type="File">%CSIDL_MYPICTURES%\* [photo*]</pattern></objectSet></locationModify>
  <merge script="MigXmlHelper.SourcePriority()"><objectSet><pattern type="File">%CSIDL_PERSONAL%\* [a.txt]</pattern></objectSet></merge>
  <merge script="MigXmlHelper.DestinationPriority()"><objectSet><pattern type="File">%CSIDL_PERSONAL%\* [b.txt]</pattern></objectSet></merge>
  <merge script="MigXmlHelper.FindFilePlaceByPattern('&lt;F&gt; [&lt;N&gt;].&lt;E&gt;')"><objectSet><pattern type="File">%CSIDL_PERSONAL%\* [c.txt]</pattern></objectSet></merge>
  <destinationCleanup><objectSet><pattern type="File">%CSIDL_APPDATA%\Sample Vendor\* [*]</pattern></objectSet></destinationCleanup>
 </rules></role></component>
</migration>
XML
# has PATH [SHA256]: the path is in the volume as it was last looked at, with this content.
has() {
	WANT=$1 SHA=${2:-} awk -F'\t' '$1 == ENVIRON["WANT"] && (ENVIRON["SHA"] == "" || $9 == ENVIRON["SHA"]) { found = 1 }
		END { exit !found }' "$SCRATCH/after.tsv"
}
there() {
	if has "$@"; then ok "there: $1"; else not_ok "not there, or another: $1"; fi
}
gone() {
	if has "$1"; then not_ok "there: $1"; else ok "not there: $1"; fi
}
# put TEXT PATH: a file of the new Windows.
put() {
	printf '%s' "$1" >"$SCRATCH/put"
	ntfscp -q -f "$image" "$SCRATCH/put" "$2" >"$SCRATCH/out" 2>&1 || not_ok "ntfscp $2"
}
# put_stream TEXT PATH: gives it the stream "note".
put_stream() {
	printf '%s' "$1" >"$SCRATCH/put"
	ntfscp -q -f -N note "$image" "$SCRATCH/put" "$2" >"$SCRATCH/out" 2>&1 || not_ok "ntfscp $2:note"
}
# fill IMAGE: until hardly anything fits.
fill() {
	local size i
	for size in 20M 1M 64K 4K; do
		head -c $size /dev/zero >"$SCRATCH/put"
		for ((i = 0; i < 40; i++)); do ntfscp -q -f "$1" "$SCRATCH/put" "/filler $size $i" >/dev/null 2>&1 || break; done
	done
}
of() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }

"$MKWIN" --style win10 "$image"
for name in a b c d e same; do put "old $name" "/Users/ann/Documents/$name.txt"; done
put 'old streams' /Users/ann/Documents/streams.txt
put_stream 'a note' /Users/ann/Documents/streams.txt
expect 0 "capture" scan "$image" "$STORE" "${HARD[@]}" "/i:$SCRATCH/restore.xml"
expect 0 "wipe" "$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log"
"$MKWIN" --style win11 --into "$image"
for name in a b c d; do put "new $name" "/Users/ann/Documents/$name.txt"; done
put 'new d 1' '/Users/ann/Documents/D(1).TXT'
put 'old same' /Users/ann/Documents/same.txt
put 'old streams' /Users/ann/Documents/streams.txt
put_stream 'another note' /Users/ann/Documents/streams.txt
put 'old' '/Users/ann/AppData/Roaming/Sample Vendor/left over.txt'
expect 28 "a rule file that is missing" load "$image" "$STORE" "${HARD[@]}" /i:Nowhere.xml
for run in first second; do
	expect 0 "restore by rules, $run run" load "$image" "$STORE" "${HARD[@]}" --verify
	expect 0 "the volume is consistent" "$NTFSSNAP" --check-only "$image"
	"$NTFSSNAP" "$image" >"$SCRATCH/after.tsv"
	there '\Users\Public\Documents\Lab\Projects\2019\plan.txt'
	there '\Users\Public\Documents\Lab\Empty folder'
	there '\Flat\budget.xlsx'
	there '\Flat\the report.docx'
	there '\Users\ann\Documents\From the old one\photo 1.jpg'
	there '\Users\ann\Documents\a.txt' "$(of 'old a')"
	there '\Users\ann\Documents\b.txt' "$(of 'new b')"
	there '\Users\ann\Documents\c.txt' "$(of 'new c')"
	there '\Users\ann\Documents\c [1].txt' "$(of 'old c')"
	there '\Users\ann\Documents\d.txt' "$(of 'new d')"
	there '\Users\ann\Documents\d(2).txt' "$(of 'old d')"
	there '\Users\ann\Documents\e.txt' "$(of 'old e')"
	there '\Users\ann\Documents\streams.txt' "$(of 'another note')"
	there '\Users\ann\Documents\streams(1).txt' "$(of 'a note')"
	gone '\notes in the root.txt'
	gone '\Users\ann\Documents\same(1).txt'
	gone '\Users\ann\Documents\e(1).txt'
	gone '\Users\ann\Documents\d(3).txt'
	gone '\Users\ann\AppData\Roaming\Sample Vendor\left over.txt'
done

echo "-- another volume"
data=$SCRATCH/data.img
sed 's/%CSIDL_COMMON_DOCUMENTS%.Lab/D:\\Lab/' "$SCRATCH/restore.xml" >"$SCRATCH/other.xml"
"$MKWIN" --style win10 "$image"
"$MKWIN" --style data --size 64M --serial 77 "$data"
printf 'a stream' >"$SCRATCH/put"
ntfscp -q -f -N extra "$image" "$SCRATCH/put" /Data/letter.doc >/dev/null 2>&1
"$NTFSSNAP" "$image" >"$SCRATCH/before.tsv"
expect 0 "capture" scan "$image" "$STORE" "${HARD[@]}" "/i:$SCRATCH/other.xml"
expect 0 "wipe" "$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log"
"$MKWIN" --style win10 --into "$image"
fill "$data"
expect 72 "the other volume becomes full" load "$image" --volume "D=$data" "$STORE" "${HARD[@]}"
said 'Nothing in the store' "the message says that nothing is lost"
expect 0 "it is consistent" "$NTFSSNAP" --check-only "$data"
: >"$SCRATCH/put"
ntfscp -q -f "$data" "$SCRATCH/put" '/filler 20M 0' >/dev/null 2>&1
expect 0 "the same command goes on" load "$image" --volume "D=$data" "$STORE" "${HARD[@]}" --verify
expect 0 "restore again" load "$image" --volume "D=$data" "$STORE" "${HARD[@]}" --verify
said 'Restored: 0 files linked, 0 copied' "nothing is copied twice"
expect 0 "both volumes are consistent" "$NTFSSNAP" --check-only "$data"
"$NTFSSNAP" "$data" >"$SCRATCH/after.tsv"
# size, checksum, attributes, descriptor, times of both streams
# shellcheck disable=SC2317 # called through check
same_metadata() {
	cmp <(LC_ALL=C grep -a '^\\Data\\letter.doc' "$SCRATCH/before.tsv" | cut -f 7-10,12-16) \
		<(LC_ALL=C grep -a '^\\Lab\\letter.doc' "$SCRATCH/after.tsv" | cut -f 7-10,12-16)
}
check "a copy has all streams, attributes, times and the descriptor" same_metadata
expect 0 "restore and delete the store" load "$image" --volume "D=$data" "$STORE" "${HARD[@]}" --delete-store
"$NTFSSNAP" --no-hash "$image" >"$SCRATCH/after.tsv"
gone "$(printf '%s' "${STORE#C:}")"
expect 0 "the volume is consistent" "$NTFSSNAP" --check-only "$image"
expect 27 "then there is no store" load "$image" "$STORE" "${HARD[@]}"

echo "-- a full disk, a stop in the middle"
"$MKWIN" --style win10 --size 340M --files 6000 "$image"
"$NTFSSNAP" "$image" >"$SCRATCH/before.tsv"
expect 0 "capture" scan "$image" "$STORE" "${HARD[@]}" "${RULES[@]}" "/listfiles:$SCRATCH/list.txt"
expect 0 "wipe" "$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log"
"$MKWIN" --style win10 --into "$image"
"$NTFSSNAP" --no-hash "$image" >"$SCRATCH/fresh.tsv"
fill "$image"
full=$(sum "$image")
expect 29 "nothing is begun on a full volume" load "$image" "$STORE" "${HARD[@]}"
said 'the restore may need' "the message says how much is needed"
same_sum "and nothing is changed" "$image" "$full"
: >"$SCRATCH/put"
ntfscp -q -f "$image" "$SCRATCH/put" '/filler 20M 0' >/dev/null 2>&1
timeout -s TERM 0.1 "$HOLDFAST" loadstate --volume "C=$image" "$STORE" "${HARD[@]}" --log "$SCRATCH/LoadState.log" >/dev/null 2>&1
expect 0 "the volume is consistent after a stop" "$NTFSSNAP" --check-only "$image"
expect 0 "the same command goes on" load "$image" "$STORE" "${HARD[@]}" --verify
"$NTFSSNAP" "$image" >"$SCRATCH/after.tsv"
objects_back "every object is back" "$SCRATCH/before.tsv" "$SCRATCH/fresh.tsv" "$SCRATCH/same.folders" \
	"$SCRATCH/list.txt" "$SCRATCH/after.tsv"
expect 35 "a store is not deleted when users were left out" load "$image" "$STORE" "${HARD[@]}" /ue:ann --delete-store
said 'are only there' "the message says why"

echo "-- stores that are none"
cp "$image" "$SCRATCH/other.img"
printf 'other id' | dd of="$SCRATCH/other.img" bs=1 seek=72 conv=notrunc status=none # its serial number
before=$(sum "$SCRATCH/other.img")
expect 27 "a store on another volume than it was made on" load "$SCRATCH/other.img" "$STORE" "${HARD[@]}"
said 'another volume' "the message says so"
same_sum "and nothing is changed" "$SCRATCH/other.img" "$before"
"$MKWIN" --style win10 --size 340M --files 6000 "$SCRATCH/other.img"
"$HOLDFAST" scanstate --volume "C=$SCRATCH/other.img" --log "$SCRATCH/ScanState.log" "$STORE" "${HARD[@]}" "${RULES[@]}" \
	>"$SCRATCH/out" 2>&1 &
until grep -q 'To keep' "$SCRATCH/out"; do sleep 0.01; done
kill -TERM $! && wait $!
before=$(sum "$SCRATCH/other.img")
expect 27 "a store whose capture was stopped" load "$SCRATCH/other.img" "$STORE" "${HARD[@]}"
said 'is not complete' "the message says so"
expect 27 "and --delete-store does not delete it" load "$SCRATCH/other.img" "$STORE" "${HARD[@]}" --delete-store
same_sum "nothing is changed" "$SCRATCH/other.img" "$before"

echo "-- what is refused"
before=$(sum "$image")
expect 27 "no store there" load "$image" 'C:\Nowhere' "${HARD[@]}"
said 'C:\Nowhere' "the message names it"
expect 27 "a folder that is no store" load "$image" 'C:\Users' "${HARD[@]}"
expect 11 "/hardlink without /nocompress" load "$image" "$STORE" /hardlink
expect 11 "a store of another kind" load "$image" "$STORE" /nocompress
expect 11 "/decrypt is refused by name" load "$image" "$STORE" "${HARD[@]}" /decrypt /key:x
said 'not done by this version' "the message says so"
expect 11 "/lae without /lac" load "$image" "$STORE" "${HARD[@]}" /lae
expect 11 "/mu without a colon" load "$image" "$STORE" "${HARD[@]}" /mu:ann
expect 11 "/md with a wildcard as target" load "$image" "$STORE" "${HARD[@]}" '/md:A:*'
expect 36 "/offlinewindir" load "$image" "$STORE" "${HARD[@]}" '/offlinewindir:C:\Windows'
expect 11 "no store named" load "$image" "${HARD[@]}"
expect 26 "no Windows there" load "$SCRATCH/before.tsv" "$STORE" "${HARD[@]}"
expect 0 "an unknown user in /mu" load "$image" "$STORE" "${HARD[@]}" '/mu:nobody:CORP\kim' --dry-run
said 'matches no user of the store' "it is warned of"
expect 26 "a mapping to an account that is not there" load "$image" "$STORE" "${HARD[@]}" '/mu:ann:CORP\ann' --dry-run
said 'Invalid user mapping' "the message says so"
expect 14 "a local account that is not there" load "$image" "$STORE" "${HARD[@]}" '/mu:ann:SAMPLE-PC\anna' --dry-run
said '/lac' "the message says what to do"
expect 0 "a user left out" load "$image" "$STORE" "${HARD[@]}" /ue:ann --dry-run
said 'left out' "it says so"
same_sum "none of that changes a byte" "$image" "$before"

exit $test_status
