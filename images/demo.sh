#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration, the whole story: a sample Windows 10 PC; one boot of the USB image captures and wipes;
# a new Windows 11 is laid onto the same volume; a second boot restores. Each time proof from outside, read
# from the disk. Usage: images/demo.sh
# What it made stays in build/demo. QEMU_ACCEL=kvm is faster where it works.
set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/qemu/lib.sh
. "$top/tests/qemu/lib.sh"
# shellcheck source=images/common.sh
. "$top/images/common.sh"

demo=$qemu_build/demo
disk=$demo/disk.img
store='C:\USMTMIG'
rules='/i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml'
capture="action = capture+wipe
scanstate = $store /hardlink /nocompress $rules /v:5 /listfiles:files.txt"
restore="action = restore+delete-store
loadstate = $store /hardlink /nocompress /v:5"

say() {
	printf '\n== %s\n' "$*"
}

# boot_demo NAME CONF: one unattended boot of a stick with that configuration. Shows what matters of its
# serial line; all of it is in NAME.log.
boot_demo() {
	local name=$1 start=$SECONDS
	printf '%s\n' "$2" | sed 's/^/  holdfast.conf:  /'
	stick_make "$demo/$name.stick.img" "$2"
	qemu_firmware uefi "$demo"
	qemu_stick "$demo/$name.stick.img"
	qemu_disk nvme "$disk" HOLDFAST-DEMO-1
	(qemu_run < /dev/null) 2>&1 | tee "$demo/$name.log" | tr '\r' '\n' | grep -a --line-buffered -E \
		'^(holdfast: engine|Result:|Windows:|To keep|Kept|Together:|Free space:|Successfully|To restore:|Restored:|Compared|The store .* deleted|RESULT|CONFIG|error|warning)' |
		sed -u 's/^/  | /'
	[ "${PIPESTATUS[0]}" -eq 0 ] || fail "see $demo/$name.log"
	stick_logs "$demo/$name.stick.img" "$demo/$name.logs" || fail "there are no logs on the stick"
	echo "  The machine powered itself off after $((SECONDS - start)) s. Its logs: $demo/$name.logs"
}

# figure NAME FILE: one NAME=VALUE of a comparison's summary.
figure() {
	sed -nE "s/^.*\b$1=([0-9.]+).*/\1/p" "$2"
}

# prove_capture: compares before and after; every line is about the disk, none is from the guest.
prove_capture() {
	local summary=$demo/wiped.txt
	snapshot "$disk" "$demo/wiped.tsv"
	expect_store "$demo/before.tsv" "$demo/wiped.tsv" "$store" --manifest "$demo/manifest.txt" \
		> "$summary" 2>&1 || {
		cat "$summary"
		fail "the disk is not as it must be"
	}
	expect_healthy "$disk"
	cat << END
  $(figure files_kept "$summary") files and $(figure dirs_kept "$summary") folders are in the store $store, each the same file as before:
    record number, contents, streams, attributes, times, security
  $(figure links_per_file "$summary") names per file now that the old ones are gone; $(figure copied "$summary") files copied instead of linked
  $(mib "$(figure bytes_in_place "$summary")") MiB stayed where they were on the disk
  $(figure wiped "$summary") old files and folders are wiped; nothing else changed
  the volume is consistent (every index, record and cluster was checked by two programs)
END
}

prove_restore() {
	local summary=$demo/restored.txt
	snapshot "$disk" "$demo/after.tsv"
	expect_restored "$demo/before.tsv" "$demo/after.tsv" "$demo"/capture.logs/*/files.txt > "$summary" 2>&1 || {
		tail -n 20 "$summary"
		fail "not every file is back"
	}
	! grep -qaF '\USMTMIG' "$demo/after.tsv" || fail "the store is still there"
	expect_healthy "$disk"
	cat << END
  $(figure files_same "$summary") files are back in their old places in the new Windows, each still the same file on the disk
  $(figure files_equal "$summary") more were there already with equal contents; 0 are missing, 0 are different
  the store is gone; the volume is consistent
END
}

for file in "$qemu_images/holdfast-usb.img" "$qemu_fixtures/mkwin" "$qemu_fixtures/ntfssnap"; do
	[ -e "$file" ] || fail "$file is missing: run ./build.sh demo"
done
rm -rf "$demo"
mkdir -p "$demo"
say "1. A PC with a sample Windows 10: $disk"
disk_make "$disk" --style win10 --disk gpt --size 1G --files 2000 --label System --computer OLD-PC \
	--manifest "$demo/manifest.txt" > /dev/null
snapshot "$disk" "$demo/before.tsv"
say "2. The stick captures and wipes (QEMU, UEFI, nobody at the keyboard)"
boot_demo capture "$capture"
say "3. Proof, read from the disk"
prove_capture
say "4. A new Windows 11 is installed on the same volume, without formatting it"
disk_install "$disk" --style win11 --computer NEW-PC > /dev/null
say "5. The stick restores"
boot_demo restore "$restore"
say "6. Proof, read from the disk"
prove_restore
