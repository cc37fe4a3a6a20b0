#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Random trees captured, wiped and restored into a new Windows, compared object by object:
#   trees_test.sh [FIRST COUNT]: the seeds, when other ones than the usual are wanted.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

first=${1:-1} count=${2:-3}
image=$SCRATCH/volume.img
printf '' >"$SCRATCH/same.folders"
cat >"$SCRATCH/trees.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<migration urlid="urn:test/trees">
 <component type="Documents" context="System"><displayName>Trees</displayName><role role="Data"><rules>
  <include><objectSet><pattern type="File">C:\Data\Random\* [*]</pattern></objectSet></include>
  <include><objectSet><pattern type="File">C:\Users\ann\Documents\* [*]</pattern></objectSet></include>
 </rules></role></component>
</migration>
XML

for ((seed = first; seed < first + count; seed++)); do
	echo "-- seed $seed"
	"$MKWIN" --style win10 --random "$seed" "$image" >"$SCRATCH/out" 2>&1 || { not_ok "mkwin"; continue; }
	"$NTFSSNAP" "$image" >"$SCRATCH/before.tsv"
	expect 0 "capture" scan "$image" 'C:\USMTMIG' /hardlink /nocompress "/i:$SCRATCH/trees.xml" \
		"/listfiles:$SCRATCH/list.txt"
	expect 0 "wipe" "$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log"
	expect 0 "a new Windows" "$MKWIN" --style win11 --into "$image"
	"$NTFSSNAP" --no-hash "$image" >"$SCRATCH/fresh.tsv"
	expect 0 "restore" load "$image" 'C:\USMTMIG' /hardlink /nocompress --delete-store
	expect 0 "the volume is consistent" "$NTFSSNAP" --check-only "$image"
	"$NTFSSNAP" "$image" >"$SCRATCH/after.tsv"
	objects_back "every object is back" "$SCRATCH/before.tsv" "$SCRATCH/fresh.tsv" "$SCRATCH/same.folders" \
		"$SCRATCH/list.txt" "$SCRATCH/after.tsv"
done

exit $test_status
