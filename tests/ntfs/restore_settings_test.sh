#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Registry values and ini settings: captured, the old Windows wiped, a new one laid down, put back; compared with what
# libhivex's own exporter finds in the new hives, which shares no code with the engine.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

STORE='C:\USMTMIG'
HARD=(/hardlink /nocompress)
FILES=(/i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml)
image=$SCRATCH/v.img
NTUSER=Users/ann/NTUSER.DAT
XP_NTUSER='Documents and Settings/ann/NTUSER.DAT'
CLASSES=Users/ann/AppData/Local/Microsoft/Windows/UsrClass.dat
SOFTWARE=Windows/System32/config/SOFTWARE

# shellcheck disable=SC2317 # called through expect
load() {
	"$HOLDFAST" loadstate --volume "C=$image" --log "$SCRATCH/LoadState.log" "$STORE" "${HARD[@]}" "$@"
}

# volume_file PATH: the content of a file of the volume; case does not matter.
volume_file() {
	local inode
	inode=$(fls -p -r "$image" | awk -F'\t' -v path="$1" 'tolower($2) == tolower(path) { print $1 }' | grep -oE '[0-9]+-[0-9]+-[0-9]+' | head -n 1)
	icat "$image" "$inode"
}

# merge HIVE PREFIX: changes a hive of the volume by the .reg text on stdin.
merge() {
	{ printf 'Windows Registry Editor Version 5.00\n\n'; cat; } >"$SCRATCH/merge.reg"
	volume_file "$1" >"$SCRATCH/hive"
	hivexregedit --merge --prefix "$2" --encoding UTF-8 "$SCRATCH/hive" "$SCRATCH/merge.reg" || not_ok "merge into $1"
	ntfscp -q -f "$image" "$SCRATCH/hive" "/$1" || not_ok "ntfscp $1"
}

# remove HIVE KEY: deletes a key of a hive of the volume.
remove() {
	volume_file "$1" >"$SCRATCH/hive"
	printf 'cd %s\ndel\ncommit\n' "$2" | hivexsh -w "$SCRATCH/hive" >/dev/null || not_ok "remove $2 from $1"
	ntfscp -q -f "$image" "$SCRATCH/hive" "/$1" || not_ok "ntfscp $1"
}

# exported HIVE PREFIX: what the independent reader finds.
exported() {
	volume_file "$1" >"$SCRATCH/hive"
	perl -CO "$(command -v hivexregedit)" --export --prefix "$2" "$SCRATCH/hive" "\\" | tests/ntfs/reglines.pl | LC_ALL=C sort
}

look() {
	{ exported "$NTUSER" HKCU; exported "$CLASSES" 'HKCU\Software\Classes'; exported "$SOFTWARE" 'HKLM\Software'; } | LC_ALL=C sort >"$SCRATCH/now"
}

utf16() {
	printf '%s\0' "$1" | iconv -t UTF-16LE | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F
}

# is KEY NAME TYPE HEX: the value is there, and is this.
is() {
	if grep -qixF -- "$1"$'\t'"$2"$'\t'"$3"$'\t'"$4" "$SCRATCH/now"; then ok "$1 [$2]"; else
		grep -ai -F -- "$1"$'\t'"$2"$'\t' "$SCRATCH/now" >"$SCRATCH/out"
		not_ok "$1 [$2] is not $3:$4"
	fi
}
text() {
	is "$1" "$2" "${4:-1}" "$(utf16 "$3")"
}
gone() {
	if KEY=$1 awk -F'\t' 'tolower($1) == tolower(ENVIRON["KEY"]) { found = 1 } END { exit !found }' "$SCRATCH/now"; then
		not_ok "$1 is there"
	else
		ok "$1 is gone"
	fi
}

# laid STYLE NEW ARGUMENT...: what was prepared is captured and wiped, a new Windows laid down.
laid() {
	local new=$1
	shift
	expect 0 "capture" scan "$image" "$STORE" "${HARD[@]}" "${FILES[@]}" "$@"
	expect 0 "wipe" "$HOLDFAST" wipe C: --volume "C=$image" --log "$SCRATCH/wipe.log"
	expect 0 "$new is laid down" "$MKWIN" --style "$new" --into "$image"
}

