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
