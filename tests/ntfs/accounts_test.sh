#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Users of a store who have no profile in the new Windows: profiles and local accounts that loadstate makes, read
# back by programs that share no code with it: hivexsh, ntfssecaudit, and samusrgrp and impacket when they are there.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

STORE='C:\USMTMIG'
HARD=(/hardlink /nocompress)
NEW=S-1-5-21-3112223334-445556667-778889991
KIM=S-1-5-21-2020202020-303030303-404040404-1604
DUMPER=/usr/share/doc/python3-impacket/examples/secretsdump.py
image=$SCRATCH/volume.img wiped=$SCRATCH/wiped.img

# load ARGUMENT...: loadstate on the image, log in the scratch directory.
# shellcheck disable=SC2317 # called through expect
load() {
	"$HOLDFAST" loadstate --volume "C=$image" --log "$SCRATCH/LoadState.log" "$STORE" "${HARD[@]}" "$@"
}

# new STYLE ACCOUNTS: a new Windows beside the store.
new() {
	cp --sparse=always "$wiped" "$image"
	"$MKWIN" --style "$1" --into --accounts "$2" "$image" || not_ok "mkwin $1 $2"
}

# hive NAME: a hive of the image, as a file.
hive() {
	local path
	for path in "Windows/System32/config/$1" "WINDOWS/system32/config/$1" "WINDOWS/system32/config/${1,,}"; do
		ntfscat "$image" "/$path" >"$SCRATCH/$1" 2>/dev/null && return
	done
	not_ok "no hive $1"
}

# put FILE NAME: the file becomes that hive of the image.
put() {
	ntfscp -q -f "$image" "$1" "/Windows/System32/config/$2" || not_ok "ntfscp $2"
}

# values HIVE KEY: what hivexsh says of them.
values() {
	printf 'cd %s\nlsval\n' "$2" | hivexsh "$SCRATCH/$1" 2>&1
}