cat >"$SCRATCH/settings.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<migration urlid="urn:test:restore-settings">
 <component type="System" context="UserAndSystem"><displayName>Sample</displayName><role role="Settings"><rules context="User">
  <include><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\* [*]</pattern>
   <pattern type="Registry">HKCU\Software\Moved\* [*]</pattern>
   <pattern type="Registry">HKCU\Software\Classes\.sample []</pattern>
   <pattern type="Registry">HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders [*]</pattern>
   <pattern type="Ini">%CSIDL_PROFILE%\tool.ini|*[*]</pattern></objectSet></include>
  <include filter="MigXmlHelper.NeverRestore()"><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\Restore [never]</pattern></objectSet></include>
  <locationModify script="MigXmlHelper.RelativeMove('HKCU\Software\Moved','HKCU\Software\Elsewhere\Deep')"><objectSet><pattern type="Registry">HKCU\Software\Moved\* [*]</pattern></objectSet></locationModify>
  <locationModify script="MigXmlHelper.ExactMove('HKCU\Software\Flat [one]')"><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\Restore [exact]</pattern></objectSet></locationModify>
  <merge script="MigXmlHelper.DestinationPriority()"><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\Restore [keep*]</pattern></objectSet></merge>
  <merge script="MigXmlHelper.HigherValue()"><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\Restore [high*]</pattern></objectSet></merge>
  <merge script="MigXmlHelper.LowerValue()"><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\Restore [low]</pattern></objectSet></merge>
  <contentModify script="MigXmlHelper.ConvertToDWORD('7')"><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\Restore [number]</pattern></objectSet></contentModify>
  <contentModify script="MigXmlHelper.MergeDelimitedContent(';','Add','c')"><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\Restore [list]</pattern></objectSet></contentModify>
  <destinationCleanup><objectSet><pattern type="Registry">HKCU\Software\Sample Vendor\* [*]</pattern></objectSet></destinationCleanup>
 </rules>
 <rules context="System">
  <include><objectSet><pattern type="Registry">HKLM\Software\Sample Vendor\* [*]</pattern>
   <pattern type="Registry">HKLM\Software\Clients\Sample [*]</pattern>
   <pattern type="Registry">HKLM\System\CurrentControlSet\Services\Sample Service [*]</pattern></objectSet></include>
 </rules></role></component>
</migration>
XML

# The old user's values; $1 is the profile as .reg text has it.
old_values() {
	cat <<REG
[HKCU\\Software\\Sample Vendor\\Restore]
@="the default"
"keep"="old"
"keep none"="old"
"exact"="exactly"
"never"="old"
"high"=dword:00000009
"high too"=dword:00000001
"low"=dword:00000002
"number"="12"
"list"="a;b"
"path"="$1\\\\My Documents\\\\x.txt"
"profile"="$1"
"beside"="$1abel\\\\x"
"quoted"="\\"$1\\\\x\\""
"a\\\\b"="backslash"

[HKCU\\Software\\Moved]

[HKCU\\Software\\Moved\\Below]
"moved"=dword:00000001

[HKCU\\Software\\Sample Vendor\\Only old]
"sub"="new key"

REG
	printf '[HKCU\\Software\\Sample Vendor\\Restore]\n"20 kB"=hex:00'
	printf ',%02x' $(seq 0 250){,,,,,,,,,}{,,,,,,,} # 20,080 bytes and one
	printf '\n'
}
new_values() {
	cat <<'REG'
[HKCU\Software\Left over]
"stays"="new"

[HKCU\Software\Sample Vendor]

[HKCU\Software\Sample Vendor\Left over]
"goes"="new"

[HKCU\Software\Flat]
"one"="new"
"two"="new"
REG
}
merge_values() {
	cat <<'REG'
[HKCU\Software\Sample Vendor\Restore]
"keep"="new"
"high"=dword:00000003
"high too"=dword:00000003
"low"=dword:00000003
"number"=dword:00000001
"list"="b;n"
REG
}

