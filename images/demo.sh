#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration: a sample Windows disk, the USB image with an unattended holdfast.conf, one boot in
# QEMU, and then proof from outside, read from the disk. Usage: images/demo.sh
# What it made stays in build/demo. QEMU_ACCEL=kvm is faster where it works.
set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/qemu/lib.sh
. "$top/tests/qemu/lib.sh"
# shellcheck source=images/common.sh
. "$top/images/common.sh"

demo=$qemu_build/demo
disk=$demo/disk.img
stick=$demo/stick.img
store='C:\USMTMIG'
conf="action = capture+wipe
scanstate = $store /hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml /o /c /v:5
error-delay = 1
end = poweroff"

say() {
	printf '\n== %s\n' "$*"
}

boot_demo() {
	qemu_firmware uefi "$demo"
	qemu_stick "$stick"
	qemu_disk nvme "$disk" HOLDFAST-DEMO-1
	(qemu_run < /dev/null) 2>&1 | tee "$demo/serial.log"
}

# figure NAME: one NAME=VALUE of the comparison's summary.
figure() {
	sed -nE "s/^.*\b$1=([0-9.]+).*/\1/p" "$demo/compare.txt"
}

# proof: compares the two snapshots; every line is about the disk, none is from the guest.
proof() {
	expect_store "$demo/before.tsv" "$demo/after.tsv" "$store" --manifest "$demo/manifest.txt" \
		> "$demo/compare.txt" 2>&1 || {
		cat "$demo/compare.txt"
		fail "the disk is not as it must be"
	}
	cat << END
$(figure files_kept) files and $(figure dirs_kept) folders are in the store $store
  each is the same file as before: record number, contents, streams, attributes, times, security
  $(figure links_per_file) names per file now that the old ones are gone, $(figure copied) files copied instead of linked
$(mib "$(figure bytes_in_place)") MiB stayed where they were on the disk
$(figure wiped) old files and folders are wiped; nothing else changed
END
	"$qemu_fixtures/ntfssnap" --check-only "$disk@$(windows_offset "$disk")" ||
		fail "the volume is inconsistent"
	echo "the volume is consistent (every index, record and cluster was checked)"
}

# times: how long each step took, from the logs that the run left on the stick.
times() {
	stick_logs "$stick" "$demo/logs" || fail "there are no logs on the stick"
	sed -nE 's/^.* (exit code [0-9]+ after [0-9.]+ s: .*)/  \1/p; s/^.* holdfast: engine after (.*)/  kernel start to engine: \1/p' \
		"$demo"/logs/*/holdfast.log
}

for file in "$qemu_images/holdfast-usb.img" "$qemu_fixtures/mkwin" "$qemu_fixtures/ntfssnap"; do
	[ -e "$file" ] || fail "$file is missing: run ./build.sh demo"
done
rm -rf "$demo"
mkdir -p "$demo"
say "A sample Windows 10 disk: $disk"
disk_make "$disk" --style win10 --disk gpt --size 2G --files 2000 --label System --computer DEMO-PC \
	--manifest "$demo/manifest.txt"
snapshot "$disk" "$demo/before.tsv"
say "The USB image with this holdfast.conf: $stick"
printf '%s\n' "$conf" | sed 's/^/  /'
stick_make "$stick" "$conf"
say "Booting the stick in QEMU (UEFI, the Windows disk on NVMe); this is its serial line"
start=$SECONDS
boot_demo || fail "see $demo/serial.log"
say "The machine powered itself off after $((SECONDS - start)) s. Proof, read from the disk:"
snapshot "$disk" "$demo/after.tsv"
proof
say "Times (from the logs on the stick, $demo/logs)"
times
