#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the fuzz targets, all or those named, for a bounded time each, two at a time:
#   tests/fuzz/run.sh [NAME...]
# First the inputs that found something once (tests/fuzz/regressions/NAME/), then new ones, grown
# from a copy of the seeds. Prints "ok NAME (executions)" or "not ok NAME" with the reproducer.
#   FUZZ_SECONDS  seconds of new inputs for each target (default 10)
#   FUZZ_SEED     (default 1, so that runs compare; 0: another one each time).
#   FUZZ_BUILD    where to build and keep reproducers (default build/fuzz)
#   FUZZ_CORPUS   a directory that keeps what was learnt, NAME/ in it, for long runs (default: none)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

TOP=$PWD
FUZZ=$TOP/tests/fuzz
BUILD=${FUZZ_BUILD:-$TOP/build/fuzz}
SECONDS_EACH=${FUZZ_SECONDS:-10}
ATONCE=2

export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
[[ ! -e $FUZZ/lsan.supp ]] || export LSAN_OPTIONS=suppressions=$FUZZ/lsan.supp:print_suppressions=0

# The longest input that is worth trying, in bytes.
max_len() {
	case $1 in
	migxml | version_resource | shell_link) echo 8192 ;;
	ntfs_dir | mounted_devices) echo 512 ;;
	*) echo 1024 ;;
	esac
}

# How slowly the length grows: lists of patches may be long at once, text begins short.
len_control() {
	case $1 in
	catalog | hive | hive_log | hive_write | ntfs_dir | mounted_devices | bitlocker) echo 0 ;;
	*) echo 100 ;;
	esac
}

# Megabytes that a target may use: the address sanitizer keeps what was freed for a while.
memory() {
	case $1 in
	ntfs_dir | migxml) echo 1500 ;;
	*) echo 1000 ;;
	esac
}

# failed NAME LOG: tells the reproducer and what the program said of it.
failed() {
	local kept
	kept=$(sed -n 's/.*Test unit written to //p' "$2" | tail -n 1)
	echo "not ok $1${kept:+: $kept}"
	echo "   log: $2"
	grep -m 3 -E 'does not hold|ERROR: |runtime error:' "$2" | sed 's/^/   /'
}

# Replays regressions, then tries new inputs.
fuzz_one() {
	local name=$1 program=$BUILD/fuzz-$1 work=$BUILD/work/$1 log=$BUILD/$1.log dict=() old=() count
	local common=(-rss_limit_mb="$(memory "$name")" -timeout=10 -max_len="$(max_len "$name")"
		-artifact_prefix="$BUILD/$name-" -len_control="$(len_control "$name")" -print_final_stats=1)

	rm -rf "$work"
	mkdir -p "$work"
	[[ ! -d $BUILD/seeds/$name ]] || cp -r "$BUILD/seeds/$name/." "$work/"
	[[ ! -d $FUZZ/corpus/$name ]] || cp -r "$FUZZ/corpus/$name/." "$work/"
	[[ ! -e $FUZZ/dict/$name.dict ]] || dict=(-dict="$FUZZ/dict/$name.dict")
	mapfile -t old < <(find "$FUZZ/regressions/$name" -type f 2>/dev/null | sort)
	: >"$log"
	if ((${#old[@]})) && ! "$program" "${common[@]}" "${old[@]}" >>"$log" 2>&1; then
		echo "not ok $name: a regression: $(sed -n 's/^Running: //p' "$log" | tail -n 1)"
		echo "   log: $log"
		return 1
	fi
	if [[ -n ${FUZZ_CORPUS:-} ]]; then
		mkdir -p "$FUZZ_CORPUS/$name"
		set -- "$FUZZ_CORPUS/$name" "$work"
	else
		set -- "$work"
	fi
	if ! "$program" "${common[@]}" "${dict[@]}" -seed="${FUZZ_SEED:-1}" -max_total_time="$SECONDS_EACH" "$@" >>"$log" 2>&1; then
		failed "$name" "$log"
		return 1
	fi
	count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
	echo "ok $name (${count:-0} executions, ${#old[@]} regressions)"
}

mkdir -p "$BUILD"
make -s -C "$FUZZ" -j"$(nproc)" O="$BUILD" || exit 1
rm -rf "$BUILD/seeds"
"$FUZZ/seeds.sh" "$BUILD/seeds" || exit 1

names=("$@")
if ((${#names[@]} == 0)); then
	for program in "$BUILD"/fuzz-*; do
		names+=("${program##*/fuzz-}")
	done
fi
status=0
running=0
for name in "${names[@]}"; do
	[[ -x $BUILD/fuzz-$name ]] || { echo "there is no fuzz target \"$name\"" >&2; exit 2; }
	if ((running == ATONCE)); then
		wait -n || status=1
		running=$((running - 1))
	fi
	fuzz_one "$name" &
	running=$((running + 1))
done
while ((running)); do
	wait -n || status=1
	running=$((running - 1))
done
exit $status
