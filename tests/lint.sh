#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Formatting and static analysis: clang-format, cppcheck, clang-tidy, shellcheck, SPDX lines.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
status=0

fail() {
	echo "lint: $*" >&2
	status=1
}

mapfile -t c_files < <(find src tests initramfs -name '*.[ch]' | sort)
mapfile -t sources < <(find src tests initramfs -name '*.c' | sort)
mapfile -t scripts < <(find build.sh .ci images initramfs rootfs kernel-config tests -type f -print0 |
	xargs -0 grep -lE '^#!.*(bash|sh)$' | sort)

clang-format --dry-run -Werror "${c_files[@]}" || fail "run clang-format -i on the files above"

# varFuncNullUB: NULL is a pointer in every C library this is built with.
cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
	--suppress=missingIncludeSystem --suppress=varFuncNullUB -j"$(nproc)" -Isrc -Itests -D_GNU_SOURCE -DHOLDFAST_VERSION='"x"' \
	"${sources[@]}" || fail "cppcheck"

flags=(-std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 '-DHOLDFAST_VERSION="x"' -Isrc -Itests
	-isystem build/libxml2/include/libxml2 -DHAVE_TIME_H -DHAVE_SYS_STAT_H -DHAVE_SYS_TYPES_H
	-DHAVE_STDINT_H -DHAVE_STDLIB_H -DHAVE_STDIO_H)
find src -name '*.c' -print0 | sort -z | xargs -0 -P"$(nproc)" -I{} \
	clang-tidy --quiet {} -- "${flags[@]}" >build/clang-tidy.log 2>/dev/null || {
	grep -E '(error|warning):' build/clang-tidy.log | sort -u
	fail "clang-tidy; the whole output is in build/clang-tidy.log"
}

shellcheck -x "${scripts[@]}" || fail "shellcheck"

for file in "${c_files[@]}" "${scripts[@]}"; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
		fail "$file has no SPDX line"
done
exit $status
