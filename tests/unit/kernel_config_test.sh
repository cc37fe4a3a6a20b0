#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the check of the kernel's final .config: what is required and what is forbidden, each
# symbol with its negative control.
set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
check=$top/kernel-config/build.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# result NAME STATUS: prints one test's line.
result() {
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		failures=$((failures + 1))
	fi
}

# accepts FILE: the check passes and says nothing.
accepts() {
	"$check" --check "$1" > "$work/out" 2>&1 && [ ! -s "$work/out" ]
}

# refuses FILE TEXT: the check fails and its message has the text.
refuses() {
	! "$check" --check "$1" > "$work/out" 2>&1 && grep -qF -e "$2" "$work/out"
}

# run NAME COMMAND...
run() {
	local name=$1 status=0
	shift
	"$@" || status=1
	result "$name" "$status"
}

# Lists without comments.
symbols() {
	sed 's/#.*//; s/[[:space:]]*$//' "$top/kernel-config/$1" | grep .
}

dropping_each_required() {
	local line bad=0
	while read -r line; do
		grep -vxF -e "$line" "$work/good.config" > "$work/bad.config"
		refuses "$work/bad.config" "required $line" || { echo "# accepted without $line"; bad=1; }
	done < <(symbols required.txt)
	return "$bad"
}

adding_each_forbidden() {
	local symbol bad=0
	while read -r symbol; do
		{ cat "$work/good.config"; echo "$symbol=y"; } > "$work/bad.config"
		refuses "$work/bad.config" "forbidden $symbol=y" || { echo "# accepted with $symbol"; bad=1; }
	done < <(symbols forbidden.txt)
	return "$bad"
}

no_fragment_sets_forbidden() {
	symbols forbidden.txt | sed 's/^/^/; s/$/=/' > "$work/patterns"
	! cat "$top"/kernel-config/*.config | grep --file="$work/patterns"
}

symbols required.txt > "$work/good.config"
symbols forbidden.txt | sed 's/.*/# & is not set/' >> "$work/good.config"

run "a configuration with all required and no forbidden symbols passes" accepts "$work/good.config"
run "dropping any required symbol fails and names it" dropping_each_required
run "adding any forbidden symbol fails and names it" adding_each_forbidden

sed 's/^CONFIG_BLK_DEV_NVME=y$/# CONFIG_BLK_DEV_NVME is not set/' "$work/good.config" > "$work/unset.config"
run "a required symbol that is not set fails" refuses "$work/unset.config" CONFIG_BLK_DEV_NVME=y

sed 's/^CONFIG_VFAT_FS=y$/CONFIG_VFAT_FS=m/' "$work/good.config" > "$work/module.config"
run "a required symbol built as a module fails" refuses "$work/module.config" CONFIG_VFAT_FS=y

sed 's/^CONFIG_PANIC_TIMEOUT=60$/CONFIG_PANIC_TIMEOUT=600/' "$work/good.config" > "$work/value.config"
run "a required value that only begins the same fails" refuses "$work/value.config" CONFIG_PANIC_TIMEOUT=60

{ cat "$work/good.config"; echo "CONFIG_NTFS3_FS=m"; } > "$work/ntfs.config"
run "a forbidden symbol as a module fails" refuses "$work/ntfs.config" "forbidden CONFIG_NTFS3_FS=m"

{ cat "$work/good.config"; echo "CONFIG_MODULES_USE_ELF_RELA=y"; } > "$work/longer.config"
run "a longer name than a forbidden one passes" accepts "$work/longer.config"

run "a missing configuration fails" refuses "$work/none.config" "no such configuration"
run "no fragment sets a forbidden symbol" no_fragment_sets_forbidden

if [ -r "$top/build/kernel/config" ]; then
	run "the built kernel's configuration passes" accepts "$top/build/kernel/config"
else
	echo "ok the built kernel's configuration passes # skipped: the kernel is not built"
fi

[ "$failures" -eq 0 ]
