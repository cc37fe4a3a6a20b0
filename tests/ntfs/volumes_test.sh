#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Captures that reach over several volumes: parts on NTFS volumes, copies of what has no hard links,
# drive letters, folders that a volume is mounted in, and volumes that must stop or be left out.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

NTFSPOKE=$PWD/build/tests/fixtures/ntfspoke
STORE='C:\USMTMIG'
GUID='{11223344-5566-7788-99aa-bbccddeeff00}'
c=$SCRATCH/c.img
d=$SCRATCH/d.img
e=$SCRATCH/e

cat >"$SCRATCH/all.xml" <<'XML'
<migration urlid="http://www.example.com/volumes">
<component type="Documents" context="System"><displayName>Everything of people</displayName>
<role role="Data"><rules><include><objectSet>
<pattern type="File">C:\Users\* [*]</pattern>
<pattern type="File">C:\Mount\* [*]</pattern>
<pattern type="File">D:\Data\* [*]</pattern>
<pattern type="File">E:\* [*]</pattern>
<pattern type="File">G:\* [*]</pattern>
</objectSet></include></rules></role></component>
</migration>
XML
CAPTURE=("$STORE" /hardlink /nocompress "/i:$SCRATCH/all.xml")

# data_volume FILE: an NTFS volume without Windows, and documents on it.
data_volume() {
	{
		"$MKWIN" --style data --size 400M --serial 0807060504030201 --label Data "$1" >/dev/null &&
			"$NTFSPOKE" "$1" mkdir '\Data\Übersicht\leer' &&
			"$NTFSPOKE" "$1" put '\Data\Übersicht\Größe.txt' 'so big' &&
			"$NTFSPOKE" "$1" link '\Data\letter.doc' '\Data\Übersicht\letter again.doc'
	} || not_ok "data volume"
}

# windows ARGUMENT...: the volume with Windows.
windows() {
	"$MKWIN" --style win10 "$@" "$c" >/dev/null
}

# snap IMAGE OUT
snap() {
	"$NTFSSNAP" "$1" >"$SCRATCH/$2.tsv"
}

# all ARGUMENT...: scanstate on all three.
# shellcheck disable=SC2317 # called by expect
all() {
	scan "$c" --volume "D=$d" --volume "E=$e" "$@"
}

# shellcheck disable=SC2317
wipe() {
	"$HOLDFAST" wipe "$@" --volume "C=$c" --volume "D=$d" --volume "E=$e"
}

# lists IMAGE: the names on the volume.
lists() {
	"$NTFSSNAP" --no-hash "$1" | cut -f1 >"$SCRATCH/names"
}

# names NAME PATH: the last listing has PATH.
names() {
	check "$1" grep -axF -- "$2" "$SCRATCH/names"
}

# lacks NAME TEXT: it has nothing with TEXT.
lacks() {
	if grep -aqF -- "$2" "$SCRATCH/names"; then not_ok "$1"; else ok "$1"; fi
}

# sql QUERY: asks the catalog of the store on $c.
sql() {
	local record
	record=$("$NTFSSNAP" --no-hash "$c" | awk -F '\t' '$1 == "\\USMTMIG\\USMT\\catalog.db" { print $2 }')
	icat -f ntfs "$c" "$record" >"$SCRATCH/catalog.db" && sqlite3 "$SCRATCH/catalog.db" "$1"
}

windows || not_ok mkwin
data_volume "$d"
mkdir -p "$e/Photos/2020" "$e/leer"
head -c 3000000 /dev/urandom >"$e/Photos/2020/img.jpg"
printf 'text' >"$e/Ärger.txt"
: >"$e/nothing"
touch -d '2019-05-06 07:08:09 UTC' "$e/Photos/2020/img.jpg" "$e/Photos/2020" "$e/leer"
snap "$c" c0
snap "$d" d0
csum=$(sum "$c") dsum=$(sum "$d")

echo "-- looking changes nothing"
expect 0 "dry run over three volumes" all "${CAPTURE[@]}" --dry-run
said 'To keep on D:' "the report tells D:"
said 'To keep on E:' "the report tells E:"
same_sum "C: is untouched" "$c" "$csum"
same_sum "D: is untouched" "$d" "$dsum"

