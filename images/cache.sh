# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The build cache outside the checkout: finished build products, one directory each, named by
# everything they depend on. Sourced by the scripts that build from source packages.
#
# An entry is complete when its SHA256SUMS names exactly the files that are there and they all match.
# It is made in a work directory and renamed into place, so an interrupted build is never an entry.

cache_work_dir=

# cache_root: prints the cache's directory.
cache_root() {
	printf '%s\n' "${HOLDFAST_CACHE:-${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/holdfast}"
}

# cache_key STRING...: prints a short hash of the strings, for an entry's name.
cache_key() {
	printf '%s\0' "$@" | sha256sum | cut -c 1-16
}

# cache_lock KIND: waits until no other build of this kind runs; held until the script ends.
cache_lock() {
	local root
	root=$(cache_root)
	mkdir -p "$root/tmp"
	exec {cache_lock_fd}> "$root/$1.lock"
	if ! flock --nonblock "$cache_lock_fd"; then
		echo "$1: another build holds $root/$1.lock, waiting for it"
		flock "$cache_lock_fd"
	fi
}

# cache_files DIR: prints the files of an entry, except its SHA256SUMS, sorted.
cache_files() {
	(cd "$1" && find . \( -type f -o -type l \) ! -path ./SHA256SUMS -printf '%P\n' | LC_ALL=C sort)
}

# cache_valid DIR: succeeds when the entry is complete and every checksum matches.
cache_valid() {
	[ -s "$1/SHA256SUMS" ] || return 1
	[ "$(cache_files "$1")" = "$(sed 's/^[0-9a-f]\{64\}  //' "$1/SHA256SUMS")" ] || return 1
	(cd "$1" && sha256sum --quiet --strict --check SHA256SUMS > /dev/null 2>&1)
}

# cache_lookup NAME: prints the directory of a valid entry; discards a corrupt one with a message.
# Call it with the lock held.
cache_lookup() {
	local entry
	entry=$(cache_root)/$1
	[ -e "$entry" ] || return 1
	if ! cache_valid "$entry"; then
		echo "cache entry $entry is corrupt (files differ from its SHA256SUMS): discarded" >&2
		rm -rf "$entry"
		return 1
	fi
	printf '%s\n' "$entry"
}

# cache_work KIND: sets cache_work_dir to an empty directory on the cache's file system, removed
# when the script ends. What an interrupted build of this kind left is removed first: the lock
# says that nobody uses it.
cache_work() {
	local root
	root=$(cache_root)
	rm -rf "$root/tmp/$1".*
	cache_work_dir=$(mktemp -d "$root/tmp/$1.XXXXXX")
	trap 'rm -rf "$cache_work_dir"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# cache_publish DIR NAME: writes DIR's SHA256SUMS, makes it durable and renames it to the entry.
cache_publish() {
	local root
	root=$(cache_root)
	cache_files "$1" | (cd "$1" && xargs -d '\n' sha256sum -- > SHA256SUMS)
	chmod 755 "$1"
	sync -f "$1"
	mv -T "$1" "$root/$2"
}

# cache_install SOURCE TARGET: makes TARGET the same as the cached file, untouched when it is
# already. Never a hard link: writing to the build's copy must not reach into the cache.
cache_install() {
	cmp -s "$1" "$2" && return 0
	mkdir -p "$(dirname "$2")"
	cp --reflink=auto "$1" "$2.new"
	mv "$2.new" "$2"
}