echo "-- every value, as it was"
"$MKWIN" --style win10 "$image" >/dev/null || not_ok mkwin
old_values 'C:\\Users\\ann' | merge "$NTUSER" HKCU
printf '; mine\r\n[Main]\r\nName=gr\xfc\xdf\r\nNew=1\r\n[Own]\r\nX=y\r\n' >"$SCRATCH/tool.ini"
ntfscp -q "$image" "$SCRATCH/tool.ini" /Users/ann/tool.ini || not_ok ntfscp
look
grep -aE $'^HKCU\\\\Software\\\\Sample Vendor(\\\\|$|\t)|^HKLM\\\\Software\\\\Sample Vendor' "$SCRATCH/now" |
	grep -av $'\tnever\t\\|\texact\t\\|\tnumber\t1\\|\tlist\t1' >"$SCRATCH/want"
laid win11 "/i:$SCRATCH/settings.xml"
for hive in "$NTUSER" "$CLASSES"; do
	key='\Software\Sample Vendor'
	[[ $hive == "$NTUSER" ]] || key='\.sample'
	remove "$hive" "$key"
done
remove "$SOFTWARE" '\Sample Vendor'
new_values | merge "$NTUSER" HKCU
fresh=$(sum "$image")
expect 0 "dry run" load "/i:$SCRATCH/settings.xml" --dry-run
said 'registry values in ' "it counts"
check "it lists them" grep -F 'HKCU\Software\Sample Vendor\Restore [high] of' "$SCRATCH/LoadState.log"
same_sum "it changes no byte" "$image" "$fresh"
for run in first second; do
	expect 0 "restore, $run run" load "/i:$SCRATCH/settings.xml" --verify
	said ' 0 missing, 0 different' "it compares"
	[[ $run == first ]] || said 'Restored: 0 registry values in 0 keys (0 of them new), 0 ini settings' "nothing is left to do"
	consistent "the volume is consistent" "$image"
	look
	LC_ALL=C comm -23 "$SCRATCH/want" "$SCRATCH/now" >"$SCRATCH/out"
	if [[ -s $SCRATCH/want && ! -s $SCRATCH/out ]]; then ok "all $(wc -l <"$SCRATCH/want") keys and values are back"; else not_ok "all keys and values are back"; fi
	text 'HKCU\Software\Classes\.sample' '' 'Sample.Own'
	text 'HKCU\Software\Flat' one exactly
	text 'HKCU\Software\Flat' two new
	is 'HKCU\Software\Elsewhere\Deep\Below' moved 4 01000000
	text 'HKCU\Software\Left over' stays new
	gone 'HKCU\Software\Sample Vendor\Left over'
	gone 'HKCU\Software\Moved'
	if grep -q $'\tnever\t' "$SCRATCH/now"; then not_ok "NeverRestore"; else ok "NeverRestore"; fi
	sum "$SCRATCH/now" >"$SCRATCH/sum.$run"
done
check "the second run changes nothing" cmp "$SCRATCH/sum.first" "$SCRATCH/sum.second"
printf '[HKCU\\Software\\Sample Vendor\\Restore]\n"keep"="theirs"\n"path"="theirs"\n' | merge "$NTUSER" HKCU
expect 0 "after somebody worked with it" load "/i:$SCRATCH/settings.xml" --verify
said '1 settings have changed since' "a finished restore takes nothing back"
look
text 'HKCU\Software\Sample Vendor\Restore' path theirs