echo "-- capture"
expect 0 "capture" all "${CAPTURE[@]}" "/listfiles:$SCRATCH/list.txt"
check "the list has D:" grep -F 'D:\Data\letter.doc' "$SCRATCH/list.txt"
check "the list has E:" grep -F 'E:\Photos\2020\img.jpg' "$SCRATCH/list.txt"
snap "$c" c1
snap "$d" d1
expect 0 "C: is consistent" "$NTFSSNAP" --check-only "$c"
expect 0 "D: is consistent" "$NTFSSNAP" --check-only "$d"
expect 0 "the part on D: holds the same records, nothing else changed" \
	"$NTFSSNAP" --compare "$SCRATCH/d0.tsv" "$SCRATCH/d1.tsv" --store 'D:\USMTMIG' --summary
expect 0 "the master holds the same records, nothing else changed" \
	"$NTFSSNAP" --compare "$SCRATCH/c0.tsv" "$SCRATCH/c1.tsv" --store "$STORE" --summary \
	--allow-new 'C:\USMTMIG\USMT\File\E$'
lists "$d"
names "the part is marked" '\USMTMIG\USMT\part-of'
lacks "and has no catalog" catalog
lacks "what no rule selects is not in it" 'D$\report.docx'
lists "$c"
names "an empty folder of E: is kept" '\USMTMIG\USMT\File\E$\leer'
file='\USMTMIG\USMT\File\E$\Photos\2020\img.jpg'
row=$(grep -aF "$file	" "$SCRATCH/c1.tsv")
icat -f ntfs "$c" "$(cut -f2 <<<"$row")" >"$SCRATCH/copy"
check "the copy has the same content" cmp "$SCRATCH/copy" "$e/Photos/2020/img.jpg"
# 2019-05-06 07:08:09 UTC in units of 100 ns since 1601
check "and the same time" grep -F 132016000890000000 <<<"$row"
check "so has its folder" grep -aE '^\\USMTMIG\\USMT\\File\\E\$\\Photos\\2020	.*132016000890000000' "$SCRATCH/c1.tsv"
sql 'SELECT path, root, role, kind, serial FROM volume' >"$SCRATCH/out"
said 'C:|C$|0|ntfs|' "the catalog names the master"
said 'D:|D$|1|ntfs|578437695752307201' "the catalog names D: with its serial number"
said 'E:|E$|2|dir|0' "the catalog names E: as copied"
expect 27 "it is not overwritten without /o" all "${CAPTURE[@]}"
expect 0 "with /o it is" all "${CAPTURE[@]}" /o
lists "$d"
"$NTFSSNAP" --no-hash "$d" | cut -f1 | sort >"$SCRATCH/names2"
cut -f1 "$SCRATCH/d1.tsv" | sort >"$SCRATCH/names1"
check "and D: has the same names as before" cmp "$SCRATCH/names1" "$SCRATCH/names2"

echo "-- wipe relies on all parts"
csum=$(sum "$c")
expect 0 "wipe C:, dry run" wipe C: --dry-run
expect 27 "without D: it is refused" "$HOLDFAST" wipe C: --volume "C=$c" --volume "E=$e"
said 'part on D:' "the message says what is missing"
cp --sparse=always "$d" "$SCRATCH/d.kept"
"$NTFSPOKE" "$d" unlink '\USMTMIG\USMT\File\D$\Data\letter.doc'
expect 42 "a damaged part on D: stops the wipe of C:" wipe C:
said 'letter.doc' "the message names the file"
cp --sparse=always "$SCRATCH/d.kept" "$SCRATCH/twin.img"
mv "$SCRATCH/d.kept" "$d"
expect 27 "two copies of D: are one too many" "$HOLDFAST" wipe C: --volume "C=$c" --volume "D=$d" --volume "F=$SCRATCH/twin.img"
said 'one is a copy of the other' "the message says so"
rm "$SCRATCH/twin.img"
same_sum "refusals change no byte" "$c" "$csum"
dsum=$(sum "$d")
expect 0 "wipe C:" wipe C: --keep 'C:\Data'
same_sum "D: is not touched by it" "$d" "$dsum"
snap "$c" c2
expect 0 "only the store is left on C:" "$NTFSSNAP" --compare "$SCRATCH/c0.tsv" "$SCRATCH/c2.tsv" \
	--store "$STORE" --expect-wiped --keep 'C:\Data' --keep 'C:\_SMSTaskSequence' \
	--allow-new 'C:\USMTMIG\USMT\File\E$' --summary
expect 36 "a data volume is not wiped when no Windows tells of its profiles" \
	"$HOLDFAST" wipe D: --volume "=$c" --volume "=$d"
same_sum "and is not touched" "$d" "$dsum"
# The rest needs a Windows again.
windows

