#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Figures: capture against `cp -al` through FUSE ntfs-3g on copies of the same image, wipe against
# `rm -rf`, sizes, and the time from kernel start to the engine. Ratios within one run, because
# machines differ; each figure is the median of RUNS with the spread beside it.
set -euo pipefail
cd "$(dirname "$0")/../.."

FILES=${FILES:-100000}
RUNS=${RUNS:-3}
HOLDFAST=$PWD/build/holdfast
FIXTURES=$PWD/build/tests/fixtures
export HOLDFAST_RULES=$PWD/rootfs/usr/share/holdfast
DIR=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-bench-XXXXXX")
MOUNT=$DIR/mnt
trap 'mountpoint -q "$MOUNT" && fusermount3 -u "$MOUNT"; rm -rf "$DIR"' EXIT
mkdir "$MOUNT"

# seconds COMMAND...: wall time of the command, whose output is dropped.
seconds() {
	local start end
	start=$(date +%s.%N)
	"$@" >"$DIR/out" 2>&1 || { tail -n 20 "$DIR/out" >&2; echo "bench: failed: $*" >&2; return 1; }
	end=$(date +%s.%N)
	echo "$end $start" | awk '{ printf "%.3f\n", $1 - $2 }'
}

# "median (least to most)" of the numbers on standard input.
summary() {
	sort -n | awk '{ v[NR] = $1 } END { printf "%.3f (%.3f to %.3f)\n", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

fresh() {
	cp --sparse=always "$DIR/base.img" "$DIR/work.img"
}

# Part of the work, as it is for the engine: what is still in memory is written.
unmount() {
	fusermount3 -u "$MOUNT"
	while pgrep -f "ntfs-3g.*$DIR/work.img" >/dev/null; do sleep 0.01; done
}

fuse_copy() {
	cp -al "$MOUNT/Users" "$MOUNT/copy"
	unmount
}

fuse_remove() {
	rm -rf "$MOUNT/Users" "$MOUNT/Windows" "$MOUNT/Program Files"
	unmount
}

fuse_mount() {
	ntfs-3g "$DIR/work.img" "$MOUNT"
}

cat >"$DIR/all.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<migration urlid="urn:holdfast:bench">
  <component type="Documents" context="System"><displayName>All users</displayName>
    <role role="Data"><rules><include><objectSet>
      <pattern type="File">C:\Users\* [*]</pattern>
    </objectSet></include></rules></role></component>
</migration>
END

capture() {
	"$HOLDFAST" scanstate --volume "C=$DIR/work.img" 'C:\USMTMIG' /hardlink /nocompress "/i:$DIR/all.xml" \
		"/l:$DIR/scan.log" /c
}

echo "Making a volume with $FILES files ..."
"$FIXTURES/mkwin" --style win10 --size 2G --files "$FILES" "$DIR/base.img" >/dev/null

for ((i = 0; i < RUNS; i++)); do
	fresh
	fuse_mount
	seconds fuse_copy >>"$DIR/cp"
	fresh
	code=0
	seconds capture >>"$DIR/capture" || code=$?
	((code == 0)) || exit 1
	cp --sparse=always "$DIR/work.img" "$DIR/stored.img"
	seconds "$HOLDFAST" wipe C: --volume "C=$DIR/work.img" --log "$DIR/wipe.log" >>"$DIR/wipe"
	fresh
	fuse_mount
	seconds fuse_remove >>"$DIR/rm"
done
kept=$(grep -o 'Kept in .*: [0-9]* files' "$DIR/scan.log" | grep -o '[0-9]* files')
catalog=$(fls -p -r "$DIR/stored.img" | awk -F'\t' '/USMT\/catalog.db$/ { print $1 }' | grep -o '[0-9-]*:' | tr -d ':' | head -n 1)
catalog_size=$(istat "$DIR/stored.img" "$catalog" | awk '/^Type: \$DATA/ { for (i = 1; i <= NF; i++) if ($i == "size:") print $(i + 1) }' | head -n 1)
ratio() {
	paste "$1" "$2" | awk '{ print $1 / $2 }' | summary
}

echo
echo "== Speed, $kept, median of $RUNS (least to most)"
echo "cp -al through FUSE ntfs-3g:        $(summary <"$DIR/cp") s"
echo "whole scanstate process:            $(summary <"$DIR/capture") s"
echo "scanstate is faster by a factor of: $(ratio "$DIR/cp" "$DIR/capture")"
echo "rm -rf through FUSE ntfs-3g:        $(summary <"$DIR/rm") s"
echo "wipe, with both verifications:      $(summary <"$DIR/wipe") s"
echo "wipe is faster by a factor of:      $(ratio "$DIR/rm" "$DIR/wipe")"
echo "catalog bytes for each file:        $((catalog_size / ${kept% files}))"
echo
echo "== Rules: 1,000,000 paths under a rule file of 645 kB with 70 applications, 3 s allowed"
gcc -std=gnu11 -O2 -D_GNU_SOURCE -Isrc -o "$DIR/rules_bench" tests/bench/rules_bench.c build/libholdfast.a \
	build/libxml2/lib/libxml2.a -lm
"$DIR/rules_bench"

echo
echo "== Settings: a user's hive of 111 MB with 100,000 keys and 400,000 values, all kept"
"$FIXTURES/mkwin" --style win10 --size 2G "$DIR/hive.img" >/dev/null
tests/bench/bighive.pl 100000 4 200 >"$DIR/hive"
ntfscp -f -q "$DIR/hive.img" "$DIR/hive" /Users/ann/NTUSER.DAT
sed 's/type="File">[^<]*/type="Registry">HKCU\\* [*]/; s/context="System"/context="User"/' "$DIR/all.xml" >"$DIR/hive.xml"
echo "whole scanstate process:            $(seconds "$HOLDFAST" scanstate --volume "C=$DIR/hive.img" 'C:\USMTMIG' \
	/hardlink /nocompress "/i:$DIR/hive.xml" "/l:$DIR/hive.log" '/ue:*' /ui:ann) s"
grep -o '[0-9]* registry values of [0-9]* keys' "$DIR/hive.log"

echo
echo "== Sizes, bytes"
stat -c '%s %n' build/kernel/bzImage build/images/pxe/initramfs.zst build/images/holdfast.efi build/holdfast |
	awk '{ printf "%10d  %s\n", $1, $2; if (NR < 3) sum += $1 }
		END { printf "%10d  kernel + initramfs, of 16777216 allowed\n", sum }'

echo
echo "== Boot under emulation: USB stick, UEFI, Windows disk on NVMe, median of $RUNS"
top=$PWD
# shellcheck source=tests/qemu/lib.sh
. tests/qemu/lib.sh
stick_make "$DIR/stick.img" "action = show
end = poweroff"
disk_make "$DIR/disk.img" --style win10 --disk gpt >/dev/null
for ((i = 0; i < RUNS; i++)); do
	qemu_firmware uefi "$DIR"
	qemu_stick "$DIR/stick.img"
	qemu_disk nvme "$DIR/disk.img" BENCH
	qemu_run </dev/null >"$DIR/serial.log"
	grep -ao 'engine after [0-9.]*' "$DIR/serial.log" | head -n 1 | cut -d' ' -f3 >>"$DIR/boot"
done
echo "kernel start to the engine's first line: $(summary <"$DIR/boot") s, of 6 allowed"
