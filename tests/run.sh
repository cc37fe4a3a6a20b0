#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the tests, all parts or those named (see ./build.sh help), and closes with the numbers.
# The kernel is built beside the other parts, because only the last one needs it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

BUILD=$PWD/build
FIXTURES=$BUILD/tests/fixtures
PARTS=(lint unit sanitize shell fixtures ntfs fault fuzz qemu)
failed=()
kernel_pid=

step() {
	printf '\n== %s\n' "$*"
}

part_lint() {
	tests/lint.sh
}

part_unit() {
	make -s -C tests -j"$(nproc)" O="$BUILD" "$BUILD/tests/run" && "$BUILD/tests/run"
}

# The same tests with AddressSanitizer and UBSan.
part_sanitize() {
	make -s -C src -j"$(nproc)" O="$BUILD/sanitize" SAN=1 lib &&
		make -s -C tests -j"$(nproc)" O="$BUILD/sanitize" SAN=1 "$BUILD/sanitize/tests/run" &&
		ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS=suppressions=tests/lsan.supp \
			"$BUILD/sanitize/tests/run"
}

# Scripts that print "ok NAME" and "not ok NAME" lines.
part_shell() {
	local script status=0
	for script in tests/unit/*_test.sh; do
		echo "-- ${script##*/}"
		"$script" || status=1
	done
	return $status
}

part_fixtures() {
	make -s -C tests/fixtures -j"$(nproc)" O="$FIXTURES" && tests/fixtures/selftest.sh
}

# The commands as a person calls them, on sample volumes, compared from outside.
part_ntfs() {
	local script status=0
	make -s -C tests/fixtures -j"$(nproc)" O="$FIXTURES" || return 1
	for script in tests/ntfs/*_test.sh; do
		echo "-- ${script##*/}"
		"$script" || status=1
	done
	return $status
}

# Whole commands under power cuts, failing disks and a lack of memory; fault-long takes its time.
part_fault() {
	faults 525 40 "${FAULT_SEED:-1}"
}

part_fault-long() {
	local seed status=0
	for seed in 11 12 13 14 15; do
		faults 10000 2000 "$seed" || status=1
	done
	return $status
}

# faults CUTS FAILURES SEED: of each command, cuts of the power and of each other kind of failure.
faults() {
	local status=0
	make -s -C tests/fixtures -j"$(nproc)" O="$FIXTURES" || return 1
	make -s -C tests -j"$(nproc)" O="$BUILD" "$BUILD/tests/sweep" || return 1
	"$FIXTURES/mkwin" --style win10 --size 400M "$BUILD/fault.img" || return 1
	HOLDFAST_RULES=$PWD/rootfs/usr/share/holdfast "$BUILD/tests/sweep" "$BUILD/fault.img" "$@" || status=1
	rm -f "$BUILD/fault.img"
	return $status
}

# Random input for everything that reads what others wrote.
part_fuzz() {
	tests/fuzz/run.sh
}

part_qemu() {
	if [[ -n $kernel_pid ]]; then
		echo "waiting for the kernel"
		wait "$kernel_pid" || { tail -n 40 "$BUILD/kernel.log"; return 1; }
	else
		kernel-config/build.sh || return 1
	fi
	make -s -C tests/fixtures -j"$(nproc)" O="$FIXTURES" && images/build.sh && tests/qemu/run.sh "$@"
}

wanted=("$@")
((${#wanted[@]})) || wanted=("${PARTS[@]}")
mkdir -p "$BUILD"
if ((${#wanted[@]} > 1)) && [[ " ${wanted[*]} " == *" qemu "* ]]; then
	kernel-config/build.sh >"$BUILD/kernel.log" 2>&1 &
	kernel_pid=$!
fi
passed=0
while ((${#wanted[@]})); do
	part=${wanted[0]}
	wanted=("${wanted[@]:1}")
	declare -F "part_$part" >/dev/null || { echo "there is no test part \"$part\"; parts: ${PARTS[*]}" >&2; exit 2; }
	step "Test: $part"
	start=$SECONDS
	args=()
	if [[ $part == qemu && -z $kernel_pid ]]; then # what follows names cases
		args=("${wanted[@]}")
		wanted=()
	fi
	if "part_$part" "${args[@]}"; then
		passed=$((passed + 1))
		echo "-- $part passed in $((SECONDS - start)) s"
	else
		failed+=("$part")
		echo "-- $part FAILED after $((SECONDS - start)) s"
	fi
done
echo
((${#failed[@]} == 0)) || echo "failed parts: ${failed[*]}"
echo "total time: $SECONDS s"
echo "$passed passed, ${#failed[@]} failed"
((${#failed[@]} == 0))
