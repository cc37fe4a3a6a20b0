#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the disk image for USB sticks: MBR partition table, one active FAT32 partition labelled
# HOLDFAST that UEFI starts as removable media and BIOS through syslinux.
# Usage: images/usb.sh UKI VMLINUZ INITRAMFS CMDLINE OUT.img
# Needs neither root nor loop devices: mtools and syslinux work inside the file.
set -euo pipefail
# shellcheck source=images/common.sh
. "$(dirname "$0")/common.sh"

size_mib=256
start_sector=2048
# Fixed, so that the same inputs give the same bits.
disk_id='\x44\x4c\x4f\x48'
volume_id=484f4c44
files=$top/images/usb

# put SOURCE TARGET: copies a file into the partition, with the one time stamp.
put() {
	touch --date "@$SOURCE_DATE_EPOCH" "$work/file" 2> /dev/null
	cp "$1" "$work/file"
	touch --date "@$SOURCE_DATE_EPOCH" "$work/file"
	mcopy -m -o -i "$image@@${start_sector}s" "$work/file" "::$2"
}

# put_text SOURCE TARGET: the same, with the line ends that Windows' editors want.
put_text() {
	sed 's/$/\r/' "$1" > "$work/text"
	put "$work/text" "$2"
}

# le32 NUMBER: the number as four bytes, the lowest first.
le32() {
	local shift
	for shift in 0 8 16 24; do
		# shellcheck disable=SC2059
		printf "\\x$(printf %02x $((($1 >> shift) & 255)))"
	done
}

# mbr: the first sector: boot code (440 bytes), disk id, and one active FAT32 (LBA) partition at
# cylinder 0, head 32, sector 33 of 255 heads and 63 sectors, to "beyond CHS".
mbr() {
	head -c 440 "$syslinux_dir/mbr/mbr.bin"
	head -c $((440 - $(stat -c %s "$syslinux_dir/mbr/mbr.bin"))) /dev/zero
	# shellcheck disable=SC2059
	printf "$disk_id"
	printf '\0\0\x80\x20\x21\x00\x0c\xfe\xff\xff'
	le32 "$start_sector"
	le32 $((size_mib * 2048 - start_sector))
	head -c 48 /dev/zero
	printf '\x55\xaa'
}

make_partition() {
	mbr > "$image"
	[ "$(stat -c %s "$image")" -eq 512 ] || die "the boot code does not fit into its 440 bytes"
	truncate -s "${size_mib}M" "$image"
	mkfs.fat --invariant -F 32 -s 4 -g 255/63 -h "$start_sector" -n HOLDFAST -i "$volume_id" \
		--offset "$start_sector" "$image" $((size_mib * 1024 - start_sector / 2)) > /dev/null
}

fill_partition() {
	local folder
	for folder in EFI EFI/BOOT loader loader/credentials syslinux logs rules keys; do
		mmd -i "$image@@${start_sector}s" "::$folder"
	done
	put "$uki" EFI/BOOT/BOOTX64.EFI
	put "$linux" syslinux/vmlinuz
	put "$initrd" syslinux/initramfs.zst
	printf 'DEFAULT holdfast\nPROMPT 0\nNOESCAPE 1\nLABEL holdfast\n  LINUX vmlinuz\n' \
		> "$work/syslinux.cfg"
	printf '  INITRD initramfs.zst\n  APPEND %s holdfast.media=expected\n' "$cmdline" \
		>> "$work/syslinux.cfg"
	put "$work/syslinux.cfg" syslinux/syslinux.cfg
	# The EFI stub hands this over when, and only when, it was started from this partition.
	echo usb > "$work/marker"
	put "$work/marker" loader/credentials/holdfast-media.cred
	put_text "$files/holdfast.conf" holdfast.conf
	put_text "$files/README.txt" README.txt
	put_text "$files/logs.txt" logs/README.txt
	put_text "$files/rules.txt" rules/README.txt
	put_text "$files/keys.txt" keys/README.txt
}

[ $# -eq 5 ] || die "usage: usb.sh UKI VMLINUZ INITRAMFS CMDLINE OUT.img"
uki=$1 linux=$2 initrd=$3 cmdline=$4 out=$5
need "$uki" "$linux" "$initrd" "$syslinux_dir/mbr/mbr.bin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MTOOLS_SKIP_CHECK=1
image=$out.tmp
rm -f "$image"
make_partition
fill_partition
syslinux --install --offset $((start_sector * 512)) --directory /syslinux "$image"
mv "$image" "$out"
