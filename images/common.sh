# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# What the scripts that make the bootable artefacts share. Sourced by them.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Another place than build/ for tests of the scripts themselves.
build=${HOLDFAST_BUILD:-$top/build}
images=$build/images

# Everything with a time in it gets this one, so that the same inputs give the same bits.
export SOURCE_DATE_EPOCH=1767225600 LC_ALL=C TZ=UTC

# Both consoles show everything (see initramfs/console.c); a kernel panic restarts the machine.
base_cmdline='console=ttyS0,115200 console=tty0 panic=30 quiet'
syslinux_dir=/usr/lib/syslinux
pxelinux_dir=/usr/lib/PXELINUX
efi_stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# need FILE...: stops when one of the files is missing.
need() {
	local file
	for file; do
		[ -r "$file" ] || die "$file is missing (./build.sh deps installs packages;" \
			"./build.sh kernel and ./build.sh engine build what is ours)"
	done
}

# manifest_line FILE: "package version sha256 path" of a system file that went into an image.
manifest_line() {
	local path candidate package=
	path=$(readlink -f "$1")
	for candidate in "$1" "$path" "${1#/usr}" "${path#/usr}" "/usr$path"; do
		package=$(dpkg-query -S "$candidate" 2> /dev/null | head -n 1 | cut -d : -f 1) || true
		[ -z "$package" ] || break
	done
	[ -n "$package" ] || die "$1 belongs to no package: it cannot go into an image"
	printf '%s %s %s %s\n' "$package" "$(dpkg-query -W -f '${Version}' "$package")" \
		"$(sha256sum < "$path" | cut -d ' ' -f 1)" "$path"
}

# mib BYTES: prints the size in MiB with one decimal.
mib() {
	printf '%d.%d' $(($1 / 1048576)) $(($1 % 1048576 * 10 / 1048576))
}
