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

echo "-- decisions"
kim=$(sqlite3 "$SCRATCH/catalog.db" "SELECT sid FROM user WHERE profile LIKE '%\\kim.CORP'")
lines "name = 'HKCU' AND user = $(user ann) OR name = 'HKLM'" | grep -aE $'Sample|Services|\\.sample|CLSID|Mouse' |
	grep -a $'\t' | cut -f1,2 | LC_ALL=C sort -u >"$SCRATCH/objects"
rules "$SCRATCH/machine.xml" System Registry 'HKLM\Software\Sample Vendor\* [*]' \
	'HKLM\Software\Wow6432Node\Sample Vendor\* [Bits]' 'HKLM\System\ControlSet001\Services\* [ImagePath]' \
	'HKLM\System\ControlSet002\Services\* [*]' 'HKCR\.sample []' 'HKLM\Software\Wow6432Node\Classes\CLSID\* [*]' \
	'HKU\S-1-5-18\Control Panel\* [*]' "HKU\\$kim\\Control Panel\\Mouse [*]" 'HKLM\SAM\* [*]'
rules "$SCRATCH/user.xml" User Registry 'HKCU\Software\Sample Vendor\* [*]' \
	'-HKCU\Software\Sample Vendor\Odd names\* [*]' 'HKCU\Software\Sample Vendor\Odd names [C:\Program Files\x.exe]' \
	'!HKCU\Software\Sample Vendor\Every type [binary]' 'HKEY_CURRENT_USER\Software\Classes\.sample []'
sum_before=$(sum "$image")
expect 0 "--dry-run" scan "$image" "$STORE" /hardlink /nocompress /o --dry-run "/i:$SCRATCH/machine.xml" "/i:$SCRATCH/user.xml"
said 'registry values' "it counts the settings"
same_sum "it writes nothing" "$image" "$sum_before"
expect 0 "capture" capture "$image" "/i:$SCRATCH/machine.xml" "/i:$SCRATCH/user.xml"
lines "name = 'HKLM'" | grep -a $'\t' | cut -f1-3 | tr '\t' '|' >"$SCRATCH/have"
cat >"$SCRATCH/want" <<'END'
HKLM\SOFTWARE\Classes\.sample||1
HKLM\SOFTWARE\Classes\Wow6432Node\CLSID\{4d2e9b1a-7c33-4f0e-9d41-2a5b6c7d8e9f}||1
HKLM\SOFTWARE\Sample Vendor\Settings|Bits|4
HKLM\SOFTWARE\Wow6432Node\Sample Vendor\Settings|Bits|4
HKLM\SYSTEM\ControlSet002\Services\Sample Service|ImagePath|2
HKLM\SYSTEM\CurrentControlSet\Services\Sample Service|ImagePath|2
END
if cmp -s "$SCRATCH/want" "$SCRATCH/have"; then ok "HKLM under all its names"; else not_ok "HKLM under all its names"; diff "$SCRATCH/want" "$SCRATCH/have"; fi
query "DEFAULT under its other name" "SELECT count(*) FROM reg_key WHERE name = '.DEFAULT'" 1
# Every type but one, one odd name, the Sample Application's two, UsrClass.dat's; kim's mouse besides.
query "each user's own" "WITH RECURSIVE p(id, user) AS (SELECT id, user FROM reg_key WHERE parent = 0 AND user
	UNION ALL SELECT k.id, p.user FROM reg_key k JOIN p ON k.parent = p.id)
	SELECT group_concat(n, ' ') FROM (SELECT count(*) n FROM p JOIN reg_value v ON v.key = p.id GROUP BY p.user ORDER BY p.user)" "17 17 18"
query "rules of values" "SELECT count(*) FROM reg_value v WHERE NOT EXISTS
	(SELECT 1 FROM rule r WHERE r.id = v.rule AND r.kind = 'include')" 0
