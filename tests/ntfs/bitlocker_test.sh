#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# BitLocker through the command line, on volumes made by tests/fixtures/mkbitlk: listing, refusing
# without a key, capture and wipe with every kind of key, and that no key comes out anywhere.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

MKBITLK=$PWD/build/tests/fixtures/mkbitlk
RULES=(/i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml)
STORE='C:\USMTMIG'
PASSWORD='Sesame-öffne-dich-7'
FVE='C:\System Volume Information'
METADATA=(--keep "$FVE\\FVE2.{c9ca54a3-6983-46b7-8684-a7e5e23499e3}")
for i in 1 2 3; do
	METADATA+=(--keep "$FVE\\FVE2.{e40ad34d-dae9-4bc7-95bd-b16218c10f72}.$i")
done

# encrypted NAME ARGUMENT...: $SCRATCH/NAME.img, a sample volume encrypted by mkbitlk, its ids and
# secrets in NAME.ids, and the plain one's list of files in NAME.before.
encrypted() {
	local name=$1
	shift
	cp --sparse=always "$SCRATCH/plain.img" "$SCRATCH/$name.img"
	"$MKBITLK" "$@" "$SCRATCH/$name.img" >"$SCRATCH/$name.ids" 2>&1 || not_ok "$name: mkbitlk"
	"$MKBITLK" "$@" --decrypt "$SCRATCH/plain2.img" "$SCRATCH/$name.img" || not_ok "$name: mkbitlk --decrypt"
	"$NTFSSNAP" "$SCRATCH/plain2.img" >"$SCRATCH/$name.before"
}

# id NAME FIELD: one of the lines that mkbitlk printed.
id() {
	sed -n "s/^$2=//p" "$SCRATCH/$1.ids"
}

# secrets NAME: pieces of the recovery password and the password, of which none may come out.
secrets() {
	local recovery
	recovery=$(id "$1" recovery)
	if [[ -n $recovery ]]; then
		echo "${recovery:0:13}"
		echo "${recovery:42}"
		echo "${recovery//-/}" | cut -c 1-18
	fi
	echo "$PASSWORD"
	echo "${PASSWORD##*ö}"
}

# found_secret NAME FILE...: one of the secrets is in the files, as bytes or UTF-16. They are not given
# as arguments, which would stand in the process list, and grep reads to the end: a pipe that it
# closed early would count as a failure.
found_secret() {
	secrets "$1" >"$SCRATCH/secrets"
	shift
	cat "$@" | tr -d '\000' | grep -aF -f "$SCRATCH/secrets" >"$SCRATCH/found"
	[[ -s $SCRATCH/found ]]
}

# no_secret WHAT NAME FILE...: none of the secrets is in the files.
no_secret() {
	local what=$1
	shift
	if found_secret "$@"; then not_ok "$what: a key came out"; else ok "$what: no key came out"; fi
}

# capture_and_wipe NAME KEYS ARGUMENT...: both, then the volume decrypted by mkbitlk (ARGUMENTs: its method) is compared.
capture_and_wipe() {
	local name=$1 keys=$2 image=$SCRATCH/$1.img
	shift 2
	expect 0 "$name: capture" scan "$image" "$STORE" --bitlocker-keys "$keys" /hardlink /nocompress "${RULES[@]}" \
		/v:13 "/progress:$SCRATCH/$name.progress" "/listfiles:$SCRATCH/$name.list" --vars "$SCRATCH/$name.vars"
	cp "$SCRATCH/out" "$SCRATCH/$name.out1"
	expect 0 "$name: wipe" "$HOLDFAST" wipe C: --volume "C=$image" --bitlocker-keys "$keys" --log "$SCRATCH/$name.wipe.log"
	cp "$SCRATCH/out" "$SCRATCH/$name.out2"
	cp "$SCRATCH/ScanState.log" "$SCRATCH/$name.log"
	expect 0 "$name: doctor" "$HOLDFAST" doctor C: --volume "C=$image" --bitlocker-keys "$keys"
	expect 0 "$name: the metadata is whole" "$MKBITLK" "$@" --decrypt "$SCRATCH/after.img" "$image"
	expect 0 "$name: the volume is consistent" "$NTFSSNAP" --check-only "$SCRATCH/after.img"
	"$NTFSSNAP" "$SCRATCH/after.img" >"$SCRATCH/after.tsv"
	expect 0 "$name: the store and what hides the metadata are left, unchanged" "$NTFSSNAP" --compare "$SCRATCH/$name.before" \
		"$SCRATCH/after.tsv" --store "$STORE" --expect-wiped --keep 'C:\_SMSTaskSequence' "${METADATA[@]}" --summary
	if [[ $(grep -c 'FVE2' "$SCRATCH/after.tsv") -ge 4 ]]; then
		ok "$name: the metadata's files are there"
	else
		not_ok "$name: the wipe deleted the metadata's files"
	fi
	no_secret "$name" "$name" "$SCRATCH/$name".{out1,out2,log,wipe.log,progress,list,vars} "$SCRATCH/after.img"
}

