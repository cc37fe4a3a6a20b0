#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which Windows is captured: /offline, /offlinewindir, /offlinewinold, and a Windows in Windows.old
# whose state is stored under its own paths (USMT specification 6).
# shellcheck disable=SC1003 # a backslash before the closing quote is what is meant
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

CAPTURE=(/hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml)
STORE='C:\USMTMIG'
image=$SCRATCH/v.img two=$SCRATCH/two.img

# offline_xml TEXT: the inside of <offline>.
offline_xml() {
	printf '<offline>%s</offline>\n' "$1" >"$SCRATCH/Offline.xml"
}

# shellcheck disable=SC2317 # called by expect
by_file() {
	"$HOLDFAST" scanstate --log "$SCRATCH/ScanState.log" "$STORE" "${CAPTURE[@]}" --dry-run \
		"/offline:$SCRATCH/Offline.xml" "$@"
}

echo "-- Windows.old"
"$MKWIN" --style win10 --windows-old --manifest "$SCRATCH/manifest" "$image" >/dev/null || not_ok mkwin
"$NTFSSNAP" "$image" >"$SCRATCH/before"
before=$(sum "$image")
expect 0 "without an option" scan "$image" "$STORE" "${CAPTURE[@]}" --dry-run
said 'computer NEW-PC' "the new Windows is meant"
for name in 'C:\Windows.old' 'c:\windows.old\windows' '\Windows.old\' 'C:\Windows.old\Windows\'; do
	expect 0 "/offlinewinold:$name" scan "$image" "$STORE" "${CAPTURE[@]}" --dry-run "/offlinewinold:$name"
	said 'computer SAMPLE-PC' "the old one is meant"
done
expect 0 "/offlinewindir names it as well" scan "$image" "$STORE" "${CAPTURE[@]}" --dry-run \
	'/offlinewindir:C:\Windows.old\Windows'
said 'C:\Users\ann' "the table has the users' own paths"
expect 0 "--explain speaks of the old paths" scan "$image" "$STORE" "${CAPTURE[@]}" \
	'/offlinewinold:C:\Windows.old' --explain 'C:\Users\ann\Documents\sample.txt'
said 'It is kept' "and finds the file"
same_sum "looking changed nothing" "$image" "$before"
for bad in 'C:\Windows' 'C:\Old' '\\server\Windows.old' 'Windows.old?' ; do
	expect 11 "/offlinewinold:$bad is refused" scan "$image" "$STORE" "${CAPTURE[@]}" "/offlinewinold:$bad"
done
expect 26 "a Windows.old that is not there" scan "$image" "$STORE" "${CAPTURE[@]}" \
	'/offlinewinold:C:\Windows.old.000'
expect 11 "two of the options" scan "$image" "$STORE" "${CAPTURE[@]}" '/offlinewinold:C:\Windows.old' \
	'/offlinewindir:C:\Windows'
expect 0 "capture" scan "$image" "$STORE" "${CAPTURE[@]}" '/offlinewinold:C:\Windows.old'
said 'What was not moved there is where it was' "what stays outside is said"
"$NTFSSNAP" "$image" >"$SCRATCH/after"
check "a user's file is stored under its own path" \
	grep -aqF '\USMTMIG\USMT\File\C$\Users\ann\Documents\sample.txt' "$SCRATCH/after"
if grep -aqF 'File\C$\Windows.old' "$SCRATCH/after"; then
	not_ok "no path of the store says Windows.old"
else
	ok "no path of the store says Windows.old"
fi
if grep -aF 'File\C$\Data\' "$SCRATCH/after" >/dev/null; then
	not_ok "what lies outside stays where it is"
else
	ok "what lies outside stays where it is"
fi
# Every file that the default rules must take, by the builder's own word.
missing=$(sed -n 's/^C:\(.*\)\tfile\ty$/\1/p' "$SCRATCH/manifest" | grep '^\\Users\\[^%]*$' | while IFS= read -r path; do
	grep -aqF "\\USMTMIG\\USMT\\File\\C\$$path	" "$SCRATCH/after" || echo "$path"
done | tee "$SCRATCH/missing" | wc -l)
count=$(grep -cP '^C:\\Users\\[^%]*\tfile\ty$' "$SCRATCH/manifest")
if ((missing == 0 && count > 50)); then
	ok "all $count files of users are in the store"
else
	not_ok "$missing of $count files of users are not in the store: $(cat "$SCRATCH/missing")"
fi
grep -av '^\\USMTMIG' "$SCRATCH/after" | cut -f1 | sort >"$SCRATCH/outside"
cut -f1 "$SCRATCH/before" | sort >"$SCRATCH/inside"
check "nothing else came or went" cmp "$SCRATCH/inside" "$SCRATCH/outside"
check "the volume is consistent" "$NTFSSNAP" --check-only "$image"
captured=$(sum "$image")
expect 36 "a wipe by this store is refused" "$HOLDFAST" wipe C: --volume "C=$image"
said 'would delete the Windows that has taken its place' "with the reason"
expect 36 "whichever Windows is named" "$HOLDFAST" wipe C: --volume "C=$image" --windows '\Windows.old\Windows'
same_sum "not a byte changed" "$image" "$captured"
# The new Windows has no users; those of the one before have everything in Windows.old.
cp --sparse=always "$image" "$SCRATCH/new.img"
expect 0 "capture of the new Windows" scan "$SCRATCH/new.img" "$STORE" "${CAPTURE[@]}" /o
expect 36 "a wipe forgets nobody in Windows.old" "$HOLDFAST" wipe C: --volume "C=$SCRATCH/new.img" --dry-run
said 'C:\Windows.old\Users\ann' "names the profile"
said '/offlinewinold' "and the way out"
expect 0 "unless it is kept" "$HOLDFAST" wipe C: --volume "C=$SCRATCH/new.img" --dry-run \
	--keep 'C:\Windows.old'
