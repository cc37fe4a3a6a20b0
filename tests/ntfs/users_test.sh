#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is captured: names from wherever Windows remembers them, profiles in odd places, selection by
# options, and that a wipe forgets nobody (USMT specification 11).
# shellcheck disable=SC1003 # a backslash before the closing quote is what is meant
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

NTFSPOKE=$PWD/build/tests/fixtures/ntfspoke
CAPTURE=(/hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml)
STORE='C:\USMTMIG'
OWN=S-1-5-21-1112223334-445556667-778889990
DOMAIN=S-1-5-21-2020202020-303030303-404040404
image=$SCRATCH/v.img data=$SCRATCH/d.img

# shellcheck disable=SC2317 # called by expect
both() {
	scan "$image" --volume "D=$data" "$STORE" "${CAPTURE[@]}" "$@"
}

# user DECISION NAME NAME-OF-TEST: the table's row of NAME begins with DECISION.
user() {
	if grep -qE -- "^  $1 +$2 " "$SCRATCH/out"; then
		ok "$3"
	else
		not_ok "$3"
	fi
}

# only NAME-OF-TEST NAME...: exactly these names are captured (sorted as in the table).
only() {
	local what=$1
	shift
	sed -n 's/^  capture  \([^ ]*\) .*/\1/p' "$SCRATCH/out" | sort >"$SCRATCH/captured"
	if (($#)); then printf '%s\n' "$@"; fi | sort >"$SCRATCH/wanted"
	if diff "$SCRATCH/wanted" "$SCRATCH/captured" >"$SCRATCH/out2"; then
		ok "$what"
	else
		not_ok "$what: $(tr '\n' ' ' <"$SCRATCH/out2")"
	fi
}

"$MKWIN" --style win10 --people "$image" >/dev/null || not_ok mkwin
"$MKWIN" --style data --size 64M --label Data "$data" >/dev/null || not_ok 'mkwin data'
before=$(sum "$image")

echo "-- names and kinds"
expect 0 "a dry run with everybody" both --dry-run
user capture 'SAMPLE-PC\\ann' "a local account is named by the SAM"
user capture 'CORP\\lee' "a domain account is named by the logon screen's values"
user capture 'CORP\\pat' "another by Group Policy's"
user capture 'CORP\\kim' "another by its own registry"
user capture 'AzureAD\\EveSample' "an account of Entra ID is named by IdentityStore"
user capture "zoe \\($OWN-1005\\)" "a profile set aside as .bak is the real one"
user capture "TEMP \\($OWN-1005\\)" "the temporary one is kept too"
said 'a temporary profile' "and called by its kind"
user skip "gone \\($OWN-1003\\)" "an entry without a folder is listed"
said 'stale entry' "as stale"
user skip "MSSQLSERVER" "a service is no person"
user capture "max \\($OWN-1006\\)" "a profile on D: is a profile"
said 'D:\Users\max' "with its path there"
user capture "jun \\($OWN-1007\\)" "a profile behind a junction too"
said 'C:\Data\jun' "under the folder it leads to"
user capture "lost \\($OWN-1077\\)" "a profile that is not listed is kept under its folder's SID"
user capture "nobody \\(unknown-nobody\\)" "also when no SID is known"
said 'does not list any more' "with a warning"
check "the log has SIDs" grep -q "CORP.lee: SID $DOMAIN-1605, name from logon screen" "$SCRATCH/ScanState.log"
check "the log has sign-in names" grep -q "signs in as eve@example.org" "$SCRATCH/ScanState.log"
check "the log has the table" grep -q "  capture  AzureAD.EveSample" "$SCRATCH/ScanState.log"
expect 3 "without D: the profile there is not dropped" scan "$image" "$STORE" "${CAPTURE[@]}" /c --dry-run
user capture "max \\($OWN-1006\\)" "but captured as far as it can be"
said 'is not on a volume at hand' "and warned of"

echo "-- selection"
expect 0 "/ui with /ue:*\\*" both --dry-run '/ui:CORP\*' '/ue:*\*'
only "only the domain's, and whom nobody can tell of" 'CORP\kim' 'CORP\lee' 'CORP\pat' nobody
expect 0 "by SID pattern" both --dry-run '/ue:*' "/ui:$DOMAIN-1605" '/ui:S-1-12-1-*'
only "only those" 'CORP\lee' 'AzureAD\EveSample'
expect 0 "by sign-in name" both --dry-run '/ue:*' '/ui:AzureAD\eve@example.org'
only "only she" 'AzureAD\EveSample'
expect 0 "local accounts by %computername%" both --dry-run '/ue:*\*' '/ui:%computername%\*'
said 'Jörg Müller' "a name with a blank"
expect 0 "quotes in one string" scan "$image" "$STORE" --volume "D=$data" --dry-run --args \
	'/hardlink /nocompress /i:MigUser.xml /ue:* /ui:"%computername%\Jörg Müller"'
only "only he" 'SAMPLE-PC\Jörg'
expect 0 "/ui alone" both --dry-run '/ui:CORP\lee'
said '/ui alone excludes nobody' "is warned of"
expect 0 "an option that means nobody" both --dry-run '/ue:CORP\misspelt'
said '/ue:CORP\misspelt matches no user' "is warned of"
for bad in '/ui:\ann' '/ui:CORP\' '/ue:A\B\C' '/ue:"x' '/ui:a|b' '/uel:0' '/uel:x' \
	'/uel:2024/2/30' '/uel:-3' '/uel:'; do
	expect 11 "$bad is refused" both --dry-run "$bad"
done
expect 11 "/all with /uel is refused" both --dry-run /all /uel:30
expect 11 "/uel twice is refused" both --dry-run /uel:30 /uel:31

echo "-- /uel"
# The sample's times are years old; ann's is of 2023-03-17, EveSample's of 2016-01-22.
expect 0 "since a date" both --dry-run /uel:2022/1/1
user capture 'SAMPLE-PC\\ann' "ann has been active since"
user skip 'AzureAD\\EveSample' "EveSample has not"
said '/uel:2022/1/1: last used 2016-01-22' "the table says why"
said 'virus scanners' "with a warning"
expect 0 "the date itself counts" both --dry-run /uel:2016/01/22
user capture 'AzureAD\\EveSample' "EveSample was active that day"
expect 0 "days" both --dry-run /uel:1
only "nobody was active yesterday"
expect 0 "/ui wins over /uel" both --dry-run /uel:1 '/ui:CORP\lee'
only "only lee" 'CORP\lee'
expect 0 "/ue has no effect beside /uel" both --dry-run /uel:2022/1/1 '/ue:*'
user capture 'SAMPLE-PC\\ann' "ann comes in"
said '/ue has no effect beside /uel' "which is said"
same_sum "nothing of this changed a byte" "$image" "$before"

echo "-- the environment"
MIG_FAIL_ON_PROFILE_ERROR=0 expect 0 "MIG_FAIL_ON_PROFILE_ERROR=0" both --dry-run
user skip "TEMP \\($OWN-1005\\)" "leaves temporary profiles out"
MIG_OFFLINE_PLATFORM_ARCH=32 expect 0 "MIG_OFFLINE_PLATFORM_ARCH" both --dry-run
said '32-bit' "counts"
MIG_OFFLINE_PLATFORM_ARCH=128 expect 11 "a wrong one is refused" both --dry-run

echo "-- capture and wipe"
expect 0 "capture of all" both
"$NTFSSNAP" --no-hash "$image" | cut -f1 >"$SCRATCH/names"
for folder in Users/lee Users/EveSample Users/zoe Users/TEMP.SAMPLE-PC Users/lost Users/nobody Data/jun; do
	path="\\USMTMIG\\USMT\\File\\C\$\\${folder/\//\\}\\Documents\\work.txt"
	check "kept: $folder" grep -axF -- "$path" "$SCRATCH/names"
done
expect 0 "a captured user without any file is nobody forgotten" \
	"$HOLDFAST" wipe C: --volume "C=$image" --volume "D=$data" --dry-run
expect 0 "capture without the unlisted ones and the temporary one" both /o '/ue:unknown-*' \
	"/ue:$OWN-1077" "/ue:$OWN-1005"
expect 0 "who was excluded by an option may go" \
	"$HOLDFAST" wipe C: --volume "C=$image" --volume "D=$data" --dry-run
MIG_FAIL_ON_PROFILE_ERROR=0 expect 0 "capture without temporary profiles" both /o
expect 36 "who was left out by nobody's word stops the wipe" \
	"$HOLDFAST" wipe C: --volume "C=$image" --volume "D=$data" --dry-run
said 'TEMP.SAMPLE-PC' "with its name"

echo "-- hostile"
"$MKWIN" --style win10 --people "$image" >/dev/null || not_ok mkwin
"$NTFSPOKE" "$image" byte '\Users\lee\NTUSER.DAT' 0 0
expect 61 "a damaged hive of a listed user stops" scan "$image" "$STORE" --volume "D=$data" "${CAPTURE[@]}"
said 'NTUSER.DAT' "with its name"
"$NTFSPOKE" "$image" byte '\Users\lee\NTUSER.DAT' 0 114
"$NTFSPOKE" "$image" byte '\Users\nobody\NTUSER.DAT' 0 0
expect 61 "a damaged hive of an unlisted one too" both
expect 3 "/c takes the default folders" both /o /c
user capture "nobody \\(unknown-nobody\\)" "and keeps the profile"
exit $test_status
