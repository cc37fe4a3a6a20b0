#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# UsmtUtils and "holdfast store" on a captured volume, on one that was wiped too, and on a store over two
# volumes; what they say and do is compared from outside.
# shellcheck disable=SC2016,SC1003 # Perl in quotes, paths of Windows
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

STORE='C:\USMTMIG'
HARD=(/hardlink /nocompress)
RULES=(/i:MigUser.xml /i:MigDocs.xml)
c=$SCRATCH/c.img
w=$SCRATCH/wiped.img
d=$SCRATCH/d.img
out=$SCRATCH/out.d

# utils IMAGE ARGUMENT...
# shellcheck disable=SC2317 # called through expect
utils() {
	local image=$1
	shift
	"$HOLDFAST" usmtutils --volume "C=$image" "$@"
}

# look IMAGE ARGUMENT...: holdfast store.
# shellcheck disable=SC2317
look() {
	local image=$1
	shift
	"$HOLDFAST" store "$@" --volume "C=$image"
}

# snap IMAGE: all names with their records and checksums, in $SCRATCH/snap.tsv.
snap() {
	"$NTFSSNAP" "$1" >"$SCRATCH/snap.tsv"
}

# stored IMAGE: the files of the store, "path TAB sha256" of the unnamed data, links left out.
stored() {
	snap "$1"
	awk -F '\t' 'index($1, "\\USMTMIG\\USMT\\File\\") == 1 && $4 == "file" && $7 == "" && $17 !~ /^(a000000[3c]|a000001d|8000002[3-6])$/ {
		print substr($1, 20) "\t" $9 }' "$SCRATCH/snap.tsv" | sort
}

# last TEXT NAME: the last line of the output is TEXT.
last() {
	if [[ $(tail -n 1 "$SCRATCH/out") == "$1" ]]; then ok "$2"; else not_ok "$2"; fi
}

# json NAME EXPRESSION: the output is JSON, and the Perl expression on $_ is true.
json() {
	if perl -MJSON::PP -e 'local $/; $_ = decode_json(<STDIN>); exit !do { '"$2"' }' <"$SCRATCH/out" 2>/dev/null; then
		ok "$1"
	else
		not_ok "$1"
	fi
}

"$MKWIN" --style win10 "$c" >/dev/null || not_ok mkwin
clean=$(sum "$c")
expect 0 "/ec" "$HOLDFAST" usmtutils /ec
said $'AES_256\tnot available' "/ec is honest"

# Wrong inputs, before there is a store.
for args in '' '/rd' '/verify' '/extract C:\USMTMIG' '/rd C:\USMTMIG /verify C:\USMTMIG' '/y /verify C:\USMTMIG' \
	'/verify:some C:\USMTMIG' '/rd C:\USMTMIG /o' '/rd C:\' '/rd \\server\share' '/extract C:\USMTMIG C:\out' \
	'/extract C:\USMTMIG /mnt/x /i:a?b' '/extract C:\USMTMIG /mnt/x /i:a\b' '/verify C:\USMTMIG /bogus' \
	'/verify C:\x\USMT.MIG' '/verify C:\USMTMIG /decrypt:AES /key:x' '/ec C:\USMTMIG' '/extract C:\USMTMIG /bogus'; do
	read -ra words <<<"$args"
	expect 11 "wrong: usmtutils $args" utils "$c" "${words[@]}"
done
expect 27 "/rd without a store" utils "$c" /rd "$STORE" /y
said 'There is no store' "it says so"
expect 27 "/rd of a folder that is no store" utils "$c" /rd 'C:\Users' /y
said 'not a Holdfast store' "it says so"
expect 27 "/verify without a store" utils "$c" /verify "$STORE"
expect 27 "/extract without a store" utils "$c" /extract "$STORE" "$out"
expect 27 "store show without a store" look "$c" show
expect 0 "store list without a store" look "$c" list
said 'No store was found' "it says so"
for args in '' 'lists' 'show --depth 2' 'list C:\USMTMIG' 'tree --depth x' 'show a b' 'show --bogus'; do
	read -ra words <<<"$args"
	expect 11 "wrong: store $args" look "$c" "${words[@]}"
done
expect 13 "a log that cannot be written" utils "$c" /verify "$STORE" /l:/nonexistent/x.log
same_sum "wrong inputs: not a byte changed" "$c" "$clean"
expect 1 "usmtutils /?" "$HOLDFAST" usmtutils '/?'
for option in /ec /rd /y --lose-files /verify /extract /i /e /o /l /v --volume; do
	said "  $option" "help tells $option"
done

expect 0 "capture" scan "$c" "$STORE" "${HARD[@]}" "${RULES[@]}"
before=$(sum "$c")
stored "$c" >"$SCRATCH/stored.tsv"
count=$(wc -l <"$SCRATCH/stored.tsv")