expect 36 "the other Windows on the volume is not wiped unasked" "$HOLDFAST" wipe C: \
	--volume "C=$SCRATCH/new.img" --dry-run --windows '\Windows.old\Windows'
said 'second Windows in' "by name"
rm "$SCRATCH/new.img"

echo "-- Offline.xml"
"$MKWIN" --style win10 --seed 7 --label Second --computer SECOND "$two" >/dev/null || not_ok mkwin
offline_xml '<winDir><path>C:\NoWindows</path><path>C:\Windows</path></winDir>'
expect 0 "the first that is there counts" by_file --volume "C=$image"
said 'computer NEW-PC' "it is the one"
offline_xml '<WinDir><Path> C:/Windows.old/Windows </Path></WinDir><failOnMultipleWinDir>0</failOnMultipleWinDir>'
expect 0 "element names in any case, slashes" by_file --volume "C=$image"
said 'computer SAMPLE-PC' "Windows.old by the file"
offline_xml '<winDir><path>D:\Windows</path><path>C:\Windows</path></winDir>'
expect 0 "order decides" by_file --volume "C=$image" --volume "D=$two" /ue:*
said 'computer SECOND' "the first path's"
offline_xml '<winDir><path>D:\Windows</path><path>C:\Windows</path></winDir><failOnMultipleWinDir>1</failOnMultipleWinDir>'
expect 26 "failOnMultipleWinDir" by_file --volume "C=$image" --volume "D=$two"
said 'Multiple Windows installations found' "is told in USMT's words"
said 'computer SECOND' "with what there is"
expect 0 "one alone is fine" by_file --volume "C=$image"
offline_xml '<winDir><path>E:\Windows</path></winDir>'
expect 26 "no path with a Windows" by_file --volume "C=$image"
said 'computer NEW-PC' "what there is, is listed"
offline_xml '<winDir><path>D:\Windows</path></winDir><mappings><path>D:\, C:\</path></mappings>'
expect 0 "a mapping gives the letter" by_file --volume "D=$two"
said 'in C:\Windows' "D: is C: in the offline Windows"
offline_xml "<winDir><path>\\Windows</path></winDir><mappings><path>$two, F:</path></mappings>"
expect 0 "a drive by its device" "$HOLDFAST" scanstate --log "$SCRATCH/ScanState.log" 'F:\USMTMIG' \
	"${CAPTURE[@]}" --dry-run "/offline:$SCRATCH/Offline.xml" --volume "D=$two"
said 'in F:\Windows' "has the letter"
offline_xml '<winDir><path>C:\Windows</path></winDir><mappings><path>Q:\, D:\</path></mappings>'
expect 29 "a mapping of nothing" by_file --volume "C=$image"
said 'there is no such drive' "says so"

echo "-- files that are none"
bad() {
	offline_xml "$2"
	expect 11 "$1" by_file --volume "C=$image"
	said 'Offline.xml' "names the file"
}
bad "no winDir" '<mappings/>'
bad "an unknown element" '<winDir><path>C:\Windows</path></winDir><winDirs/>'
bad "an element in winDir" '<winDir><dir>C:\Windows</dir></winDir>'
bad "an empty path" '<winDir><path/></winDir>'
bad "a path with .." '<winDir><path>C:\a\..\Windows</path></winDir>'
bad "a mapping without comma" '<winDir><path>C:\Windows</path></winDir><mappings><path>C:\</path></mappings>'
bad "a mapping to a folder" '<winDir><path>C:\Windows</path></winDir><mappings><path>D:\, C:\Mount</path></mappings>'
bad "a letter mapped twice" \
	'<winDir><path>C:\Windows</path></winDir><mappings><path>D:, C:</path><path>E:, C:</path></mappings>'
bad "a flag that is none" '<winDir><path>C:\Windows</path></winDir><failOnMultipleWinDir>yes</failOnMultipleWinDir>'
printf '<migration/>\n' >"$SCRATCH/Offline.xml"
expect 11 "another kind of file" by_file --volume "C=$image"
printf '<offline><winDir><path>C:\\Windows</path></winDir></offline>s\n' >"$SCRATCH/Offline.xml"
expect 11 "text after the root" by_file --volume "C=$image"
said 'Offline.xml, line 1' "with its line"
rm "$SCRATCH/Offline.xml"
expect 11 "no file" by_file --volume "C=$image"
real=../shared/testdata/migxml/conradhyler__usmt__offline.xml
if [[ -e $real ]]; then
	cp "$real" "$SCRATCH/Offline.xml"
	expect 11 "a broken one from the field" by_file --volume "C=$image"
else
	echo "skipped: no testdata"
fi
same_sum "none of this changed a byte" "$image" "$captured"

echo "-- several Windows"
expect 26 "two that fit" "$HOLDFAST" scanstate --log "$SCRATCH/ScanState.log" "$STORE" "${CAPTURE[@]}" \
	--dry-run --volume "C=$two" --volume "D=$image"
said '/offlinewindir' "how to choose"
said "label 'Second'" "by what"
expect 0 "one is chosen" "$HOLDFAST" scanstate --log "$SCRATCH/ScanState.log" "$STORE" "${CAPTURE[@]}" \
	--dry-run --volume "C=$two" --volume "D=$image" --volume-label Second
exit $test_status