query "the rule of a value" "SELECT DISTINCT r.pattern FROM reg_value v JOIN rule r ON r.id = v.rule
	WHERE v.name LIKE 'C:%'" 'HKCU\Software\Sample Vendor\Odd names [C:\Program Files\x.exe]'
query "a parent has no rule" "SELECT DISTINCT how, rule FROM reg_key WHERE name = 'Software'" '3|0'

lines "name = 'HKCU' AND user = $(user ann) OR name = 'HKLM'" | grep -a $'\t' | cut -f1,2 | LC_ALL=C sort -u >"$SCRATCH/kept"
asked=0
wrong=0
while IFS=$'\t' read -r key name; do
	verdict=no
	scan "$image" "$STORE" "/i:$SCRATCH/machine.xml" "/i:$SCRATCH/user.xml" '/ue:*' /ui:ann --explain "$key [$name]" \
		>"$SCRATCH/out" 2>&1
	grep -q '^It is kept\.' "$SCRATCH/out" && verdict=yes
	kept=no
	grep -qxF "$key"$'\t'"$name" "$SCRATCH/kept" && kept=yes
	asked=$((asked + 1))
	[[ $verdict == "$kept" ]] || { wrong=$((wrong + 1)); echo "    | $key [$name]: kept $kept, explained $verdict"; }
done <"$SCRATCH/objects"
if ((asked > 30 && wrong == 0)); then ok "--explain agrees with what is kept ($asked values)"; else not_ok "--explain agrees with what is kept ($wrong of $asked do not)"; fi
expect 0 "--explain by another name" scan "$image" "$STORE" "/i:$SCRATCH/machine.xml" --explain "HKEY_USERS\\$kim\\Control Panel\\Mouse [SwapMouseButtons]"
said 'It is kept.' "it is the user's own"
expect 0 "twice selected" capture "$image" "/i:$SCRATCH/all.xml" "/i:$SCRATCH/machine.xml" "/i:$SCRATCH/user.xml"
said '0 objects skipped' "is stored once"
expect 0 "/p" scan "$image" "$STORE" /hardlink /nocompress /o "/i:$SCRATCH/all.xml" "/p:$SCRATCH/size.xml"
check "the estimate is there" grep -q '<size clusterSize' "$SCRATCH/size.xml"

echo "-- ini files"
printf '; a comment\r\n[Main]\r\nName=gr\xfc\xdf\r\nname=second\r\nEmpty=\r\n[Other]\r\nName = "quoted"\r\n' >"$SCRATCH/tool.ini"
ntfscp -q "$image" "$SCRATCH/tool.ini" /Users/ann/tool.ini || not_ok ntfscp
rules "$SCRATCH/ini.xml" User Ini '%CSIDL_PROFILE%\tool.ini|Main[*]' '%CSIDL_PROFILE%\tool.ini|Other[Nothing]'
expect 0 "capture" capture "$image" "/i:$SCRATCH/ini.xml"
said '2 ini settings' "they are counted"
query "they are in the catalog" "SELECT group_concat(file || '|' || section || '|' || i.name || '|' || value, ';') FROM ini_value i" \
	'C:\Users\ann\tool.ini|Main|Empty|;C:\Users\ann\tool.ini|Main|Name|grüß'
query "with their rule" "SELECT DISTINCT pattern FROM ini_value i JOIN rule r ON r.id = i.rule" 'C:\Users\ann\tool.ini|Main [*]'
expect 0 "--explain of a setting" scan "$image" "$STORE" "/i:$SCRATCH/ini.xml" --explain 'c:\users\ann\tool.ini|Main[name]'
said 'It is kept.' "it is"
expect 0 "--explain of another" scan "$image" "$STORE" "/i:$SCRATCH/ini.xml" --explain 'C:\Users\ann\tool.ini|Other[Name]'
said 'it is not kept' "it is not"
expect 11 "--explain of half a setting" scan "$image" "$STORE" "/i:$SCRATCH/ini.xml" --explain 'C:\Users\ann\tool.ini|Other'