# /verify
expect 0 "/verify" utils "$c" /verify "$STORE"
said 'Corrupted files: 0' "the summary counts"
last $'CATALOG\tOK' "the last line is the catalog's"
expect 0 "/verify:all" utils "$c" /verify:all 'C:\USMTMIG\USMT\catalog.db' "/l:$SCRATCH/verify.log"
said $'C:\\Users\\ann\\Documents\\' "each file has a line"
lines=$(grep -c $'\tOK$' "$SCRATCH/out")
if ((lines > count && lines < count + 20)); then ok "as many as files ($lines)"; else not_ok "as many as files ($lines, $count)"; fi
check "the log has them too" grep -q 'CATALOG' "$SCRATCH/verify.log"
expect 0 "/verify:catalog" utils "$c" /verify:catalog "$STORE"
if [[ $(cat "$SCRATCH/out") == $'CATALOG\tOK' ]]; then ok "that line alone"; else not_ok "that line alone"; fi
expect 0 "/verify:failureonly" utils "$c" /verify:failureonly "$STORE"

# store
expect 0 "store list" look "$c" list
said 'C:\USMTMIG  complete' "place and state"
said 'SAMPLE-PC' "the computer"
expect 0 "store list --json" look "$c" list --json
json "stable names" '$_->{stores}[0]{state} eq "complete" && $_->{stores}[0]{wiped} eq "no" && $_->{stores}[0]{files} > 50'
expect 0 "store show" look "$c" show "$STORE"
said 'MigUser.xml' "rule files"
said 'S-1-5-21-' "users by SID"
expect 0 "store show --json" look "$c" show --json
json "components add up to the whole" 'my $n = 0; $n += $_->{files} for @{$_->{components}}; $n == $_->{files} && $n > 50'
expect 0 "store tree --json" look "$c" tree --json --depth 3
json "no deeper than asked, and the root has all" '!grep({ $_->{depth} > 3 } @{$_->{folders}}) && $_->{folders}[0]{all_files} > 50'
expect 0 "store tree" look "$c" tree --depth 1
said '  Users  (' "with folders"
file=$(cut -f1 "$SCRATCH/stored.tsv" | grep -a 'Documents.*\.docx$' | head -n 1)
record=$(awk -F '\t' -v p="\\USMTMIG\\USMT\\File\\$file" '$1 == p { print $2 "-" $3; exit }' "$SCRATCH/snap.tsv")
expect 0 "store show PATH" look "$c" show "C:${file#C$}"
said "$record" "its record"
said '.xml:' "the rule with its line"
said "C:\\USMTMIG\\USMT\\File\\$file" "where it is now"
expect 0 "store show PATH --json" look "$c" show "c:${file#C$}" --json
json "and as JSON, whatever the case" "\$_->{stored} eq '$record' && \$_->{links} == 2 && @{\$_->{now}} == 2"
expect 11 "a path that is not in the store" look "$c" show 'C:\Windows\nothing.txt'
said 'no rule kept it' "it says why"
expect 27 "--store that is none" look "$c" show --store 'C:\Users'

# /extract, compared by checksum
expect 61 "/extract" utils "$c" /extract "$STORE" "$out"
said 'compact /exe' "what cannot be read is told"
(cd "$out" && find . -type f -print0 | xargs -0 sha256sum) | sed 's/^\\//; s/^\([0-9a-f]*\)  \.\/\(.*\)$/\2\t\1/' | tr / '\\' | sort >"$SCRATCH/extracted.tsv"
same=$(comm -12 <(sort "$SCRATCH/stored.tsv") "$SCRATCH/extracted.tsv" | wc -l)
if ((same >= count - 8 && $(wc -l <"$SCRATCH/extracted.tsv") >= count - 1)); then
	ok "the same content ($same of $count, the others renamed)"
else
	not_ok "the same content ($same of $count)"
fi
said 'cannot have this name here' "names that cannot be are told"
sparse=$(find "$out" -size +2M -printf '%S %p\n' | sort -n | head -n 1)
if awk -v s="${sparse%% *}" 'BEGIN { exit !(s != "" && s < 0.5) }'; then ok "sparse stays sparse"; else not_ok "sparse stays sparse ($sparse)"; fi
modified=$(awk -F '\t' -v p="\\USMTMIG\\USMT\\File\\$file" '$1 == p { print $14; exit }' "$SCRATCH/snap.tsv")
here=$(stat -c %Y "$out/${file//\\//}")
if ((modified / 10000000 - 11644473600 == here)); then ok "times"; else not_ok "times ($modified, $here)"; fi
check "no unfinished file is left" test -z "$(find "$out" -name '.holdfast*')"
expect 61 "/extract again" utils "$c" /extract "$STORE" "$out" '/i:*.docx'
said '/o overwrites it' "what is there stays"
echo old >"$out/${file//\\//}"
expect 0 "/extract /o" utils "$c" /extract "$STORE" "$out" '/i:*.docx' /o
check "overwrites" cmp -s <(sha256sum <"$out/${file//\\//}" | cut -d' ' -f1) <(grep -aF "$file" "$SCRATCH/stored.tsv" | head -n 1 | cut -f2)
expect 0 "/extract with names" utils "$c" /extract "$STORE" "$SCRATCH/some" '/i:*.docx; *.XLSX' '/e:*.docx,*.jpg'
if [[ -n $(find "$SCRATCH/some" -name '*.docx') && -z $(find "$SCRATCH/some" -type f ! -iname '*.docx' ! -iname '*.xlsx') ]]; then
	ok "an include beats an exclude"
