#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds a small static libxml2 from the distribution's own (patched) source package into the build
# cache and makes build/libxml2 a link to it; build/libxml2.manifest says what it was made from.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=images/cache.sh
. "$top/images/cache.sh"

package=libxml2
cflags="-O2 -g0 -ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2"
# Everything not named here stays at "minimum": no network, compression, catalogs, DTD validation,
# HTML, schemas, threads or iconv. UTF-8, UTF-16 and ISO-8859-* are decoded by libxml2 itself.
options=(
	--disable-shared --enable-static --disable-dependency-tracking
	--with-minimum
	--with-iso8859x --with-output --with-pattern --with-push --with-reader --with-sax1
	--with-tree --with-writer --with-xpath
	--without-python --without-iconv --without-icu --without-zlib --without-lzma
	--without-http --without-ftp --without-threads --without-legacy --without-modules
)

die() {
	echo "libxml2.sh: $*" >&2
	exit 1
}

# The version this system would install, without a rebuild suffix; empty when apt knows none.
system_version() {
	LC_ALL=C apt-cache policy "$package" 2> /dev/null |
		sed -n 's/^ *Candidate: //p' | sed 's/+b[0-9]*$//; s/^(none)$//'
}

# Prints the newest cached version that is not older than $1, if any.
cached_version() {
	local entry version best=
	for entry in "$(cache_root)/$package"-*-"$key"; do
		[ -d "$entry" ] || continue
		version=${entry##*/"$package"-}
		version=${version%-"$key"}
		dpkg --compare-versions "$version" ge-nl "$1" || continue
		dpkg --compare-versions "$version" gt "$best" && best=$version
	done
	printf '%s\n' "$best"
}

# Turns the system's own apt sources for this release into deb-src entries under $1. Stanzas and
# lines of other archives are left out, and so are suites such as backports.
write_sources() {
	local file codename etc
	codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:?}")
	eval "$(apt-config shell etc Dir::Etc/d)"
	mkdir -p "$1"
	for file in "${etc%/}"/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		awk -v RS= -v codename="$codename" '
			BEGIN { ok[codename] = ok[codename "-updates"] = ok[codename "-security"] = 1 }
			/(^|\n)Enabled:[ \t]*no/ { next }
			{
				n = split($0, line, "\n"); suites = text = ""
				for (i = 1; i <= n; i++) {
					if (line[i] ~ /^#/)
						continue
					if (line[i] ~ /^Types:/)
						line[i] = "Types: deb-src"
					if (line[i] ~ /^Suites:/) {
						m = split(line[i], word, /[ \t]+/)
						for (j = 2; j <= m; j++)
							if (word[j] in ok)
								suites = suites " " word[j]
						line[i] = "Suites:" suites
					}
					text = text line[i] "\n"
				}
				if (suites != "")
					printf "%s\n", text
			}' "$file" > "$1/$(basename "$file")"
	done
	for file in "${etc%/}/sources.list" "${etc%/}"/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		awk -v codename="$codename" '
			BEGIN { ok[codename] = ok[codename "-updates"] = ok[codename "-security"] = 1 }
			$1 == "deb" || $1 == "deb-src" {
				$1 = "deb-src"; i = 2
				if ($2 ~ /^\[/)
					while ($i !~ /\]$/ && i < NF) i++
				if ($2 ~ /^\[/) i++
				if ($(i + 1) in ok) print
			}' "$file" > "$1/system-$(basename "$file")"
	done
	grep -qs . "$1"/* || die "apt has no source for Debian $codename in ${etc%/}:" \
		"add the distribution's archive and try again"
}

# Sets up apt in $1 with its own sources, lists and cache; the system's stay as they are.
private_apt() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	write_sources "$1/sources.d"
	: > "$1/sources.list"
	cat > "$1/apt.conf" <<-CONF
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "$1/sources.d";
		Dir::State::lists "$1/lists";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		Acquire::Languages "none";
		Acquire::Retries "3";
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	CONF
}

# Downloads the newest source package of this release into $1/source; prints its version.
fetch() {
	local version best=
	private_apt "$1/apt" >&2
	apt-get -c "$1/apt/apt.conf" -qq update >&2 ||
		die "the archives cannot be reached; they are needed once, to build $package"
	while read -r version; do
		dpkg --compare-versions "$version" gt "$best" && best=$version
	done < <(apt-cache -c "$1/apt/apt.conf" showsrc --only-source "$package" |
		sed -n 's/^Version: //p')
	[ -n "$best" ] || die "the archives have no source package $package"
	mkdir -p "$1/source"
	(cd "$1/source" && apt-get -c "$1/apt/apt.conf" -qq source --download-only --only-source \
		"$package=$best") >&2 || die "downloading the source of $package $best failed"
	printf '%s\n' "$best"
}

# Unpacks (with the distribution's patches), configures and compiles in $1; result in $1/entry.
# The files get one time, for patched ones must not make the build call autoconf and automake.
# The text of this function is part of the cache key.
build() {
	(cd "$1/source" && dpkg-source -x ./*.dsc "$1/tree") || return 1
	find "$1/tree" -exec touch -d @0 {} + || return 1
	mkdir "$1/obj"
	(cd "$1/obj" && CFLAGS="$cflags -ffile-prefix-map=$1=." \
		../tree/configure --prefix="$1/entry" "${options[@]}") || return 1
	make -C "$1/obj" -j "$(nproc)" libxml2.la || return 1
	make -C "$1/obj/include" install || return 1
	make -C "$1/obj" install-libLTLIBRARIES || return 1
	rm -rf "$1/entry/lib/"*.la
}

# Writes what the library was made from: name, version and sha256 of each file of the source.
write_manifest() {
	local file
	for file in "$1"/source/*; do
		printf '%s %s %s %s\n' "$package" "$2" "$(sha256sum < "$file" | cut -d ' ' -f 1)" \
			"$(basename "$file")"
	done > "$1/entry/manifest"
}

# Downloads and builds; sets entry.
make_entry() {
	local work version log
	cache_work "$package"
	work=$cache_work_dir
	echo "libxml2: fetching the source package"
	version=$(fetch "$work")
	if entry=$(cache_lookup "$package-$version-$key"); then
		return 0
	fi
	log=$top/build/libxml2.log
	mkdir -p "$top/build"
	echo "libxml2: building $version, log in $log"
	if ! build "$work" > "$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "the build failed; the full log is $log"
	fi
	write_manifest "$work" "$version"
	cache_publish "$work/entry" "$package-$version-$key"
	entry=$(cache_root)/$package-$version-$key
}

main() {
	local version entry='' how=cached start=$SECONDS
	key=$(cache_key "${options[*]}" "$cflags" "$(gcc --version | head -n 1)" "$(declare -f build)")
	cache_lock "$package"
	version=$(cached_version "$(system_version)")
	if [ -z "$version" ] || ! entry=$(cache_lookup "$package-$version-$key"); then
		how=built
		make_entry
	fi
	mkdir -p "$top/build"
	[ "$(readlink "$top/build/libxml2" || true)" = "$entry" ] ||
		ln -sfnT "$entry" "$top/build/libxml2"
	cache_install "$entry/manifest" "$top/build/libxml2.manifest"
	version=${entry##*/"$package"-}
	echo "libxml2: ${version%-"$key"}, $(stat -c %s "$entry/lib/libxml2.a") bytes," \
		"$((SECONDS - start)) s, $how"
}

main "$@"
