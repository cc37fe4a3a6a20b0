#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the image's kernel from the distribution's source package into the build cache and puts
# bzImage, config and manifest into build/kernel. Usage:
#   kernel-config/build.sh                       build, or take the cached kernel
#   kernel-config/build.sh --check FILE.config   only check a .config against required and forbidden
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
# shellcheck source=images/cache.sh
. "$top/images/cache.sh"

package=linux-source-6.12
tarball=/usr/src/$package.tar.xz
need_mib=4096
compile_pid=

die() {
	echo "kernel-config: $*" >&2
	exit 1
}

# list FILE: prints a list without comments and blank lines; an empty list is a mistake.
list() {
	[ -r "$1" ] || die "$1 is missing"
	sed 's/#.*//; s/[[:space:]]*$//' "$1" | grep . || die "$1 names no symbol"
}

# check_config FILE: every line of required.txt is in the .config, no symbol of forbidden.txt is set.
check_config() {
	local line required forbidden bad=0
	[ -r "$1" ] || die "$1: no such configuration"
	required=$(list "$here/required.txt")
	forbidden=$(list "$here/forbidden.txt")
	while read -r line; do
		echo "$1: required $line is not there (dropped by a dependency?)" >&2
		bad=1
	done < <(comm -23 <(sort -u <<< "$required") <(sort -u "$1"))
	while read -r line; do
		echo "$1: forbidden $line is set" >&2
		bad=1
	done < <(grep -xE "(${forbidden//$'\n'/|})=.*" "$1")
	return "$bad"
}

# Warns about lines of the fragments that the final .config does not have as they were asked for.
# Not an error: a new kernel version may rename a symbol that is not required.
warn_dropped() {
	local line symbol
	while read -r line; do
		symbol=${line%%=*}
		symbol=${symbol#\# }
		symbol=${symbol%% *}
		grep -qxF -e "$line" "$1" && continue
		case $line in
		\#*) grep -q "^$symbol=" "$1" || continue ;;
		esac
		echo "warning: the kernel's configuration did not take: $line" >&2
	done < <(settings)
}

# Prints the settings of all fragments, without the comments.
settings() {
	cat "$here"/*.config | grep -E '^(# )?CONFIG_[A-Za-z0-9_]+(=| is not set)'
}

# configure TREE: allnoconfig plus all fragments. Part of the cache key.
configure() {
	settings > "$1/holdfast.settings"
	cd "$1"
	make ARCH=x86_64 allnoconfig || return 1
	scripts/kconfig/merge_config.sh -m -Q .config holdfast.settings || return 1
	make ARCH=x86_64 olddefconfig
}

# compile TREE: a build that depends on source, configuration and compiler only. Part of the cache key.
compile() {
	local stamp
	stamp=$(date -u -d "@$(stat -c %Y "$tarball")" '+%Y-%m-%d %H:%M:%S UTC')
	make -C "$1" ARCH=x86_64 -j "$(nproc)" KBUILD_BUILD_TIMESTAMP="$stamp" \
		KBUILD_BUILD_VERSION=1 KBUILD_BUILD_USER=holdfast KBUILD_BUILD_HOST=holdfast bzImage
}

# run_logged WHAT COMMAND...: runs it with its output in the log; shows the log's end on failure.
run_logged() {
	local what=$1
	shift
	("$@") >> "$log" 2>&1 && return 0
	tail -n 30 "$log" >&2
	die "$what failed; the full log is $log"
}

# watch_compile PID: shows the number of compiled objects until the process ends.
watch_compile() {
	local every=20 end='\n' count
	[ -t 1 ] && every=2 end='\r'
	while kill -0 "$1" 2> /dev/null; do
		sleep 1
		[ $((SECONDS % every)) -eq 0 ] || continue
		count=$(grep -cE '^  (CC|AS|LD|AR) ' "$log" || true)
		# shellcheck disable=SC2059
		printf "kernel: %4d objects compiled, %d s$end" "$count" "$SECONDS"
	done
	[ ! -t 1 ] || echo
}

# Stops the compiler too when the script is stopped.
end_compile() {
	if [ -n "$compile_pid" ]; then
		kill -- "-$compile_pid" 2> /dev/null || true
		wait "$compile_pid" 2> /dev/null || true
	fi
	rm -rf "$cache_work_dir"
}

# Unpacks, configures, checks, compiles and publishes; sets entry.
make_entry() {
	local work free
	cache_work kernel
	work=$cache_work_dir
	free=$(df --output=avail -m "$work" | tail -n 1)
	[ "$free" -ge "$need_mib" ] || die "building the kernel needs $need_mib MiB in $(cache_root)," \
		"$free are free; make room or set HOLDFAST_CACHE"
	echo "kernel: unpacking $tarball, log in $log"
	run_logged unpacking tar -C "$work" -xf "$tarball"
	echo "kernel: configuring"
	run_logged configuring configure "$work/$package"
	check_config "$work/$package/.config" || die "the configuration is not what the image needs"
	warn_dropped "$work/$package/.config"
	echo "kernel: compiling with $(nproc) jobs"
	trap end_compile EXIT
	# A process group of its own, so that stopping this script stops the compiler.
	set -m
	run_logged compiling compile "$work/$package" &
	compile_pid=$!
	set +m
	watch_compile "$compile_pid"
	wait "$compile_pid" || exit 1
	compile_pid=
	publish "$work"
}

# publish WORK: makes the cache entry of a finished build; sets entry.
publish() {
	mkdir "$1/entry"
	cp "$1/$package/arch/x86/boot/bzImage" "$1/entry/bzImage"
	cp "$1/$package/.config" "$1/entry/config"
	printf '%s %s %s %s\n' "$package" "$version" "$(sha256sum < "$tarball" | cut -d ' ' -f 1)" \
		"${tarball##*/}" > "$1/entry/manifest"
	cache_publish "$1/entry" "$name"
	entry=$(cache_root)/$name
}

main() {
	local version name entry key log size how=cached
	unset MAKEFLAGS MFLAGS MAKELEVEL KCFLAGS KCONFIG_CONFIG KBUILD_OUTPUT
	if ! version=$(dpkg-query -W -f '${Version}' "$package" 2> /dev/null) || [ ! -r "$tarball" ]; then
		die "the package $package is not installed: run ./build.sh deps"
	fi
	key=$(cache_key "$(settings)" "$(declare -f configure compile)" "$(gcc --version | head -n 1)" \
		"$(ld --version | head -n 1)")
	name=kernel-$version-$key
	log=$top/build/kernel/build.log
	mkdir -p "$top/build/kernel"
	cache_lock kernel
	if ! entry=$(cache_lookup "$name"); then
		how=built
		: > "$log"
		make_entry
	fi
	check_config "$entry/config" || die "the configuration is not what the image needs"
	cache_install "$entry/bzImage" "$top/build/kernel/bzImage"
	cache_install "$entry/config" "$top/build/kernel/config"
	cache_install "$entry/manifest" "$top/build/kernel/manifest"
	size=$(stat -c %s "$entry/bzImage")
	printf 'kernel: %s, %d bytes (%d.%d MiB), %d s, %s\n' "$version" "$size" \
		$((size / 1048576)) $((size % 1048576 * 10 / 1048576)) "$SECONDS" "$how"
}

case ${1-} in
--check)
	[ $# -eq 2 ] || die "usage: build.sh --check FILE.config"
	check_config "$2"
	;;
'')
	main
	;;
*)
	die "unknown option $1; usage: build.sh [--check FILE.config]"
	;;
esac