"$MKWIN" --style win10 --size 320M "$SCRATCH/plain.img" >/dev/null || exit 1
mkdir "$SCRATCH/keys" "$SCRATCH/beks"

echo "-- locked"
encrypted pc --tpm --recovery --password "$PASSWORD" --bek "$SCRATCH/beks" --seed 5
image=$SCRATCH/pc.img
before=$(sum "$image")
expect 0 "a locked volume is listed" "$HOLDFAST" volumes --volume "C=$image"
said "BitLocker locked, XTS-AES 128, volume id $(id pc volume-id)" "with method and volume id"
said "recovery password      key ID $(id pc recovery-id)" "with the key id that Windows asks for"
said "TPM                    id     $(id pc tpm-id)" "with its other protectors"
"$HOLDFAST" volumes --json --volume "C=$image" 2>/dev/null >"$SCRATCH/json"
check "and as JSON" grep -F "\"bitlocker\": {\"state\": \"locked\", \"method\": \"XTS-AES 128\", \"id\": \"$(id pc volume-id)\"" "$SCRATCH/json"
expect 36 "without a key nothing is captured" scan "$image" "$STORE" /hardlink /nocompress "${RULES[@]}"
said "the recovery password with key ID $(id pc recovery-id)" "the message names the key id"
expect 36 "nor wiped" "$HOLDFAST" wipe C: --volume "C=$image"
printf '111111-222222-333333-444444-555555-666666-111111-222222\n' >"$SCRATCH/wrong.txt"
expect 36 "nor with another PC's key" scan "$image" "$STORE" --bitlocker-keys "$SCRATCH/wrong.txt" /hardlink /nocompress "${RULES[@]}"
said "None of the keys given (1) opens" "the message says that the key is wrong"
said "key ID $(id pc recovery-id)" "and which is right"
expect 36 "a folder without its key" scan "$image" "$STORE" --bitlocker-keys "$SCRATCH/keys" /hardlink /nocompress "${RULES[@]}"
expect 71 "no such key file" "$HOLDFAST" volumes --volume "C=$image" --bitlocker-keys "$SCRATCH/nowhere.txt"
expect 36 "nothing is asked without a terminal" "$HOLDFAST" unlock --volume "C=$image" --bitlocker-keys "$SCRATCH/keys"
expect 36 "nor examined" "$HOLDFAST" doctor C: --volume "C=$image"
said "locked" "doctor says that it is locked"
same_sum "refusals change no byte" "$image" "$before"

echo "-- every kind of key"
# As Windows saves it: in UTF-16, with a text around it, and a file for another PC beside it.
printf 'BitLocker Drive Encryption recovery key\r\nIdentifier:\r\n\r\n\t%s\r\n\r\nRecovery Key:\r\n\r\n\t%s\r\n' \
	"$(id pc recovery-id)" "$(id pc recovery)" | iconv -t UTF-16 >"$SCRATCH/keys/BitLocker Recovery Key $(id pc recovery-id).TXT"
cp "$SCRATCH/wrong.txt" "$SCRATCH/keys/64311DEA-4587-4029-924A-BA299647998E.txt"
expect 0 "a recovery password as Windows saves it" "$HOLDFAST" volumes --volume "C=$image" --bitlocker-keys "$SCRATCH/keys"
said "BitLocker unlocked" "opens it"
said "Windows 10" "and its Windows is found"
if grep -q 'None of the keys' "$SCRATCH/out"; then not_ok "keys of others are not tried"; else ok "keys of others are not tried"; fi
expect 0 "a key file" "$HOLDFAST" volumes --volume "C=$image" --bitlocker-keys "$SCRATCH/beks"
said "BitLocker unlocked" "opens it"
printf 'password = %s\n' "$PASSWORD" >"$SCRATCH/password.txt"
expect 0 "a password" "$HOLDFAST" volumes --volume "C=$image" --bitlocker-keys "$SCRATCH/password.txt"
said "BitLocker unlocked" "opens it"
if command -v cryptsetup >/dev/null; then
	id pc recovery | tr -d '\n' >"$SCRATCH/recovery.txt"
	expect 0 "cryptsetup takes the sample for BitLocker" cryptsetup open --type bitlk --test-passphrase --key-file "$SCRATCH/recovery.txt" "$image"
fi
same_sum "looking changes no byte" "$image" "$before"

