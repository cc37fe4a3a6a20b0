#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong inputs and volumes that must not be written: the right code, a message that helps, and not one
# changed byte.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

CAPTURE=('C:\USMTMIG' /hardlink /nocompress /i:MigUser.xml)
image=$SCRATCH/v.img

# unchanged NAME: $image still has the checksum in $before.
unchanged() {
	same_sum "$1: not a byte changed" "$image" "$before"
}

for state in hibernated faststartup dirty uncleanlog; do
	"$MKWIN" --style win10 --state "$state" "$image" >/dev/null || not_ok "mkwin $state"
	before=$(sum "$image")
	expect 36 "$state: capture is refused" scan "$image" "${CAPTURE[@]}"
	case $state in
	hibernated | faststartup) said 'shutdown' "$state: the message says what to do" && said '--discard-hibernated-session' "$state: and what Holdfast can do" ;;
	uncleanlog) said 'chkdsk' "$state: the message says what to do" && said '--discard-unwritten-journal' "$state: and what Holdfast can do" ;;
	*) said 'chkdsk' "$state: the message says what to do" ;;
	esac
	expect 0 "$state: looking is possible" scan "$image" "${CAPTURE[@]}" --dry-run
	expect 0 "$state: volumes" "$HOLDFAST" volumes --volume "C=$image"
	unchanged "$state"
done

"$MKWIN" --style win10 --size 64M "$image" >/dev/null || not_ok "mkwin"
"$NTFSPOKE" "$image" damage mirror '\Windows\explorer.exe' || not_ok "ntfspoke"
before=$(sum "$image")
expect 26 "a mirror of the MFT that differs" scan "$image" "${CAPTURE[@]}"
said 'MFTMirr differ' "it is recognised"
said 'What it means' "and explained"
unchanged "a mirror that differs"

"$MKWIN" --style win10 "$image" >/dev/null
before=$(sum "$image")
expect 27 "wipe without a store" "$HOLDFAST" wipe C: --volume "C=$image"
expect 28 "a rule file that is not there" scan "$image" 'C:\USMTMIG' /hardlink /nocompress /i:Nowhere.xml
said 'Nowhere.xml' "the message names it"
echo '<Configuration/>' >"$SCRATCH/Config.xml"
expect 28 "a Config.xml as rule file" scan "$image" 'C:\USMTMIG' /hardlink /nocompress "/i:$SCRATCH/Config.xml"
said '/config' "the message names the option"
said 'Config.xml, line 1' "and the line"
printf '<?xml version="1.0"?>\n<html/>' >"$SCRATCH/page.xml"
expect 28 "another root element" scan "$image" 'C:\USMTMIG' /hardlink /nocompress "/i:$SCRATCH/page.xml"
said 'page.xml, line 2' "the message names file and line"
said '<migration>' "and what a rule file has"
echo 'include C:\Lab' >"$SCRATCH/text.xml"
expect 28 "not XML at all" scan "$image" 'C:\USMTMIG' /hardlink /nocompress "/i:$SCRATCH/text.xml"
said 'text.xml, line 1' "the message names file and line"
expect 26 "a Windows directory that is not there" scan "$image" "${CAPTURE[@]}" '/offlinewindir:C:\Winnt'
expect 27 "a store on another volume" scan "$image" 'E:\USMTMIG' /hardlink /nocompress /i:MigUser.xml
expect 11 "an unknown option" scan "$image" "${CAPTURE[@]}" /bogus
expect 13 "a log that cannot be written" "$HOLDFAST" scanstate --volume "C=$image" "${CAPTURE[@]}" /l:/nonexistent/x.log
expect 40 "a progress log that cannot be written" scan "$image" "${CAPTURE[@]}" /progress:/nonexistent/x.log
unchanged "wrong inputs"
expect 0 "--explain" scan "$image" 'C:\USMTMIG' /i:MigUser.xml --explain 'C:\Users\ann\Documents\x.docx'
said 'MigUser.xml:' "--explain gives file and line"
said 'It is kept' "--explain gives the decision"
expect 0 "--explain for a file that is left" scan "$image" 'C:\USMTMIG' /i:MigUser.xml --explain 'C:\Windows\x.docx'
said 'not kept' "--explain says so"
unchanged "--explain"

"$MKWIN" --style win10 --size 240M "$SCRATCH/small.img" >/dev/null || not_ok "mkwin small"
small=$(sum "$SCRATCH/small.img")
expect 29 "less than 250 MB free" scan "$SCRATCH/small.img" "${CAPTURE[@]}"
said '250 MB' "the message says how much is needed"
same_sum "less than 250 MB free: not a byte changed" "$SCRATCH/small.img" "$small"

head -c 1048576 /dev/urandom >"$SCRATCH/noise"
expect 26 "a file that is no volume" scan "$SCRATCH/noise" "${CAPTURE[@]}"
: >"$SCRATCH/empty"
expect 26 "an empty file" scan "$SCRATCH/empty" "${CAPTURE[@]}"
truncate -s 10M "$SCRATCH/fat"
mkfs.vfat "$SCRATCH/fat" >/dev/null
expect 26 "a FAT volume" scan "$SCRATCH/fat" "${CAPTURE[@]}"

cp --sparse=always "$image" "$SCRATCH/second.img"
expect 26 "two Windows and no choice" "$HOLDFAST" scanstate "/l:$SCRATCH/l" --volume "C=$image" \
	--volume "D=$SCRATCH/second.img" "${CAPTURE[@]}"
said '--disk-serial' "the message says how to choose"
unchanged "two Windows"

expect 0 "volumes --json" "$HOLDFAST" volumes --json --volume "C=$image"
check "its output is JSON" perl -MJSON::PP -e 'local $/; decode_json(<>)' "$SCRATCH/out"
expect 0 "capture for hlscan" scan "$image" "${CAPTURE[@]}"
file=$("$NTFSSNAP" --no-hash "$image" | cut -f1 | grep -a 'USMTMIG.*Documents.*\.docx' | head -n 1)
expect 0 "hlscan" "$HOLDFAST" hlscan --volume "C=$image" "C:${file#C:}"
said 'Breakdown for' "hlscan has its title"
said 'Hardlink count:' "hlscan counts"
for applet in scanstate wipe hlscan volumes savelogs; do
	"$HOLDFAST" $applet --help >"$SCRATCH/out" 2>&1
	check "$applet --help" grep -i usage "$SCRATCH/out"
done
expect 11 "an unknown applet" "$HOLDFAST" nonsense
exit $test_status