else
	not_ok "an include beats an exclude"
fi
expect 11 "a destination that cannot be made" utils "$c" /extract "$STORE" /nonexistent/a/b
mkdir -p "$SCRATCH/trap" && ln -s "$SCRATCH/some" "$SCRATCH/trap/C$"
expect 61 "a link in the destination" utils "$c" /extract "$STORE" "$SCRATCH/trap" '/i:*.jpg'
check "is not followed" test -z "$(find "$SCRATCH/some" -name '*.jpg')"
same_sum "looking, verifying, extracting: not a byte changed" "$c" "$before"

# Damage that /verify must find. Each on its own copy.
# damaged NAME PATH COMMAND...: ntfspoke makes it, the file must be listed.
damaged() {
	local name=$1 path=$2
	shift 2
	cp --sparse=always "$c" "$SCRATCH/x.img"
	"$NTFSPOKE" "$SCRATCH/x.img" "$@" || not_ok "ntfspoke $*"
	expect 42 "$name: /verify" utils "$SCRATCH/x.img" /verify:failureonly "$STORE"
	said "$path" "$name: is listed"
}
damaged "a file is gone" "${file#C$}"$'\tCORRUPTED' unlink "\\USMTMIG\\USMT\\File\\$file"
last $'CATALOG\tOK' "the catalog is whole"
damaged "a file too many" 'C:\Users\more.txt'$'\tCORRUPTED' put '\USMTMIG\USMT\File\C$\Users\more.txt' more
# Another name in the file's record than in the folder that has it.
cp --sparse=always "$c" "$SCRATCH/x.img"
perl -e 'use strict; use Encode; my ($image, $record, $path) = @ARGV;
	my $name = encode("UTF-16LE", decode("UTF-8", $path =~ s/.*\\//r));
	open(my $f, "+<:raw", $image) or die; read($f, my $boot, 512) == 512 or die;
	my ($sector, $cluster) = unpack("x11 v C", $boot);
	my $at = unpack("x48 Q<", $boot) * $sector * $cluster + $record * 1024;
	seek($f, $at, 0); read($f, my $data, 1024) == 1024 or die;
	my $n = ($data =~ s/\Q$name\E/"X\0" . substr($name, 2)/ge) or die "no such name";
	seek($f, $at, 0); print $f $data; close($f) or die' "$SCRATCH/x.img" "${record%-*}" "$file" || not_ok "renaming in the record"
expect 42 "a record without the name: /verify" utils "$SCRATCH/x.img" /verify:failureonly "$STORE"
said "${file#C$}"$'\tCORRUPTED' "a record without the name: is listed"
damaged "the catalog" $'CATALOG\tCORRUPTED' byte '\USMTMIG\USMT\catalog.db' 5000 0x55
expect 42 "store show says it too" look "$SCRATCH/x.img" show "$STORE"
expect 0 "store list shows the damaged one" look "$SCRATCH/x.img" list
said 'damaged' "as that"
expect 0 "/extract saves from it all the same" utils "$SCRATCH/x.img" /extract "$STORE" "$SCRATCH/saved" '/i:*.docx'
check "files" test -n "$(find "$SCRATCH/saved" -name '*.docx')"

# /rd
before=$(sum "$c")
expect 35 "/rd asks nobody" utils "$c" /rd "$STORE"
said '/y' "and says what to give"
same_sum "not a byte changed" "$c" "$before"
"$NTFSPOKE" "$c" attrs "\\USMTMIG\\USMT\\File\\$file" 0x21 || not_ok "read-only"
snap "$c"
grep -av '^\\USMTMIG' "$SCRATCH/snap.tsv" | cut -f1-4,7-10,12 >"$SCRATCH/others.before"
cp --sparse=always "$c" "$w"
expect 0 "/rd /y" utils "$c" /rd "$STORE" /y "/l:$SCRATCH/rd.log"
said 'Space reclaimed' "tells the space"
snap "$c"
cut -f1-4,7-10,12 "$SCRATCH/snap.tsv" >"$SCRATCH/others.after"
check "nothing of it is left" test -z "$(grep -a '^\\USMTMIG' "$SCRATCH/others.after")"
check "everything else is as it was, read-only too" cmp -s "$SCRATCH/others.before" "$SCRATCH/others.after"
consistent "a deleted store" "$c"

# After a wipe only the store has the files.
expect 0 "wipe" "$HOLDFAST" wipe C: --volume "C=$w"
before=$(sum "$w")
expect 35 "/rd of a wiped volume's store" utils "$w" /rd "$STORE" /y
said 'files (' "with the number of files and bytes"
said '--lose-files' "and the way to do it all the same"
expect 35 "--lose-files asks too" utils "$w" /rd "$STORE" --lose-files
expect 0 "/verify after the wipe" utils "$w" /verify "$STORE"
expect 0 "store list after the wipe" look "$w" list --json
json "wiped" '$_->{stores}[0]{wiped} eq "yes"'
expect 0 "store show PATH after the wipe" look "$w" show "C:${file#C$}" --json
json "one name is left" '$_->{links} == 1'
expect 0 "/extract after the wipe" utils "$w" /extract "$STORE" "$SCRATCH/wiped" '/i:*.docx'
same_sum "refused and looked at: not a byte changed" "$w" "$before"
expect 0 "/rd --lose-files /y" utils "$w" /rd "$STORE" --lose-files /y
snap "$w"
check "nothing of it is left" test -z "$(cut -f1 "$SCRATCH/snap.tsv" | grep -a '^\\USMTMIG')"
consistent "a lost store" "$w"

# A store over two volumes.
cat >"$SCRATCH/all.xml" <<'XML'
<migration urlid="http://www.example.com/utils"><component type="Documents" context="System">
<displayName>Everything of people</displayName><role role="Data"><rules><include><objectSet>
<pattern type="File">C:\Users\* [*]</pattern><pattern type="File">D:\Data\* [*]</pattern>
</objectSet></include></rules></role></component></migration>
XML
{ "$MKWIN" --style data --size 400M --serial 0807060504030201 "$d" && "$NTFSPOKE" "$d" put '\Data\more.txt' more; } >/dev/null || not_ok "data volume"
expect 0 "capture of two volumes" scan "$c" --volume "D=$d" "$STORE" "${HARD[@]}" "/i:$SCRATCH/all.xml" /efs:skip /c
one=$(sum "$c")
expect 0 "/verify of two" utils "$c" --volume "D=$d" /verify:all "$STORE"
said $'D:\\Data\\more.txt\tOK' "files of the other volume are among them"
expect 38 "/verify without the other volume" utils "$c" /verify "$STORE"
expect 27 "/rd of a part alone" "$HOLDFAST" usmtutils --volume "C=$c" --volume "D=$d" /rd 'D:\USMTMIG' /y
expect 0 "/extract of two" utils "$c" --volume "D=$d" /extract "$STORE" "$SCRATCH/two" '/i:more.txt'
check "the other volume's file" grep -q more "$SCRATCH/two/D\$/Data/more.txt"
same_sum "not a byte changed" "$c" "$one"
cp --sparse=always "$c" "$SCRATCH/x.img"
cp --sparse=always "$d" "$SCRATCH/y.img"
expect 35 "/rd without the other volume" utils "$SCRATCH/x.img" /rd "$STORE" /y
said '0807060504030201' "names the part that stays"
expect 0 "which can be deleted by itself then" utils "$SCRATCH/x.img" --volume "D=$SCRATCH/y.img" /rd 'D:\USMTMIG' /y
snap "$SCRATCH/y.img"
check "nothing of it is left" test -z "$(cut -f1 "$SCRATCH/snap.tsv" | grep -a '^\\USMTMIG')"
expect 0 "/rd of two" utils "$c" --volume "D=$d" /rd "$STORE" /y
said 'on 2 volumes' "both"
for image in "$c" "$d"; do
	snap "$image"
	check "nothing is left on ${image##*/}" test -z "$(cut -f1 "$SCRATCH/snap.tsv" | grep -a '^\\USMTMIG')"
	consistent "${image##*/}" "$image"
done
check "the other volume's file is there" grep -qa '^\\Data\\more.txt' "$SCRATCH/snap.tsv"

for state in hibernated dirty; do
	"$MKWIN" --style win10 --state "$state" "$SCRATCH/x.img" >/dev/null || not_ok "mkwin $state"
	state_sum=$(sum "$SCRATCH/x.img")
	expect 27 "$state: /rd" utils "$SCRATCH/x.img" /rd "$STORE" /y
	same_sum "$state: not a byte changed" "$SCRATCH/x.img" "$state_sum"
done
exit $test_status
