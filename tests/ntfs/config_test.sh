#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Config.xml, generated files, --lint and the copy of the rule files in the store, through the command
# line on a sample volume.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/ntfs/lib.sh
. tests/ntfs/lib.sh

STORE='C:\USMTMIG'
image=$SCRATCH/v.img
"$MKWIN" --style win10 "$image" >/dev/null || not_ok mkwin
before=$(sum "$image")

# kept FILE: number of files in the list.
kept() {
	tr -d '\r' <"$1" | grep -c .
}

expect 0 "/genconfig" scan "$image" /i:MigUser.xml /i:MigDocs.xml "/genconfig:$SCRATCH/Config.xml"
check "it is XML" xmllint --noout "$SCRATCH/Config.xml"
check "it names our components" grep -i 'displayname="My Documents"' "$SCRATCH/Config.xml"
expect 27 "an existing file is not overwritten" scan "$image" /i:MigUser.xml "/genconfig:$SCRATCH/Config.xml"
expect 11 "/genconfig makes no store" scan "$image" "$STORE" /i:MigUser.xml "/genconfig:$SCRATCH/c.xml"
expect 0 "/genmigxml" scan "$image" "/genmigxml:$SCRATCH/docs.xml"
check "it is XML" xmllint --noout "$SCRATCH/docs.xml"
expect 0 "it can be used" scan "$image" "$STORE" "/i:$SCRATCH/docs.xml" --dry-run "/listfiles:$SCRATCH/generated"
expect 0 "like the finder itself" scan "$image" "$STORE" /i:MigDocs.xml --dry-run "/listfiles:$SCRATCH/found"
check "it finds at least the same number of files" test "$(kept "$SCRATCH/generated")" -ge "$(kept "$SCRATCH/found")"

echo "-- /config"
expect 0 "everything" scan "$image" "$STORE" /i:MigUser.xml --dry-run "/listfiles:$SCRATCH/all"
sed -E '/displayname="My Documents"/ s/migrate="yes"/migrate="no"/' "$SCRATCH/Config.xml" >"$SCRATCH/NoDocs.xml"
expect 0 "without My Documents" scan "$image" "$STORE" /i:MigUser.xml "/config:$SCRATCH/NoDocs.xml" \
	--dry-run "/listfiles:$SCRATCH/fewer"
check "fewer files" test "$(kept "$SCRATCH/fewer")" -lt "$(kept "$SCRATCH/all")"
if grep -qF 'ann\Documents\sample.txt' "$SCRATCH/all" && ! grep -qF 'ann\Documents\sample.txt' "$SCRATCH/fewer"; then
	ok "the documents are out"
else
	not_ok "the documents are out"
fi
expect 39 "a rule file as /config" scan "$image" "$STORE" /i:MigUser.xml --dry-run \
	"/config:$HOLDFAST_RULES/MigUser.xml"
said '/i' "the message names the option"
expect 39 "no such file" scan "$image" "$STORE" /i:MigUser.xml --dry-run "/config:$SCRATCH/none.xml"
echo 'not XML' >"$SCRATCH/text.xml"
expect 39 "not XML at all" scan "$image" "$STORE" /i:MigUser.xml --dry-run "/config:$SCRATCH/text.xml"
same_sum "not a byte changed" "$image" "$before"

echo "-- ErrorControl"
cp --sparse=always "$image" "$SCRATCH/good.img"
build/tests/fixtures/ntfspoke "$image" byte '\Users\ann\NTUSER.DAT' 0 0
policy() {
	echo "<?xml version=\"1.0\"?><Configuration><Policies><ErrorControl><fileError><$1 errorCode=\"any\">C:\\Users\\* [*]</$1>
</fileError></ErrorControl></Policies></Configuration>" >"$SCRATCH/Policy.xml"
}
policy nonFatal
expect 3 "nonFatal goes on without /c" scan "$image" "$STORE" /i:MigUser.xml "/config:$SCRATCH/Policy.xml" --dry-run
policy fatal
expect 61 "fatal stops in spite of /c" scan "$image" "$STORE" /i:MigUser.xml "/config:$SCRATCH/Policy.xml" --dry-run /c
mv "$SCRATCH/good.img" "$image"

echo "-- /auto, /all, --lint, the store's copy of the rules"
expect 0 "/auto" scan "$image" "$STORE" /hardlink /nocompress /auto --dry-run
expect 11 "/auto with /ui" scan "$image" "$STORE" /hardlink /nocompress /auto /ui:ann --dry-run
expect 11 "/all with /ue" scan "$image" "$STORE" /hardlink /nocompress /all /ue:ann --dry-run
expect 0 "our own rule files have no weakness" "$HOLDFAST" scanstate --lint MigUser.xml MigDocs.xml MigApp.xml MigSys.xml
cat >"$SCRATCH/weak.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<migration urlid="urn:test:weak"><component type="Documents" context="System"><displayName>Weak</displayName>
<role role="Data"><rules><exclude><objectSet><pattern type="File">%NOSUCH%\* [*]</pattern></objectSet></exclude></rules></role>
</component></migration>
END
expect 3 "--lint finds weaknesses" "$HOLDFAST" scanstate --lint "$SCRATCH/weak.xml"
said 'weak.xml:' "with file and line"
expect 28 "--lint of a file that is not there" "$HOLDFAST" scanstate --lint "$SCRATCH/none.xml"
expect 0 "--explain of a registry value" scan "$image" "$STORE" /i:MigSys.xml --explain 'HKCU\Control Panel\Desktop [Wallpaper]'
expect 0 "capture" scan "$image" "$STORE" /hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml
inode=$(fls -p -r "$image" | awk -F'\t' '$2 == "USMTMIG/USMT/catalog.db" { print $1 }' | grep -oE '[0-9]+-[0-9]+-[0-9]+' | head -n 1)
icat "$image" "$inode" >"$SCRATCH/catalog.db"
sqlite3 "$SCRATCH/catalog.db" "SELECT writefile('$SCRATCH/kept.xml', data) FROM rule_file WHERE name = 'MigUser.xml'" >"$SCRATCH/out" 2>&1
check "the store keeps the rule files" cmp "$SCRATCH/kept.xml" "$HOLDFAST_RULES/MigUser.xml"
exit $test_status