echo "-- captures that were interrupted, parts that belong to nobody"
expect 27 "a part without its master stands in the way" all "${CAPTURE[@]}"
said 'D:\USMTMIG' "the message names it"
expect 0 "/o cleans it away" all "${CAPTURE[@]}" /o
"$NTFSPOKE" "$c" link '\USMTMIG\USMT\catalog.db' '\USMTMIG\USMT\catalog.new'
"$NTFSPOKE" "$c" unlink '\USMTMIG\USMT\catalog.db'
"$NTFSPOKE" "$c" unlink '\USMTMIG\USMT\catalog.db.sha256'
expect 27 "an interrupted capture is no store" wipe C:
expect 27 "nor is its part on D:" wipe D:
expect 0 "the same command begins again" all "${CAPTURE[@]}"
expect 0 "and makes a whole store" wipe C: --dry-run
dsum=$(sum "$d")
expect 36 "a profile on D: that nobody knows of stops its wipe" wipe D: --dry-run
expect 0 "wipe D:, dry run" wipe D: --dry-run --keep 'D:\Users'
said 'D:\USMTMIG' "the part is protected"
same_sum "a dry run changes no byte" "$d" "$dsum"
expect 0 "another store elsewhere" all 'C:\Other' /hardlink /nocompress "/i:$SCRATCH/all.xml"
expect 27 "two parts and no choice" wipe D:
expect 0 "wipe D:" wipe D: --store 'D:\USMTMIG' --keep 'D:\Users'
lists "$d"
names "the part that counts stays" '\USMTMIG\USMT\File\D$\Data\letter.doc'
names "the other one too" '\Other\USMT\part-of'
lacks "everything else goes" '\report.docx'
expect 0 "C: still relies on both" wipe C: --store "$STORE" --dry-run

echo "-- the last names of files"
data_volume "$d"
windows
expect 0 "capture" all "${CAPTURE[@]}"
expect 0 "wipe D:" wipe D: --keep 'D:\Users'
csum=$(sum "$c") dsum=$(sum "$d")
expect 35 "a part that holds last names is not overwritten" all "${CAPTURE[@]}" /o
said 'last name' "the message says why"
expect 35 "nor is the store that it is part of" all "${CAPTURE[@]}" /o --exclude-volume E:
same_sum "C: is untouched" "$c" "$csum"
same_sum "D: is untouched" "$d" "$dsum"

echo "-- which volumes"
data_volume "$d"
windows
expect 0 "--exclude-volume" all "${CAPTURE[@]}" --exclude-volume D: --exclude-volume E:
lists "$d"
lacks "leaves D: alone" USMTMIG
expect 11 "a letter twice" all "${CAPTURE[@]}" --exclude-volume D: --exclude-volume d:
expect 27 "the store on E: is refused" all 'E:\USMTMIG' /hardlink /nocompress "/i:$SCRATCH/all.xml"
said 'has no NTFS' "the message says why"
expect 27 "nor one on D: where C: has another store" all 'D:\USMTMIG' /hardlink /nocompress "/i:$SCRATCH/all.xml" /o
expect 0 "the store on D: is possible" all 'D:\Both' /hardlink /nocompress "/i:$SCRATCH/all.xml"
said 'not on the volume of the Windows' "with a warning"
expect 0 "and wipes C: all the same" wipe C: --dry-run --store 'C:\Both'
printf 'x' >>"$e/Ärger.txt"
rm -rf "$e/leer"
expect 0 "copies of files that changed since can be replaced" all 'D:\Both' /hardlink /nocompress "/i:$SCRATCH/all.xml" /o
mv "$e/Ärger.txt" "$SCRATCH/gone"
expect 35 "those of files that are gone cannot" all 'D:\Both' /hardlink /nocompress "/i:$SCRATCH/all.xml" /o
said 'rger.txt' "the message names the file"
mv "$SCRATCH/gone" "$e/Ärger.txt"