echo "-- damage"
cp --sparse=always "$image" "$SCRATCH/good.img"
build/tests/fixtures/ntfspoke "$image" byte '\Users\ann\AppData\Local\Microsoft\Windows\UsrClass.dat' 0 0
before=$(sum "$image")
expect 61 "a damaged UsrClass.dat stops" scan "$image" "$STORE" /hardlink /nocompress /o "/i:$SCRATCH/user.xml"
said 'UsrClass.dat' "the message names the hive"
said 'Stopped at HKCU\Software\Classes of SAMPLE-PC\ann' "and what is lost"
same_sum "nothing is written" "$image" "$before"
expect 0 "unless no rule speaks of it" scan "$image" "$STORE" /hardlink /nocompress /o "/i:$SCRATCH/machine.xml" --dry-run
policy() {
	echo "<Configuration><Policies><ErrorControl><registryError><$1 errorCode=\"any\">HKCU\\Software\\Classes\\* [*]</$1>
</registryError></ErrorControl></Policies></Configuration>" >"$SCRATCH/Policy.xml"
}
policy nonFatal
expect 3 "registryError, nonFatal" scan "$image" "$STORE" /hardlink /nocompress /o "/i:$SCRATCH/user.xml" "/config:$SCRATCH/Policy.xml" --dry-run
policy fatal
expect 61 "registryError, fatal, in spite of /c" scan "$image" "$STORE" /hardlink /nocompress /o "/i:$SCRATCH/user.xml" "/config:$SCRATCH/Policy.xml" --dry-run /c
expect 3 "/c goes on" capture "$image" "/i:$SCRATCH/user.xml" /i:MigUser.xml /c
query "what was skipped is listed" "SELECT path FROM skipped" 'HKCU\Software\Classes of SAMPLE-PC\ann'
expect 36 "the wipe wants to be told" "$HOLDFAST" wipe --volume "C=$image" --log "$SCRATCH/wipe.log" C: --store "$STORE" --dry-run
said 'HKCU\Software\Classes of SAMPLE-PC\ann was to be kept' "of the settings that would be lost"
mv "$SCRATCH/good.img" "$image"
build/tests/fixtures/ntfspoke "$image" byte '\Users\ann\NTUSER.DAT' 0 0
expect 3 "a damaged NTUSER.DAT and /c" capture "$image" "/i:$SCRATCH/user.xml" /c
query "is listed as such" "SELECT count(*) FROM skipped WHERE path = 'HKCU of SAMPLE-PC\\ann'" 1
query "UsrClass.dat and the others' settings are kept" "SELECT count(DISTINCT user) FROM reg_key WHERE user" 3

echo "-- hives from the field"
TESTDATA=../shared/testdata/hives
if [[ ! -d $TESTDATA ]]; then
	echo "skipped: no testdata"
	exit $test_status
fi
for hive in hivex/minimal nt-hive/testhive plaso/NTUSER.DAT plaso/NTUSER-WIN7.DAT notatin/win7_ntuser.dat; do
	"$MKWIN" --style win10 "$image" >/dev/null || not_ok mkwin
	ntfscp -f -q "$image" "$TESTDATA/$hive" /Users/ann/NTUSER.DAT || not_ok ntfscp
	expect 0 "$hive" capture "$image" "/i:$SCRATCH/all.xml" '/ue:*' /ui:ann
	{
		echo 'HKCU\Software' # above UsrClass.dat, whatever NTUSER.DAT has
		exported "$image" Users/ann/NTUSER.DAT HKCU | grep -av '^HKCU\\Software\\Classes'
		exported "$image" Users/ann/AppData/Local/Microsoft/Windows/UsrClass.dat 'HKCU\Software\Classes'
	} | LC_ALL=C sort -u >"$SCRATCH/want"
	lines "name = 'HKCU'" >"$SCRATCH/have"
	same_lines "$hive is the same"
done
exit $test_status
