#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a unified kernel image: systemd's EFI stub with kernel, initramfs and command line inside.
# Usage: images/uki.sh VMLINUZ INITRAMFS CMDLINE OUT.efi
# An administrator who boots by network calls it to put holdfast.KEY=VALUE settings into the command
# line, for example (see docs/technician.md):
#   images/uki.sh build/images/pxe/vmlinuz build/images/pxe/initramfs.zst \
#       'console=ttyS0,115200 console=tty0 panic=30 quiet holdfast.action=show' my.efi
set -euo pipefail
# shellcheck source=images/common.sh
. "$(dirname "$0")/common.sh"

# kernel_release FILE: the release string in a bzImage's setup header (boot protocol 2.00: a pointer
# at 0x20e, relative to 0x200).
kernel_release() {
	local offset
	[ "$(dd if="$1" bs=1 skip=514 count=4 status=none)" = HdrS ] || die "$1 is no bzImage"
	offset=$(($(od -An -tu2 -j 526 -N 2 "$1") + 512))
	dd if="$1" bs=1 skip="$offset" count=128 status=none | tr '\0' '\n' | head -n 1 | cut -d ' ' -f 1
}

# add_section NAME FILE: places FILE behind everything placed so far, page-aligned.
add_section() {
	local size
	size=$(stat -c %s "$2")
	arguments+=(--add-section "$1=$2" --change-section-vma "$(printf '%s=0x%x' "$1" "$next")")
	next=$(((next + size + 4095) / 4096 * 4096))
}

# add_builtin_cmdline: the initramfs with a copy of the command line as /.holdfast/cmdline before it.
# The stub lets load options from the firmware or from iPXE replace .cmdline; settings made for this
# image must survive that.
add_builtin_cmdline() {
	mkdir -p "$work/root/.holdfast"
	printf '%s\n' "$cmdline" > "$work/root/.holdfast/cmdline"
	chmod -R u=rwX,go=rX "$work/root"
	find "$work/root" -exec touch --date "@$SOURCE_DATE_EPOCH" {} +
	(cd "$work/root" && printf '.holdfast\n.holdfast/cmdline\n' |
		cpio --quiet --create --format newc --reproducible --owner +0:+0)
	cat "$initrd"
}

# sections_end FILE: the first page-aligned address behind all sections of a PE file.
sections_end() {
	objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ { print $3, $4 }' | {
		local size address end=0
		while read -r size address; do
			[ $((0x$address + 0x$size)) -le "$end" ] || end=$((0x$address + 0x$size))
		done
		printf '%d\n' $(((end + 4095) / 4096 * 4096))
	}
}

# check_sections FILE: no two sections overlap, and all of ours are there.
check_sections() {
	objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ { print $4, $3, $2 }' | sort | {
		local address size name end=0 seen=' '
		while read -r address size name; do
			[ $((0x$address)) -ge "$end" ] || die "section $name overlaps the one before it"
			end=$((0x$address + 0x$size))
			seen="$seen$name "
		done
		for name in .osrel .cmdline .uname .linux .initrd; do
			[[ $seen == *" $name "* ]] || die "section $name is missing"
		done
	}
}

[ $# -eq 4 ] || die "usage: uki.sh VMLINUZ INITRAMFS CMDLINE OUT.efi"
linux=$1 initrd=$2 cmdline=$3 out=$4
need "$efi_stub" "$linux" "$initrd"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(cat "$top/src/VERSION")
printf 'ID=holdfast\nNAME=Holdfast\nVERSION_ID=%s\nPRETTY_NAME="Holdfast %s"\n' \
	"$version" "$version" > "$work/osrel"
printf '%s\0' "$cmdline" > "$work/cmdline"
add_builtin_cmdline > "$work/initrd"
kernel_release "$linux" > "$work/uname"
arguments=()
next=$(sections_end "$efi_stub")
add_section .osrel "$work/osrel"
add_section .cmdline "$work/cmdline"
add_section .uname "$work/uname"
add_section .initrd "$work/initrd"
# Last, because the stub may need room behind the kernel.
add_section .linux "$linux"
objcopy --preserve-dates "${arguments[@]}" "$efi_stub" "$work/uki.efi"
check_sections "$work/uki.efi"
mv "$work/uki.efi" "$out"
