#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the initramfs: the rootfs/ overlay, busybox, the engine, the ntfs-3g FUSE program, blkid and
# the shared libraries they need. Usage: images/initramfs.sh OUT.zst MANIFEST
# Needs no root: the kernel's built-in initramfs has /dev/console, devtmpfs brings the other nodes.
set -euo pipefail
# shellcheck source=images/common.sh
. "$(dirname "$0")/common.sh"

libdir=usr/lib/x86_64-linux-gnu
programs=(/usr/bin/ntfs-3g /usr/sbin/blkid)
# Conversions that rule files ask iconv for.
gconv_modules='UTF-16 UTF-16LE UTF-16BE ISO-8859-1 CP1252'
gconv_files=(UTF-16.so ISO8859-1.so CP1252.so)
read -ra applets < <(sed -n 's/^APPLETS *:= *//p' "$top/src/Makefile")

# install_system FILE: copies a system file to the same place and notes it in the manifest.
install_system() {
	local target=${1#/}
	target=$root/usr/${target#usr/}
	[ ! -e "$target" ] || return 0
	install -D -m 755 "$(readlink -f "$1")" "$target"
	manifest_line "$1" >> "$manifest"
}

# install_libraries PROGRAM: every shared library it needs, and the dynamic loader.
install_libraries() {
	local library
	[ "$(head -c 4 "$1" | tail -c 3)" = ELF ] || return 0
	ldd "$1" > "$work/ldd" || die "$1: its libraries cannot be resolved"
	if grep 'not found' "$work/ldd" >&2; then
		die "$1: libraries are missing"
	fi
	while read -r library; do
		install_system "$library"
	done < <(sed -nE 's/^\s*(\S+ => )?(\/\S+) \(0x.*/\2/p' "$work/ldd")
}

install_skeleton() {
	mkdir -p "$root"/{dev,proc,sys,run,tmp,root,mnt,usr/bin,usr/sbin,usr/lib,usr/lib64}
	local name
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$root/$name"
	done
	cp -R "$top/rootfs/." "$root/"
	install -m 755 "$top/initramfs/init" "$root/init"
}

install_busybox() {
	local applet
	install_system /bin/busybox
	while read -r applet; do
		[ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
	done < <(busybox --list | grep -vx busybox)
}

install_engine() {
	local applet
	install -D -m 755 "$build/holdfast" "$root/usr/bin/holdfast"
	if [ "$(head -c 4 "$build/holdfast" | tail -c 3)" = ELF ]; then
		strip --strip-all --enable-deterministic-archives "$root/usr/bin/holdfast"
	fi
	for applet in "${applets[@]}"; do
		# Ours win over busybox's applets of the same name.
		ln -sf holdfast "$root/usr/bin/$applet"
	done
	install_libraries "$build/holdfast"
}

install_console() {
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -fstack-protector-strong \
		-D_FORTIFY_SOURCE=2 -s -o "$work/console" "$top/initramfs/console.c"
	install -m 755 "$work/console" "$root/usr/lib/holdfast/console"
	install_libraries "$work/console"
}

# The FUSE program, for volumes that the technician mounts by hand in the shell.
install_programs() {
	local program
	for program in "${programs[@]}"; do
		install_system "$program"
		install_libraries "$program"
	done
	ln -sf ../bin/ntfs-3g "$root/usr/sbin/mount.ntfs-3g"
	ln -sf ../bin/ntfs-3g "$root/usr/sbin/mount.ntfs"
}

install_gconv() {
	local file
	for file in "${gconv_files[@]}"; do
		install_system "/$libdir/gconv/$file"
	done
	cat "/$libdir/gconv/gconv-modules" "/$libdir/gconv/gconv-modules.d/"*.conf |
		awk -v wanted="$gconv_modules" '
			BEGIN {
				n = split(wanted, names, " ")
				for (i = 1; i <= n; i++)
					want[names[i] "//"]
			}
			$1 == "alias" && $3 in want
			$1 == "module" && ($2 in want || $3 in want)' > "$root/$libdir/gconv/gconv-modules"
	[ -s "$root/$libdir/gconv/gconv-modules" ] || die "no gconv modules were found"
}

pack() {
	# Not what the umask of the checkout was.
	find "$root" -type d -exec chmod 755 {} +
	find "$root" -type f -perm /111 -exec chmod 755 {} +
	find "$root" -type f ! -perm /111 -exec chmod 644 {} +
	chmod 1777 "$root/tmp"
	find "$root" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
	(cd "$root" && find . -mindepth 1 -printf '%P\n' | sort |
		cpio --quiet --create --format newc --reproducible --owner +0:+0) > "$work/cpio"
	# The kernel's decompressor allows windows of 8 MiB and more; -19 stays within that.
	zstd --quiet -19 --single-thread --no-check -f -o "$out" "$work/cpio"
}

[ $# -eq 2 ] || die "usage: initramfs.sh OUT.zst MANIFEST"
out=$1 manifest=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
need "$build/holdfast" "${programs[@]}"
[ "${#applets[@]}" -gt 0 ] || die "src/Makefile names no applets"
umask 022
: > "$manifest"
install_skeleton
install_console
install_engine
install_programs
install_gconv
install_busybox
pack
