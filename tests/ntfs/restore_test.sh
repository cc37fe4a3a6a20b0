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

# load IMAGE ARGUMENT...: loadstate on the image, log in the scratch directory.
# shellcheck disable=SC2317 # called through expect
load() {
	local image=$1
	shift
	"$HOLDFAST" loadstate --volume "C=$image" --log "$SCRATCH/LoadState.log" "$@"
}

# captured STYLE IMAGE: a sample, captured and wiped. Leaves before.tsv and list.txt.
captured() {
	"$MKWIN" --style "$1" "$2" >"$SCRATCH/out" 2>&1 || { not_ok "mkwin $1"; return 1; }
	"$NTFSSNAP" "$2" >"$SCRATCH/before.tsv"
	expect 0 "$1: capture" scan "$2" "$STORE" "${HARD[@]}" "${RULES[@]}" "/listfiles:$SCRATCH/list.txt"
	expect 0 "$1: wipe" "$HOLDFAST" wipe C: --volume "C=$2" --log "$SCRATCH/wipe.log"
}

# restored NAME BEFORE AFTER LIST FOLDERS: every stream of every listed file is in AFTER with the same
# content, where FOLDERS (old TAB new, longest first) says; files are the same record, but for those that the new
# Windows had already with equal content.
restored() {
	local name=$1
	shift
	if awk -F'\t' -v OFS='\t' '
		function low(s) { return tolower(s) }
		FILENAME == ARGV[1] { if ($4 == "file") { sha[low($1) FS $7] = $9; record[low($1)] = $2 "-" $3
			streams[low($1)] = streams[low($1)] FS $7; tag[low($1)] = $17 } next }
		FILENAME == ARGV[2] { if ($4 == "file") { now[low($1) FS $7] = $9; here[low($1)] = $2 "-" $3 } next }
		FILENAME == ARGV[3] { from[++n] = low($1); to[n] = low($2); next }
		{
			sub(/\r$/, ""); sub(/^\357\273\277/, ""); gsub(/%/, "%25"); path = low(substr($0, 3)); target = path
			if (!(path in record)) { print "not in the volume before: " path; bad++; next }
			for (i = 1; i <= n; i++)
				if (index(path, from[i] "\\") == 1) { target = to[i] substr(path, length(from[i]) + 1); break }
			if (tag[path] ~ /^9000/) { cloud++; next }
			count = split(substr(streams[path], 2), s, FS)
			for (i = 1; i <= count; i++)
				if (now[target FS s[i]] != sha[path FS s[i]] && here[target] == record[path] || !(target in here)) {
					print "missing or different: " path " -> " target " " s[i]; bad++ }
			if (here[target] == record[path]) same++
			else if (now[target FS ""] == sha[path FS ""]) equal++
			else { print "another file: " target; bad++ }
		}
		END { print same + 0 " same, " equal + 0 " equal, " cloud + 0 " cloud, " bad + 0 " bad"; exit bad || same < 20 }
	' "$@" >"$SCRATCH/out"; then ok "$name ($(tail -n 1 "$SCRATCH/out"))"; else not_ok "$name"; fi
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
for pair in win10:win10 win10:win11 xp:win10; do
	old=${pair%:*} new=${pair#*:} folders=$SCRATCH/same.folders
	[[ $old != xp ]] || folders=$SCRATCH/xp.folders
	echo "-- $old to $new"
	captured "$old" "$image" || continue
	expect 0 "$new is laid down" "$MKWIN" --style "$new" --into "$image"
	fresh=$(sum "$image")
	expect 0 "dry run" load "$image" "$STORE" "${HARD[@]}" --dry-run
	said 'To restore:' "it counts"
	same_sum "a dry run changes no byte" "$image" "$fresh"
	expect 0 "restore" load "$image" "$STORE" "${HARD[@]}" --verify "/progress:$SCRATCH/progress.log"
	said ' 0 missing, 0 different' "it compares"
	check "progress log" grep 'PHASE, Applying' "$SCRATCH/progress.log"
	expect 0 "the volume is consistent" "$NTFSSNAP" --check-only "$image"
	"$NTFSSNAP" "$image" >"$SCRATCH/after.tsv"
	restored "every file is back" "$SCRATCH/before.tsv" "$SCRATCH/after.tsv" "$folders" "$SCRATCH/list.txt"
	expect 0 "restore again" load "$image" "$STORE" "${HARD[@]}" --verify
	said 'Restored: 0 files linked, 0 copied' "nothing is left to do"
	said ' 0 got another name; 0 folders made' "nothing is there twice"
	"$NTFSSNAP" "$image" >"$SCRATCH/again.tsv"
	check "the second run changes no file" cmp <(LC_ALL=C grep -av 'restore.state\|^\\USMTMIG\\USMT	' "$SCRATCH/after.tsv") \
		<(LC_ALL=C grep -av 'restore.state\|^\\USMTMIG\\USMT	' "$SCRATCH/again.tsv")
done

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
