#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The registry and ini files as the catalog keeps them, compared with what libhivex's own exporter
# finds in the hives, which shares no code with the engine.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

STORE='C:\USMTMIG'
image=$SCRATCH/v.img

# rules FILE CONTEXT TYPE PATTERN...: a rule file with one component; "-PATTERN" excludes,
# "!PATTERN" excludes unconditionally.
rules() {
	local file=$1 context=$2 type=$3 name p
	name=$(basename "$1")
	shift 3
	{
		echo "<?xml version=\"1.0\" encoding=\"UTF-8\"?><migration urlid=\"urn:test:$name\">"
		echo "<component type=\"System\" context=\"$context\"><displayName>$name</displayName>"
		echo "<role role=\"Settings\"><rules>"
		for p in "$@"; do
			case $p in
			-*) echo "<exclude><objectSet><pattern type=\"$type\">${p#-}</pattern></objectSet></exclude>" ;;
			!*) echo "<unconditionalExclude><objectSet><pattern type=\"$type\">${p#!}</pattern></objectSet></unconditionalExclude>" ;;
			*) echo "<include><objectSet><pattern type=\"$type\">$p</pattern></objectSet></include>" ;;
			esac
		done
		echo "</rules></role></component></migration>"
	} >"$file"
}

# volume_file IMAGE PATH: the content of a file of the volume; case does not matter.
volume_file() {
	local inode
	inode=$(fls -p -r "$1" | awk -F'\t' -v path="$2" 'tolower($2) == tolower(path) { print $1 }' | grep -oE '[0-9]+-[0-9]+-[0-9]+' | head -n 1)
	icat "$1" "$inode"
}

# shellcheck disable=SC2317 # called through expect
# capture IMAGE ARGUMENT...: a capture whose catalog is $SCRATCH/catalog.db then.
capture() {
	local image=$1 code=0
	shift
	scan "$image" "$STORE" /hardlink /nocompress /o "$@" || code=$?
	volume_file "$image" USMTMIG/USMT/catalog.db >"$SCRATCH/catalog.db"
	return "$code"
}

# lines CONDITION: the catalog's settings as reglines.pl prints them; HKCU where the root's row fits.
lines() {
	sqlite3 "$SCRATCH/catalog.db" "WITH RECURSIVE p(id, path) AS (SELECT id, name FROM reg_key WHERE parent = 0 AND $1
		UNION ALL SELECT k.id, p.path || '\\' || k.name FROM reg_key k JOIN p ON k.parent = p.id)
		SELECT path FROM p UNION ALL
		SELECT path || char(9) || name || char(9) || printf('%x', type) || char(9) || hex(data)
		FROM p JOIN reg_value v ON v.key = p.id;" | LC_ALL=C sort
}

# exported IMAGE HIVE PREFIX: what the independent reader finds.
exported() {
	volume_file "$1" "$2" >"$SCRATCH/hive"
	perl -CO "$(command -v hivexregedit)" --export --prefix "$3" "$SCRATCH/hive" "\\" | tests/ntfs/reglines.pl
}

same_lines() {
	if [[ -s $SCRATCH/want ]] && cmp -s "$SCRATCH/want" "$SCRATCH/have"; then
		ok "$1 ($(grep -c $'\t' "$SCRATCH/have") values)"
	else
		diff "$SCRATCH/want" "$SCRATCH/have" | cut -c1-200 >"$SCRATCH/out"
		not_ok "$1"
	fi
}

# query NAME SQL RESULT
query() {
	local got
	got=$(sqlite3 "$SCRATCH/catalog.db" "$2" 2>&1)
	if [[ $got == "$3" ]]; then ok "$1"; else not_ok "$1: \"$got\" instead of \"$3\""; fi
}

# user NAME: the catalog's number of a profile.
user() {
	sqlite3 "$SCRATCH/catalog.db" "SELECT id FROM user WHERE profile LIKE '%\\$1' LIMIT 1"
}

rules "$SCRATCH/all.xml" UserAndSystem Registry 'HKCU\* [*]' 'HKLM\* [*]' 'HKU\* [*]'

# whole STYLE SYSTEM32 CLASSES PROFILES: everything of a sample equals what is in its hives.
whole() {
	local style=$1 config=$2 classes=$3 profiles=$4
	"$MKWIN" --style "$style" "$image" >/dev/null || not_ok mkwin
	expect 0 "$style: everything" capture "$image" "/i:$SCRATCH/all.xml"
	said '0 objects skipped' "nothing is skipped"
	{
		exported "$image" "$config/software" 'HKLM\SOFTWARE'
		exported "$image" "$config/system" 'HKLM\SYSTEM' | sed 's/^HKLM\\SYSTEM\\ControlSet001/HKLM\\SYSTEM\\CurrentControlSet/'
		echo HKLM
	} | LC_ALL=C sort >"$SCRATCH/want"
	lines "name = 'HKLM'" >"$SCRATCH/have"
	same_lines "$style: HKLM"
	{
		exported "$image" "$config/default" 'HKU\.DEFAULT'
		echo HKU
	} | LC_ALL=C sort >"$SCRATCH/want"
	lines "name = 'HKU'" >"$SCRATCH/have"
	same_lines "$style: HKU"
	{
		exported "$image" "$profiles/ann/NTUSER.DAT" HKCU
		exported "$image" "$profiles/ann/$classes/UsrClass.dat" 'HKCU\Software\Classes'
	} | LC_ALL=C sort >"$SCRATCH/want"
	lines "name = 'HKCU' AND user = $(user ann)" >"$SCRATCH/have"
	same_lines "$style: ann's HKCU"
}

whole xp WINDOWS/system32/config 'Local Settings/Application Data/Microsoft/Windows' 'Documents and Settings'
whole win10 Windows/System32/config AppData/Local/Microsoft/Windows Users
query "each key has a rule and permissions" \
	"SELECT count(*) FROM reg_key WHERE parent AND name != '.DEFAULT' AND (NOT rule OR security IS NULL)" 0
query "permissions are kept once" "SELECT count(*) < 5 FROM reg_security" 1
query "each key has a time" "SELECT count(*) FROM reg_key WHERE parent AND written < 100000000000000000" 0
query "no values of more keys than there are" \
	"SELECT count(*) FROM reg_value WHERE key NOT IN (SELECT id FROM reg_key)" 0
exit $test_status
