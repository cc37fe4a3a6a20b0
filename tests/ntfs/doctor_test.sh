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
	"$MKWIN" --style "$style" --size 64M "$sound" >/dev/null || not_ok "mkwin $style"
	before=$(sum "$sound")
	expect 0 "$style: healthy" doctor "$sound"
	said 'not available' "$style: an image has no SMART"
	expect 0 "$style: healthy, every used cluster read" doctor "$sound" --surface
	same_sum "$style: the check changes no byte" "$sound" "$before"
done

# state NAME CODE KIND: a volume that Windows did not leave clean.
state() {
	"$MKWIN" --style win10 --size 64M --state "$1" "$image" >/dev/null || not_ok "mkwin $1"
	local before
	before=$(sum "$image")
	expect "$2" "$1: exit code" doctor "$image"
	said "[$3]" "$1: it is said"
	same_sum "$1: not a byte changed" "$image" "$before"
	cp --sparse=always "$image" "$SCRATCH/$1.img"
}
state hibernated 3 hibernated
state faststartup 3 hibernated
state dirty 3 dirty
state uncleanlog 3 journal

# --- what stands in the way is discarded only when asked for, and is all that changes
# discard STATE OPTION...: doctor with OPTION on a copy of the volume in STATE.
# shellcheck disable=SC2317 # called by expect
discard() {
	cp --sparse=always "$SCRATCH/$1.img" "$image"
	"$HOLDFAST" doctor C: --volume "C=$image" "${@:2}"
}
for state in hibernated faststartup dirty uncleanlog; do
	before=$(sum "$SCRATCH/$state.img")
	for option in --discard-hibernated-session --discard-unwritten-journal; do
		case $state$option in
		hibernated--discard-h* | faststartup--discard-h* | uncleanlog--discard-u*) continue ;;
		esac
		expect 36 "$state: $option is refused" discard "$state" $option --yes
		same_sum "$state: refused $option changes no byte" "$image" "$before"
	done
done
for state in hibernated faststartup uncleanlog; do
	option=--discard-hibernated-session
	[[ $state != uncleanlog ]] || option=--discard-unwritten-journal
	before=$(sum "$SCRATCH/$state.img")
	"$NTFSSNAP" "$SCRATCH/$state.img" | grep -av hiberfil >"$SCRATCH/snap"
	expect 36 "$state: nobody confirms it" discard "$state" $option
	said '--yes' "$state: how to confirm is said"
	same_sum "$state: unconfirmed, not a byte changed" "$image" "$before"
	expect 11 "$state: not with --json" discard "$state" $option --json --yes
	expect 3 "$state: $option" discard "$state" $option --yes
	said 'the dirty flag was set' "$state: the flag is said"
	said 'the journal was discarded' "$state: what was given up is said"
	expect 3 "$state: afterwards" doctor "$image"
	said '[dirty]' "$state: afterwards it is dirty"
	said '(0 leaks, 1 notes)' "$state: and nothing else"
	"$NTFSSNAP" "$image" | grep -av hiberfil >"$SCRATCH/after"
	check "$state: all other files are as before" diff "$SCRATCH/snap" "$SCRATCH/after"
	expect 36 "$state: a second time there is nothing" "$HOLDFAST" doctor C: --volume "C=$image" $option --yes
done

# --- a dirty volume is written to only when asked for and without damage, and stays dirty
"$MKWIN" --style win10 --state dirty "$image" >/dev/null || not_ok "mkwin dirty"
# shellcheck disable=SC2317 # called by expect
ignore() {
	scan "$image" 'C:\USMTMIG' /hardlink /nocompress /i:MigUser.xml "$@"
}
expect 36 "dirty: capture is refused" ignore
said '--ignore-dirty-flag' "dirty: the way on is said"
expect 0 "dirty: --ignore-dirty-flag captures" ignore --ignore-dirty-flag
said 'The flag stays on' "dirty: that the flag stays is said"
expect 3 "dirty: afterwards" doctor "$image"
said '(0 leaks, 1 notes)' "dirty: afterwards the flag is on, and nothing else"
expect 36 "dirty: the wipe is refused" "$HOLDFAST" wipe C: --volume "C=$image"
expect 0 "dirty: --ignore-dirty-flag wipes" "$HOLDFAST" wipe C: --volume "C=$image" --ignore-dirty-flag
expect 3 "dirty: after the wipe" doctor "$image"
said '[dirty]' "dirty: after the wipe the flag is on"
said '(0 leaks, 1 notes)' "dirty: and nothing else"
"$MKWIN" --style win10 --state dirty "$image" >/dev/null || not_ok "mkwin dirty"
"$NTFSPOKE" "$image" damage security-id '\Windows\explorer.exe' || not_ok "ntfspoke"
before=$(sum "$image")
expect 36 "dirty and damaged: --ignore-dirty-flag is refused" ignore --ignore-dirty-flag
said '1 errors' "dirty and damaged: the damage is said"
same_sum "dirty and damaged: not a byte changed" "$image" "$before"

# --- damage of every kind: found, and nothing that is not damaged is
"$MKWIN" --style win10 --size 64M --many-links 300 "$sound" >/dev/null || not_ok "mkwin"
"$NTFSPOKE" "$sound" unlink '\Data\tool.exe' || not_ok "ntfspoke unlink"
expect 0 "the volume to be damaged is healthy" doctor "$sound"