echo "-- collisions, another control set, ini files"
sed '/destinationCleanup/d' "$SCRATCH/settings.xml" >"$SCRATCH/merge.xml"
"$MKWIN" --style win10 "$image" >/dev/null || not_ok mkwin
old_values 'C:\\Users\\ann' | merge "$NTUSER" HKCU
printf '[HKLM\\System\\ControlSet001\\Services\\Sample Service]\n"Own"="old"\n' | merge Windows/System32/config/SYSTEM 'HKLM\System'
ntfscp -q "$image" "$SCRATCH/tool.ini" /Users/ann/tool.ini || not_ok ntfscp
laid win10 "/i:$SCRATCH/merge.xml"
remove "$NTUSER" '\Software\Sample Vendor'
{ new_values; echo; merge_values; } | merge "$NTUSER" HKCU
printf '[HKLM\\System\\Select]\n"Current"=dword:00000002\n' | merge Windows/System32/config/SYSTEM 'HKLM\System'
printf '; theirs\n[main]\nname = old\nKeep=1\n\n[Last]\nZ=\xe9' >"$SCRATCH/new.ini"
ntfscp -q -f "$image" "$SCRATCH/new.ini" /Users/ann/tool.ini || not_ok ntfscp
expect 0 "restore" load "/i:$SCRATCH/merge.xml" --verify
look
text 'HKCU\Software\Sample Vendor\Restore' keep new
text 'HKCU\Software\Sample Vendor\Restore' 'keep none' old
is 'HKCU\Software\Sample Vendor\Restore' high 4 09000000
is 'HKCU\Software\Sample Vendor\Restore' 'high too' 4 03000000
is 'HKCU\Software\Sample Vendor\Restore' low 4 02000000
is 'HKCU\Software\Sample Vendor\Restore' number 4 0C000000
text 'HKCU\Software\Sample Vendor\Restore' list 'a;b;n;c'
text 'HKCU\Software\Sample Vendor\Left over' goes new
exported Windows/System32/config/SYSTEM 'HKLM\System' >"$SCRATCH/now"
text 'HKLM\System\ControlSet002\Services\Sample Service' Own old
gone 'HKLM\System\CurrentControlSet'
printf '; theirs\n[main]\nname = gr\xfc\xdf\nKeep=1\nNew=1\n\n[Last]\nZ=\xe9\n[Own]\nX=y\n' >"$SCRATCH/want.ini"
volume_file Users/ann/tool.ini >"$SCRATCH/have.ini"
check "the ini file keeps what else it says" cmp "$SCRATCH/want.ini" "$SCRATCH/have.ini"
consistent "the volume is consistent" "$image"

echo "-- Windows XP to 10"
"$MKWIN" --style xp "$image" >/dev/null || not_ok mkwin
old_values 'C:\\Documents and Settings\\ann' | merge "$XP_NTUSER" HKCU
printf '[HKLM\\Software\\Clients]\n\n[HKLM\\Software\\Clients\\Sample]\n"shared"="yes"\n\n[HKLM\\Software\\Sample Vendor\\Settings]\n"Bits"=dword:00000020\n"xp"="32"\n' |
	merge WINDOWS/system32/config/software 'HKLM\Software'
laid win10 "/i:$SCRATCH/settings.xml"
expect 0 "restore" load "/i:$SCRATCH/settings.xml" --verify
look
text 'HKLM\Software\Wow6432Node\Sample Vendor\Settings' xp 32
is 'HKLM\Software\Sample Vendor\Settings' Bits 4 40000000
is 'HKLM\Software\Wow6432Node\Sample Vendor\Settings' Bits 4 20000000
text 'HKLM\Software\Clients\Sample' shared yes
text 'HKCU\Software\Sample Vendor\Restore' path 'C:\Users\ann\Documents\x.txt'
text 'HKCU\Software\Sample Vendor\Restore' profile 'C:\Users\ann'
text 'HKCU\Software\Sample Vendor\Restore' beside 'C:\Documents and Settings\annabel\x'
text 'HKCU\Software\Sample Vendor\Restore' quoted '"C:\Documents and Settings\ann\x"'
text 'HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders' Personal '%USERPROFILE%\Documents' 2
text 'HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders' 'Local AppData' '%USERPROFILE%\AppData\Local' 2
consistent "the volume is consistent" "$image"

echo "-- a hive that is damaged"
"$MKWIN" --style win10 "$image" >/dev/null || not_ok mkwin
old_values 'C:\\Users\\ann' | merge "$NTUSER" HKCU
laid win10 "/i:$SCRATCH/settings.xml"
remove "$NTUSER" '\Software\Sample Vendor'
"$NTFSPOKE" "$image" byte "\\${CLASSES//\//\\}" 4096 0
"$NTFSPOKE" "$image" byte '\Users\ann\NTUSER.DAT' 4096 0
volume_file "$NTUSER" >"$SCRATCH/damaged"
expect 72 "stops the restore" load "/i:$SCRATCH/settings.xml"
said 'no setting in it is changed' "the message says what was not done"
expect 3 "/c goes on with the others" load "/i:$SCRATCH/settings.xml" /c
volume_file "$NTUSER" >"$SCRATCH/still"
check "the damaged hive is as it was" cmp "$SCRATCH/damaged" "$SCRATCH/still"
check "the others have theirs" grep -aF 'Restored:' "$SCRATCH/out"
expect 35 "the store is not deleted then" load "/i:$SCRATCH/settings.xml" /c --delete-store

exit $test_status