# is NAME GOT WANTED
is() {
	if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1 (\"$2\" instead of \"$3\")"; fi
}

PROFILES='\Microsoft\Windows NT\CurrentVersion\ProfileList'

# sid_hex SID: as bytes.
sid_hex() {
	local -a part
	local sub i
	IFS=- read -ra part <<<"$1"
	printf '01%02x%012x' $((${#part[@]} - 3)) "${part[2]}"
	for sub in "${part[@]:3}"; do
		for i in 0 8 16 24; do printf '%02x' $((sub >> i & 255)); done
	done
}

# descriptor PATH: as bytes.
descriptor() {
	ntfssecaudit -v "$image" "${1//\\//}" 2>/dev/null |
		awk '/^[\t ]+[0-9a-f]+  [0-9a-f]/ { for (i = 2; i <= NF; i++) printf "%s", $i }'
}

# access FLAGS SID: three entries for everything, as bytes.
access() {
	printf '00%s1400ff011f00010100000000000512000000' "$1"
	printf '00%s1800ff011f0001020000000000052000000020020000' "$1"
	printf '00%s2400ff011f00%s' "$1" "$(sid_hex "$2")"
}

# there PATH, gone PATH: in the image as it was last looked at.
look() { "$NTFSSNAP" --no-hash "$image" >"$SCRATCH/now.tsv"; }
has() { WANT=$1 awk -F'\t' '$1 == ENVIRON["WANT"] { found = 1 } END { exit !found }' "$SCRATCH/now.tsv"; }
there() { if has "$1"; then ok "there: $1"; else not_ok "not there: $1"; fi; }
gone() { if has "$1"; then not_ok "there: $1"; else ok "not there: $1"; fi; }

# profile SID FOLDER NAME: ProfileList has it, and the folder is that user's.
profile() {
	local acl
	hive SOFTWARE
	is "$3: the path in ProfileList" "$(values SOFTWARE "$PROFILES\\$1" | grep ProfileImagePath)" \
		"\"ProfileImagePath\"=str(2):\"%SystemDrive%${2//\\/\\\\}\""
	is "$3: its state" "$(values SOFTWARE "$PROFILES\\$1" | grep State)" '"State"=dword:00000000'
	check "$3: its SID" grep -qi "$(sid_hex "$1" | sed 's/../&,/g; s/,$//')" <<<"$(values SOFTWARE "$PROFILES\\$1")"
	acl=$(descriptor "$2")
	check "$3: SYSTEM, Administrators, the user" grep -q "$(access 03 "$1")" <<<"$acl"
	check "$3: and nobody from above" grep -q '^01000490.\{32\}02005800030000' <<<"$acl"
	check "$3: the hive has it from the folder" grep -q "$(access 10 "$1")" <<<"$(descriptor "$2\\NTUSER.DAT")"
	gone "$2\\holdfast-profile.unfinished"
}

# no_change NAME: the same restore again changes nothing but the store's own mark.
no_change() {
	look
	cp "$SCRATCH/now.tsv" "$SCRATCH/before.tsv"
	expect 0 "$1: the same again" load
	said 'Restored: 0 files linked, 0 copied' "nothing is left to do"
	look
	check "nothing is changed" cmp <(grep -av 'restore.state\|^\\USMTMIG\\USMT	' "$SCRATCH/before.tsv") \
		<(grep -av 'restore.state\|^\\USMTMIG\\USMT	' "$SCRATCH/now.tsv")
}

# account RID NAME FLAGS NT_HASH: SAM has it, says hivexsh; samusrgrp and impacket when they are there.
account() {
	local rid
	rid=$(printf '%08X' "$1")
	hive SAM
	hive SYSTEM
	check "$2: its name leads to its number" grep -qF "hex($1):" \
		<<<"$(values SAM "\\SAM\\Domains\\Account\\Users\\Names\\$2")"
	is "$2: its flags" "$(values SAM "\\SAM\\Domains\\Account\\Users\\$rid" | grep '"F"' |
		sed 's/.*hex(3)://' | cut -d, -f57-60)" "$3"
	check "$2: in the index of Builtin" grep -q '"@"="ȡ"' \
		<<<"$(values SAM "\\SAM\\Domains\\Builtin\\Aliases\\Members\\$MACHINE\\$rid")"
	if command -v samusrgrp >/dev/null; then
		check "$2: in the group Users, says samusrgrp" grep -q "^221:Users:.*:$MACHINE-$1$" \
			<<<"$(samusrgrp -L "$SCRATCH/SAM" 2>/dev/null)"
	fi
	# What Windows made is encrypted with a boot key that nobody has.
	if [[ $4 != - && -f $DUMPER ]] && /usr/bin/python3 -c 'import impacket' 2>/dev/null; then
		is "$2: its password, says impacket" "$(/usr/bin/python3 "$DUMPER" -sam "$SCRATCH/SAM" \
			-system "$SCRATCH/SYSTEM" LOCAL 2>/dev/null | grep "^$2:$1:" | cut -d: -f4)" "$4"
	fi
}

EMPTY=31d6cfe0d16ae931b73c59d7e0c089c0  # of no password
SECRET=ed50bdc9faa370e31ac4ee119fd51f48 # of Secret1

for tool in hivexsh ntfssecaudit; do
	command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 0; }
done

"$MKWIN" --style win10 "$wiped" >/dev/null || exit 1
expect 0 "capture" scan "$wiped" "$STORE" "${HARD[@]}" /i:MigUser.xml /i:MigDocs.xml
expect 0 "wipe" "$HOLDFAST" wipe C: --volume "C=$wiped" --log "$SCRATCH/wipe.log"

echo "-- accounts without profiles, a user of a domain, a stale entry"
new win11 unused
hive SOFTWARE
printf 'cd %s\nadd %s\ncd %s\nsetval 2\nProfileImagePath\nexpandstring:C:\\Users\\nowhere\nOdd\ndword:7\ncommit\n' \
	"$PROFILES" "$KIM" "$KIM" | hivexsh -w "$SCRATCH/SOFTWARE"
put "$SCRATCH/SOFTWARE" SOFTWARE
fresh=$(sum "$image")
expect 0 "dry run" load --dry-run
said "profile C:\\Users\\ann from C:\\Users\\Default for ann ($NEW-1011)" "it names the profile"
same_sum "a dry run changes no byte" "$image" "$fresh"
expect 0 "restore" load --verify
said "ProfileList\\$KIM" "the stale entry is warned of"
consistent "the volume is consistent" "$image"
look
profile "$NEW-1011" '\Users\ann' 'local account'
profile "$NEW-1010" '\Users\Jörg Müller' 'another one'
profile "$KIM" '\Users\kim' 'user of a domain'
is "nothing of the stale entry stays" "$(values SOFTWARE "$PROFILES\\$KIM" | grep -c Odd)" 0
there '\Users\ann\Documents\sample.txt'
there '\Users\ann\AppData\Local\Microsoft\Windows\UsrClass.dat'
for file in NTUSER.DAT AppData/Local/Microsoft/Windows/UsrClass.dat; do
	ntfscat "$image" "/Users/ann/$file" >"$SCRATCH/user.hive"
	check "${file##*/} is the user's" grep -q "24003f000f00$(sid_hex "$NEW-1011")" \
		<<<"$(od -An -v -tx1 "$SCRATCH/user.hive" | tr -d ' \n')"
	check "${file##*/} can be read" hivexsh "$SCRATCH/user.hive"
done
target=$(ntfscat -a 0xC0 "$image" '/Users/ann/My Documents' 2>/dev/null | tr -d '\0')
check "the junction leads into the profile" grep -q 'C:.Users.ann.Documents' <<<"$target"
check "the profile is not hidden as Default is" grep -qP '^\\Users\\ann\t([^\t]*\t){8}00000020\t' "$SCRATCH/now.tsv"
no_change "profiles"

echo "-- no accounts"
MACHINE=$NEW
new win11 none
fresh=$(sum "$image")
expect 14 "local accounts are missing" load
said 'there is no local account ann' "the message names one"
said 'there is no local account Jörg Müller' "and the other"
said '/lac' "and says what to do"
same_sum "nothing is changed" "$image" "$fresh"
expect 0 "a dry run with /lac" load /lac --dry-run
said 'To make: a local account, disabled' "it says so"
same_sum "nothing is changed" "$image" "$fresh"
expect 0 "/lac" load /lac
consistent "the volume is consistent" "$image"
look
profile "$NEW-1000" '\Users\ann' 'new account'
account 1000 ann 11,00,00,00 "$EMPTY"
no_change "accounts"
for style in win11 xp; do
	echo "-- $style: accounts with a password"
	new "$style" none
	expect 0 "/lac:Secret1 /lae" load /lac:Secret1 /lae
	consistent "the volume is consistent" "$image"
	account 1000 ann 10,00,00,00 "$SECRET"
	account 1001 'Jörg Müller' 10,00,00,00 "$SECRET"
	no_change "$style"
done
look
there '\Documents and Settings\ann\My Documents\sample.txt'
there '\Documents and Settings\ann\Local Settings\Application Data\Microsoft\Windows\UsrClass.dat'

for sample in aiowinreg/win2022_64/sam.reg:S-1-5-21-4042553000-2217363381-1479057140:1000 \
	EricZimmerman/SAM_DUPENAME:S-1-5-21-4271176276-4210259494-4108073714:1024; do
	IFS=: read -r file MACHINE rid <<<"$sample"
	echo "-- a SAM made by Windows: $file"
	[[ -f ../shared/testdata/hives/$file ]] || { echo "skipped: no testdata"; continue; }
	new win11 none
	put "../shared/testdata/hives/$file" SAM
	expect 0 "/lac" load /lac
	consistent "the volume is consistent" "$image"
	account "$rid" ann 11,00,00,00 -
	no_change "$file"
done

echo "-- what is refused"
# refused NAME WHY ARGUMENT...: code 14 with the reason, and not one byte changed.
refused() {
	local before
	before=$(sum "$image")
	expect 14 "$1" load "${@:3}"
	said "$2" "the message says why"
	same_sum "nothing is changed" "$image" "$before"
}
new win11 none
refused "a name that a group has" 'a group has this name' /lac /mu:ann:SAMPLE-PC\\Users
refused "a name that is too long" '1 to 20 characters' /lac '/mu:ann:SAMPLE-PC\a name of many characters'
refused "a name with a sign" 'not only dots' /lac '/mu:ann:SAMPLE-PC\a+b'
hive SAM
cp "$SCRATCH/SAM" "$SCRATCH/good"
# change REASON COMMANDS: hivexsh changes SAM, which is refused then.
change() {
	cp "$SCRATCH/good" "$SCRATCH/SAM"
	printf '%s\ncommit\n' "$2" | hivexsh -w "$SCRATCH/SAM"
	put "$SCRATCH/SAM" SAM
	refused "a SAM that is odd: $1" "$1" /lac
}
change 'Windows has not finished a change' $'cd \\SAM\\RXACT\nadd Log'
change 'keys of it are missing' $'cd \\SAM\\Domains\\Builtin\\Aliases\\Members\\'"$NEW"$'\ndel'
change 'the group None is not as it is known' $'cd \\SAM\\Domains\\Account\\Groups\\00000201\nsetval 1\nC\nhex:3:01,02'
change 'the group Users is not as it is known' $'cd \\SAM\\Domains\\Builtin\\Aliases\\00000221\nsetval 1\nC\nhex:3:01,02'
change 'its account database is damaged' $'cd \\SAM\\Domains\\Account\nsetval 1\nF\nhex:3:09'
change 'no account in it has the form' $'cd \\SAM\\Domains\\Account\\Users\\000001F4\nsetval 1\nV\nhex:3:00'
head -c 10000 "$SCRATCH/good" >"$SCRATCH/SAM"
put "$SCRATCH/SAM" SAM
refused "a SAM that is damaged" 'cannot be used' /lac

echo "-- interrupted"
new win11 none
hive SOFTWARE
cp "$SCRATCH/SOFTWARE" "$SCRATCH/unlisted"
expect 0 "/lac" load /lac
hive SAM
cp --sparse=always "$image" "$SCRATCH/finished.img"
new win11 none
put "$SCRATCH/SAM" SAM
expect 0 "after the accounts" load --verify
look
profile "$NEW-1000" '\Users\ann' 'used account'
cp --sparse=always "$SCRATCH/finished.img" "$image"
put "$SCRATCH/unlisted" SOFTWARE
printf '%s' "$NEW-1000" >"$SCRATCH/mark"
: >"$SCRATCH/empty"
for user in ann kim; do # kim's is another one's
	ntfscp -q -f "$image" "$SCRATCH/mark" "/Users/$user/holdfast-profile.unfinished"
done
ntfscp -q -f "$image" "$SCRATCH/empty" /Users/ann/NTUSER.DAT
expect 0 "after the folders" load --verify
consistent "the volume is consistent" "$image"
look
profile "$NEW-1000" '\Users\ann' 'finished profile'
ntfscat "$image" /Users/ann/NTUSER.DAT >"$SCRATCH/user.hive"
check "its hive is whole" hivexsh "$SCRATCH/user.hive"
profile "$KIM" '\Users\kim.CORP' 'folder that somebody has'
there '\Users\kim\holdfast-profile.unfinished'

exit $test_status