# damaged KIND PATH CODE FINDING...: exactly these findings, and not one changed byte.
damaged() {
	local kind=$1 path=$2 code=$3 before
	shift 3
	cp --sparse=always "$sound" "$image"
	"$NTFSPOKE" "$image" damage "$kind" "$path" >"$SCRATCH/out" 2>&1 || { not_ok "damage $kind"; return; }
	before=$(sum "$image")
	expect "$code" "$kind: exit code" doctor "$image"
	sed -n 's/.* \[\([a-z-]*\)\]$/\1/p' "$SCRATCH/out" | sort -u >"$SCRATCH/found"
	if diff <(printf '%s\n' "$@" | sort) "$SCRATCH/found" >"$SCRATCH/diff"; then
		ok "$kind: $*"
	else
		not_ok "$kind: $* ($(tr '\n' ' ' <"$SCRATCH/diff"))"
	fi
	same_sum "$kind: not a byte changed" "$image" "$before"
}

small='\Data\letter.doc'
large='\Users\ann\Documents\Storage\larger.iso'
linked='\Data\Many names\name-0001.txt'
damaged boot "$small" 42 boot-sector
damaged boot-backup "$small" 3 boot-backup
damaged mirror "$small" 42 mft-mirror
damaged upcase "$small" 42 system-file
damaged torn "$small" 42 record-torn cluster-leaked
damaged magic "$small" 42 record-leaked entry-dangling cluster-leaked
damaged attribute-length "$small" 42 record cluster-leaked
damaged no-data "$small" 42 record
damaged is-folder "$small" 42 index entry-wrong
damaged link-count "$small" 42 link-count
damaged security-id "$small" 42 security-missing
damaged descriptor "$small" 42 security
damaged record-unmarked "$small" 42 record-unmarked
damaged record-leaked "$small" 3 record-leaked
damaged cluster-leaked "$small" 3 cluster-leaked
damaged cluster-unmarked "$large" 42 cluster-unmarked
damaged sizes "$large" 42 sizes
damaged run-outside "$large" 42 runs cluster-leaked
damaged run-shared "$large" 42 cluster-shared cluster-leaked
damaged entry-missing "$small" 42 name-unindexed
damaged entry-extra "$small" 42 entry-dangling
damaged entry-strange "$small" 42 entry-wrong
damaged sequence "$small" 42 entry-dangling name-unindexed
damaged orphan "$small" 42 orphan
damaged unreachable '\Data' 42 unreachable
damaged order "$small" 42 index-order
damaged torn-index '\Windows\System32' 42 index name-unindexed
damaged index-unmarked '\Windows\System32' 42 index-unmarked
damaged index-leaked '\Windows\System32' 3 index-leaked
damaged list-instance "$linked" 42 attribute-list
damaged list-record "$linked" 42 attribute-list
damaged base-freed "$linked" 42 extension-lost attribute-list entry-dangling record-leaked cluster-leaked

cp --sparse=always "$sound" "$image"
truncate -s -1M "$image"
expect 42 "a volume that ends too soon: exit code" doctor "$image"
said '[too-short]' "a volume that ends too soon: it is said"
said 'chkdsk' "damage: what to do is said"
head -c 1M /dev/urandom >"$image"
expect 36 "no NTFS" doctor "$image"
expect 3 "--json: exit code" "$HOLDFAST" doctor C: --json --volume "C=$SCRATCH/dirty.img"
# shellcheck disable=SC2016 # $Volume is a file of NTFS
check "--json: well-formed, with the findings" python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
assert report["smart"] is None
assert report["verdict"] == "notes" and report["counts"] == {"dirty": 1}
assert [f["kind"] for f in report["findings"]] == ["dirty"]
assert report["findings"][0]["path"] == "\\$Volume"' "$SCRATCH/out"

# --- a wipe refuses damage that nobody accepted
"$MKWIN" --style win10 "$image" >/dev/null || not_ok "mkwin"
expect 0 "capture before the wipe" scan "$image" 'C:\USMTMIG' /hardlink /nocompress /i:MigUser.xml
"$NTFSPOKE" "$image" damage security-id '\Windows\explorer.exe' || not_ok "ntfspoke"
before=$(sum "$image")
expect 36 "wipe of a damaged volume: refused" "$HOLDFAST" wipe C: --volume "C=$image"
said '[security-missing]' "the refusal says what is damaged"
said '--accept-damage' "and how to go on"
same_sum "the refusal changes no byte" "$image" "$before"
expect 0 "wipe of a damaged volume, accepted" "$HOLDFAST" wipe C: --volume "C=$image" --accept-damage

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
	for packed in ../shared/testdata/ntfs-corrupted/created_manually_*.tar.xz; do
		rm -rf "$SCRATCH/packed" && mkdir "$SCRATCH/packed"
		tar -xJf "$packed" -C "$SCRATCH/packed"
		expect 42 "${packed##*/}: damaged" timeout 20 "$HOLDFAST" doctor C: \
			--volume "C=$(find "$SCRATCH/packed" -type f -size +0 | head -n 1)"
	done
else
	echo "skipped: no testdata"
fi
exit $test_status
