#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The one entry point: builds, tests and demonstrates Holdfast. `./build.sh help` lists the verbs.
set -euo pipefail
cd "$(dirname "$0")"

TOP=$PWD
BUILD=$TOP/build
FIXTURES=$BUILD/tests/fixtures

usage() {
	cat <<'END'
usage: ./build.sh VERB

  deps      install what is missing from the distribution's packages (prints the list first)
  engine    build/holdfast and its applet links
  kernel    build/kernel/bzImage, from the distribution's kernel source and kernel-config/
  image     build/images/: UKI, USB disk image, PXE folder, manifest
  demo      all of the above, then in QEMU: capture, wipe, a new Windows, restore, and the proof
  test      everything below tests/; or only the parts named:
              test [lint] [unit] [sanitize] [shell] [fixtures] [ntfs] [fault] [fuzz]
                   [qemu [CASE...]]; also fault-long, which takes hours
  bench     speed and sizes, as ratios and figures
  lint      formatting and static analysis
  clean     remove build/ (the cache outside the checkout stays)
  help      this text

Environment:
  HOLDFAST_CACHE    kernel and library builds are kept here (default: ~/.cache/holdfast)
  FUZZ_SECONDS      time for each fuzz target of "test fuzz" (default: 10)
  HOLDFAST_CMDLINE  kernel command line added to the images (for unattended PXE boot)
END
}

# What the build and the tests need, by what they need it for.
PACKAGES=(
	gcc make pkg-config libxml2-utils libc6-dev libntfs-3g89 ntfs-3g-dev libhivex-dev libsqlite3-dev libblkid-dev nettle-dev
	libcunit1-dev dpkg-dev
	linux-source-6.12 bc bison flex libelf-dev cpio zstd xz-utils kmod rsync perl
	busybox-static ntfs-3g systemd-boot-efi binutils syslinux syslinux-common pxelinux mtools
	dosfstools
	qemu-system-x86 ovmf ipxe-qemu sleuthkit libhivex-bin libwin-hivex-perl sqlite3 fuse3 libssl-dev cryptsetup-bin
	clang clang-format clang-tidy cppcheck shellcheck libclang-rt-14-dev
)

die() {
	echo "build.sh: $*" >&2
	exit 1
}

step() {
	printf '\n== %s\n' "$*"
}

missing_packages() {
	local name
	for name in "${PACKAGES[@]}"; do
		dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed ||
			printf '%s\n' "$name"
	done
}

verb_deps() {
	local missing sudo=()
	mapfile -t missing < <(missing_packages)
	((${#missing[@]})) || return 0
	step "Installing ${#missing[@]} packages: ${missing[*]}"
	if ((EUID != 0)); then
		command -v sudo >/dev/null || die "installing packages needs root or sudo; install them by hand: ${missing[*]}"
		sudo=(sudo)
	fi
	"${sudo[@]}" apt-get update -qq
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		-o Dpkg::Use-Pty=0 "${missing[@]}" >"$BUILD/apt.log" 2>&1 || {
		tail -n 20 "$BUILD/apt.log" >&2
		die "the packages could not be installed; the whole output is in build/apt.log"
	}
}

verb_engine() {
	verb_deps
	step "Engine"
	images/libxml2.sh
	make -s -C src -j"$(nproc)"
	echo "build/holdfast: $("$BUILD/holdfast" --version)"
}

verb_kernel() {
	verb_deps
	step "Kernel"
	kernel-config/build.sh
}

verb_image() {
	verb_engine
	verb_kernel
	step "Images"
	images/build.sh
}

fixtures() {
	make -s -C tests/fixtures -j"$(nproc)" O="$FIXTURES"
}

verb_demo() {
	verb_image
	fixtures
	step "Demo"
	images/demo.sh
}

verb_test() {
	verb_engine
	tests/run.sh "$@"
}

verb_bench() {
	verb_image
	fixtures
	tests/bench/run.sh
}

verb_lint() {
	verb_deps
	images/libxml2.sh
	tests/lint.sh
}

verb_clean() {
	rm -rf "$BUILD"
}

verb=${1:-help}
(($# == 0)) || shift
case $verb in
help | -h | --help) usage ;;
test | deps | engine | kernel | image | demo | bench | lint)
	mkdir -p "$BUILD"
	"verb_$verb" "$@"
	;;
clean) verb_clean ;;
*)
	usage >&2
	die "there is no verb \"$verb\""
	;;
esac