echo "-- a person types"
cat >"$SCRATCH/type.sh" <<END
(sleep 1; printf '%s\r' "$(id pc recovery | sed 's/^......-/123456-/')"
sleep 1; printf '%s\r' "$(id pc recovery)"; sleep 3) |
	script -qec "$HOLDFAST unlock --volume C=$image --bitlocker-keys $SCRATCH/typed" "$SCRATCH/typescript"
END
if command -v script >/dev/null; then
	expect 0 "the recovery password is asked for" bash "$SCRATCH/type.sh"
	said 'Group 1 of 8 is mistyped' "a wrong group is told by its place"
	cp "$SCRATCH/out" "$SCRATCH/typed.out"
	no_secret "typed" pc "$SCRATCH/typed.out" "$SCRATCH/typescript"
	check "the search finds a key between large files" \
		found_secret pc "$SCRATCH/plain.img" "$SCRATCH/typed/$(id pc volume-id).txt" "$SCRATCH/plain.img"
	expect 0 "what was typed" "$HOLDFAST" volumes --volume "C=$image" --bitlocker-keys "$SCRATCH/typed"
	said "BitLocker unlocked" "is kept for the next command"
	check "for nobody else to read" test "$(stat -c %a "$SCRATCH/typed/$(id pc volume-id).txt")" = 600
fi

echo "-- the process list"
(
	while :; do
		cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null
		sleep 0.02
	done >"$SCRATCH/processes"
) &
watcher=$!
capture_and_wipe pc "$SCRATCH/keys" --seed 5
kill "$watcher"
wait "$watcher" 2>/dev/null
check "the program was seen" grep -qaF -- --bitlocker-keys "$SCRATCH/processes"
no_secret "the process list" pc "$SCRATCH/processes"

echo "-- methods, and suspended protection"
for method in xts256 cbc128 elephant256; do
	encrypted "$method" --method "$method" --recovery --seed 7
	id "$method" recovery >"$SCRATCH/$method.txt"
	capture_and_wipe "$method" "$SCRATCH/$method.txt" --method "$method" --seed 7
	rm -f "$SCRATCH/$method.img"
done
encrypted open --tpm --clear --seed 9
expect 0 "suspended protection is open" "$HOLDFAST" volumes --volume "C=$SCRATCH/open.img"
said "BitLocker suspended" "and listed so"
capture_and_wipe open "$SCRATCH/keys" --seed 9

echo "-- what cannot be opened"
encrypted tpm --tpm --seed 11
expect 36 "TPM only" scan "$SCRATCH/tpm.img" "$STORE" --bitlocker-keys "$SCRATCH/keys" /hardlink /nocompress "${RULES[@]}"
said "it has no recovery password" "the message says that there is no other key"
said "manage-bde -protectors -disable" "and what to do"
encrypted part --recovery --partial --seed 12
before=$(sum "$SCRATCH/part.img")
id part recovery >"$SCRATCH/part.txt"
expect 36 "partly encrypted" scan "$SCRATCH/part.img" "$STORE" --bitlocker-keys "$SCRATCH/part.txt" /hardlink /nocompress "${RULES[@]}"
said "only partly encrypted" "the message says so"
same_sum "it is not touched" "$SCRATCH/part.img" "$before"

echo "-- another Windows beside a locked one"
"$MKWIN" --style win11 --size 256M "$SCRATCH/other.img" >/dev/null
before=$(sum "$SCRATCH/other.img")
expect 36 "the other one is not taken for it" scan "$SCRATCH/tpm.img" "$STORE" --volume "D=$SCRATCH/other.img" /hardlink /nocompress "${RULES[@]}"
same_sum "and not touched" "$SCRATCH/other.img" "$before"

echo "-- damaged metadata"
encrypted dmg --recovery --seed 13
id dmg recovery >"$SCRATCH/dmg.txt"
offset=$(od -An -t u8 -j 176 -N 8 "$SCRATCH/dmg.img" | tr -d ' ')
printf '\377' | dd of="$SCRATCH/dmg.img" bs=1 seek=$((offset + 300)) conv=notrunc status=none
expect 0 "one bad copy of three" "$HOLDFAST" volumes --volume "C=$SCRATCH/dmg.img" --bitlocker-keys "$SCRATCH/dmg.txt"
said "BitLocker unlocked" "does no harm"
for at in 184 192; do
	offset=$(od -An -t u8 -j $at -N 8 "$SCRATCH/dmg.img" | tr -d ' ')
	printf '\377' | dd of="$SCRATCH/dmg.img" bs=1 seek=$((offset + 300)) conv=notrunc status=none
done
expect 0 "three bad copies" "$HOLDFAST" volumes --volume "C=$SCRATCH/dmg.img" --bitlocker-keys "$SCRATCH/dmg.txt"
said "none of the three copies" "are told"
exit $test_status
