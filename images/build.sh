#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes every bootable artefact in build/images from build/kernel/bzImage and build/holdfast:
# holdfast.efi, holdfast-usb.img, pxe/, manifest.txt and SHA256SUMS. Does nothing when no input changed.
# HOLDFAST_CMDLINE='holdfast.KEY=VALUE ...' is added to the kernel command line of all of them.
set -euo pipefail
# shellcheck source=images/common.sh
. "$(dirname "$0")/common.sh"

limit=$((16 * 1024 * 1024))
kernel=$build/kernel/bzImage
cmdline=$base_cmdline${HOLDFAST_CMDLINE:+ $HOLDFAST_CMDLINE}
packages=(busybox-static cpio dosfstools libblkid1 libc6 libnettle8 libntfs-3g89 libsqlite3-0 mtools
	ntfs-3g pxelinux syslinux syslinux-common systemd-boot-efi util-linux zstd gcc binutils)

# inputs: prints a hash of everything the artefacts depend on.
inputs() {
	{
		cd "$top"
		find images initramfs rootfs src/VERSION -type f -print0 | sort -z | xargs -0 sha256sum
		# Modes and empty folders of the overlay count too.
		find rootfs -printf '%m %P\n' | sort
		sha256sum < "$kernel"
		sha256sum < "$build/holdfast"
		cat "$build/kernel/manifest" "$build/libxml2.manifest"
		dpkg-query -W -f '${Package} ${Version}\n' "${packages[@]}"
		printf '%s\n' "$cmdline"
	} | sha256sum | cut -d ' ' -f 1
}

# up_to_date: true when the artefacts were made from the same inputs and are unchanged since.
up_to_date() {
	[ "$(cat "$images/.stamp" 2> /dev/null)" = "$stamp" ] &&
		(cd "$images" && sha256sum --quiet --strict --check SHA256SUMS > /dev/null 2>&1)
}

# write_manifest: what went into the images: package, version, sha256, file.
write_manifest() {
	local file
	{
		echo "# Holdfast $(cat "$top/src/VERSION"): what went into these images."
		echo "# package or source, version, sha256, file"
		cat "$build/kernel/manifest" "$build/libxml2.manifest" "$work/initramfs.manifest"
		for file in "$efi_stub" "$pxelinux_dir/pxelinux.0" "$syslinux_dir/mbr/mbr.bin" \
			"$syslinux_dir/modules/bios/ldlinux.c32" /usr/bin/syslinux; do
			manifest_line "$file"
		done
		printf 'holdfast %s %s holdfast\n' "$(cat "$top/src/VERSION")" \
			"$(sha256sum < "$build/holdfast" | cut -d ' ' -f 1)"
	} > "$work/manifest.txt"
	# Libraries of one package come in any order; a list is easier to compare sorted.
	{ grep '^#' "$work/manifest.txt" && grep -v '^#' "$work/manifest.txt" | sort -u; } \
		> "$images/manifest.txt"
}

report_sizes() {
	local kernel_size initrd_size total
	kernel_size=$(stat -c %s "$kernel")
	initrd_size=$(stat -c %s "$work/initramfs.zst")
	total=$((kernel_size + initrd_size))
	printf 'image: kernel %s MiB + initramfs %s MiB = %s MiB (limit %s MiB)\n' \
		"$(mib "$kernel_size")" "$(mib "$initrd_size")" "$(mib "$total")" "$(mib "$limit")"
	[ "$total" -le "$limit" ] || die "kernel and initramfs are larger than $(mib "$limit") MiB"
}

main() {
	local stamp
	need "$kernel" "$build/holdfast" "$build/kernel/manifest" "$build/libxml2.manifest"
	stamp=$(inputs)
	if up_to_date; then
		echo "image: nothing changed ($images)"
		return
	fi
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$images"
	rm -f "$images/.stamp"
	echo "image: initramfs"
	"$top/images/initramfs.sh" "$work/initramfs.zst" "$work/initramfs.manifest"
	report_sizes
	echo "image: unified kernel image"
	"$top/images/uki.sh" "$kernel" "$work/initramfs.zst" "$cmdline" "$images/holdfast.efi"
	echo "image: USB stick"
	"$top/images/usb.sh" "$images/holdfast.efi" "$kernel" "$work/initramfs.zst" "$cmdline" \
		"$images/holdfast-usb.img"
	echo "image: PXE folder"
	"$top/images/pxe.sh" "$images/holdfast.efi" "$kernel" "$work/initramfs.zst" "$cmdline" \
		"$images/pxe"
	write_manifest
	(cd "$images" && find . -type f ! -name SHA256SUMS ! -name .stamp -printf '%P\n' | sort |
		xargs sha256sum) > "$work/sums"
	mv "$work/sums" "$images/SHA256SUMS"
	printf '%s\n' "$stamp" > "$images/.stamp"
	echo "image: ready in $images"
}

main