echo "-- all or nothing"
windows
data_volume "$d"
csum=$(sum "$c") dsum=$(sum "$d")
truncate -s 600M "$SCRATCH/big"
mv "$SCRATCH/big" "$e/big"
expect 29 "copies that do not fit are told before anything is written" all "${CAPTURE[@]}"
said 'needs' "the message tells how much"
rm "$e/big"
same_sum "C: is untouched" "$c" "$csum"
dirty=$SCRATCH/dirty.img
"$MKWIN" --style data --state dirty --size 400M "$dirty" >/dev/null || not_ok "a dirty data volume"
dirty_sum=$(sum "$dirty")
expect 0 "a dirty data volume can be looked at" scan "$c" --volume "D=$dirty" "${CAPTURE[@]}" --dry-run
expect 36 "but stops the capture" scan "$c" --volume "D=$dirty" "${CAPTURE[@]}"
said '--exclude-volume D:' "the message tells how to do without it"
same_sum "C: is untouched" "$c" "$csum"
same_sum "so is the dirty volume" "$dirty" "$dirty_sum"
expect 0 "without it the capture works" scan "$c" --volume "D=$dirty" "${CAPTURE[@]}" --exclude-volume D:
same_sum "and it is untouched" "$dirty" "$dirty_sum"
windows
head -c 4096 /dev/zero | dd of="$dirty" bs=1 seek=0 conv=notrunc status=none
printf 'NTFS    ' | dd of="$dirty" bs=1 seek=3 conv=notrunc status=none
expect 61 "a volume that cannot be read stops the capture" scan "$c" --volume "D=$dirty" "${CAPTURE[@]}"
expect 3 "unless /c is given" scan "$c" --volume "D=$dirty" "${CAPTURE[@]}" /c
expect 0 "and the wipe of C: does not mind" "$HOLDFAST" wipe C: --volume "C=$c" --dry-run

echo "-- letters and folders by what Windows knows"
# mbr_disk FILE VOLUME: a disk with signature 0xdecafbad and VOLUME as its partition at 1 MiB.
mbr_disk() {
	truncate -s 402M "$1"
	dd if="$2" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
	printf '\xad\xfb\xca\xde\0\0\0\xfe\xff\xff\x07\xfe\xff\xff\0\x08\0\0\0\x80\x0c\0' |
		dd of="$1" bs=1 seek=440 conv=notrunc status=none
	printf '\x55\xaa' | dd of="$1" bs=1 seek=510 conv=notrunc status=none
}
id=adfbcade0000100000000000
disk=$SCRATCH/disk.img
data_volume "$d"
mbr_disk "$disk" "$d"
windows --drive "G=$id"
"$NTFSPOKE" "$c" junction '\Mount' "Volume$GUID\\" || not_ok junction
sed -i 's/G:.\* /G:\\Data\\* /' "$SCRATCH/all.xml"
expect 0 "a letter by MBR signature and offset" scan "$c" --volume "=$disk@1048576" "${CAPTURE[@]}" --dry-run
said 'To keep on G:' "the report tells the letter"
expect 0 "a letter given by hand wins" scan "$c" --volume "D=$disk@1048576" "${CAPTURE[@]}" --dry-run
said 'To keep on D:' "the report tells the one given"
cp --sparse=always "$disk" "$SCRATCH/clone.img"
expect 0 "two disks with one signature" scan "$c" --volume "=$disk@1048576" --volume "=$SCRATCH/clone.img@1048576" "${CAPTURE[@]}" --dry-run
said 'both claim drive letter G:' "are told"
expect 0 "a disk that is missing is not missed" scan "$c" "${CAPTURE[@]}" --dry-run
windows --drive "$GUID=$id"
"$NTFSPOKE" "$c" junction '\Mount' "Volume$GUID\\" || not_ok junction
snap "$c" c0
expect 0 "a volume mounted in a folder" scan "$c" --volume "=$disk@1048576" "${CAPTURE[@]}"
said 'To keep on C:\Mount:' "is captured under the path that rules see"
"$NTFSSNAP" --no-hash "$disk@1048576" | cut -f1 >"$SCRATCH/names"
names "its part is on it" '\USMTMIG\USMT\File\0807060504030201$\Data\letter.doc'
names "all of it" '\USMTMIG\USMT\File\0807060504030201$\report.docx'
expect 0 "it is consistent" "$NTFSSNAP" --check-only "$disk@1048576"
sql 'SELECT path, role FROM volume' >"$SCRATCH/out"
said 'C:\Mount|1' "the catalog tells where it was mounted"
disk_sum=$(sum "$disk")
expect 0 "wipe C:" "$HOLDFAST" wipe C: --volume "C=$c" --volume "=$disk@1048576"
same_sum "leaves it alone" "$disk" "$disk_sum"
windows
"$NTFSPOKE" "$c" junction '\Mount' "Volume$GUID\\" || not_ok junction
expect 0 "one that is not there" scan "$c" "${CAPTURE[@]}"
said 'mounted in C:\Mount which is not there' "is told"
exit $test_status
