# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# The cases of tests/qemu/run.sh: each function case_NAME runs in a subshell with $dir, an empty
# folder of its own, and fails by fail() or by not returning 0. Whether a case passed is read from
# the disks afterwards, never from what the guest says.

CASES=(usb_uefi_nvme usb_bios_ahci pxe_uefi_virtio pxe_bios_xp ipxe_uefi
	fat_and_two_ntfs restore_round_trip power_cut two_windows two_windows_chosen windows_old windows_old_one_boot hibernated
	bad_config menu bitlocker bitlocker_no_key bitlocker_menu)

scanstate_line='C:\USMTMIG /hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml /o /c /v:5'
capture_conf="action = capture+wipe
scanstate = $scanstate_line
error-delay = 1
end = poweroff"
# The same for a kernel command line.
capture_cmdline="holdfast.action=capture+wipe holdfast.scanstate=\"$scanstate_line\" \
holdfast.error-delay=1 holdfast.end=poweroff"

# boot NAME: runs the machine with nobody typing.
boot() {
	qemu_run < /dev/null > "$dir/serial.log" 2>&1 || exit 1
}

# sample NAME ARGUMENT...: a sample disk $dir/NAME.img.
sample() {
	local name=$1
	shift
	disk_make "$dir/$name.img" --size 512M --files 300 --computer "$name" "$@"
}

# expect_wiped NAME [ARGUMENT...]: the store is whole, everything else that had to go is gone, the logs are there.
expect_wiped() {
	local log
	snapshot "$dir/$1.img" "$dir/$1.after.tsv"
	expect_store "$dir/$1.before.tsv" "$dir/$1.after.tsv" 'C:\USMTMIG' "${@:2}" \
		> "$dir/$1.compare" 2>&1 ||
		fail "$1: $(tail -n 15 "$dir/$1.compare")"
	for log in holdfast.log ScanState.log ScanStateProgress.log wipe.log; do
		grep -qaF "\\Holdfast\\Logs\\$log" "$dir/$1.after.tsv" ||
			fail "$1: there is no $log in \\Holdfast\\Logs on the volume"
	done
	expect_healthy "$dir/$1.img"
}

# remember NAME... / expect_untouched NAME...: the disks' bytes are the same.
remember() {
	(cd "$dir" && sha256sum "${@/%/.img}" > disks.sha256)
}

expect_untouched() {
	(cd "$dir" && sha256sum --quiet --check disks.sha256) || fail "a disk was changed"
}

# expect_log PATTERN: the stick has exactly one folder of logs, and its holdfast.log says PATTERN.
expect_log() {
	local logs
	stick_logs "$dir/stick.img" "$dir/logs"
	logs=("$dir"/logs/*/holdfast.log)
	[ -f "${logs[0]}" ] || fail "there is no holdfast.log on the stick"
	[ "${#logs[@]}" -eq 1 ] || fail "there are ${#logs[@]} folders of logs on the stick"
	grep -q -- "$1" "${logs[0]}" || fail "holdfast.log on the stick does not say \"$1\""
}

# capture_and_wipe_by_usb FIRMWARE BUS STYLE
capture_and_wipe_by_usb() {
	sample pc --style "$3" --disk gpt
	snapshot "$dir/pc.img" "$dir/pc.before.tsv"
	stick_make "$dir/stick.img" "$capture_conf"
	qemu_firmware "$1" "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk "$2" "$dir/pc.img" HFDISK1
	boot
	expect_wiped pc
	expect_log 'exit code 0 .*holdfast wipe'
	[ -s "$(echo "$dir"/logs/*/ScanState.log)" ] || fail "there is no ScanState.log on the stick"
	[ -s "$(echo "$dir"/logs/*/ScanStateProgress.log)" ] || fail "there is no progress log on the stick"
	[ -s "$(echo "$dir"/logs/*/wipe.log)" ] || fail "there is no wipe.log on the stick"
}

case_usb_uefi_nvme() {
	capture_and_wipe_by_usb uefi nvme win10
}

case_usb_bios_ahci() {
	capture_and_wipe_by_usb bios ahci win11
}

restore_conf='action = restore+delete-store
error-delay = 1'

# Capture and wipe, a new Windows on the same volume, restore: every file that was captured is back in its
# place, and the store is gone.
case_restore_round_trip() {
	local log
	sample pc --style win10 --disk gpt
	snapshot "$dir/pc.img" "$dir/pc.before.tsv"
	stick_make "$dir/stick.img" "action = capture+wipe
scanstate = $scanstate_line /listfiles:files.txt"
	qemu_firmware uefi "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/pc.img" HFDISK1
	boot
	expect_wiped pc
	stick_logs "$dir/stick.img" "$dir/logs.capture"
	disk_install "$dir/pc.img" --style win11 --computer NEWPC
	stick_make "$dir/stick.img" "$restore_conf"
	boot
	snapshot "$dir/pc.img" "$dir/pc.after.tsv"
	expect_restored "$dir/pc.before.tsv" "$dir/pc.after.tsv" "$dir"/logs.capture/*/files.txt > "$dir/pc.restored" 2>&1 ||
		fail "pc: $(tail -n 15 "$dir/pc.restored")"
	! grep -qaF '\USMTMIG' "$dir/pc.after.tsv" || fail "the store is still there"
	expect_healthy "$dir/pc.img"
	expect_log 'RESULT: restored; all was compared with the store. The store is deleted.'
	for log in holdfast.log LoadState.log LoadStateProgress.log doctor.log; do
		grep -qaF "\\Holdfast\\Logs\\$log" "$dir/pc.after.tsv" || fail "there is no $log on the volume"
		[ -s "$(echo "$dir"/logs/*/"$log")" ] || fail "there is no $log on the stick"
	done
}

# cut_after TEXT MIN MAX: starts the machine, and takes its power away a pseudo-random number of
# milliseconds from MIN to MAX after TEXT was on the serial line. Notes in $hits whether work was going on.
cut_after() {
	local machine delay tries=0
	delay=$(($2 + RANDOM % ($3 - $2)))
	qemu-system-x86_64 "${qemu_args[@]}" -serial stdio < /dev/null > "$dir/serial.log" 2>&1 &
	machine=$!
	trap 'kill -KILL "$machine" 2> /dev/null' EXIT
	until grep -qa -- "$1" "$dir/serial.log"; do
		kill -0 "$machine" 2> /dev/null || fail "the machine ended before it showed \"$1\""
		tries=$((tries + 1))
		[ "$tries" -lt $((qemu_limit * 20)) ] || fail "the serial line never showed \"$1\""
		sleep 0.05
	done
	sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
	kill -KILL "$machine" || fail "the machine ended before its power could be cut"
	wait "$machine"
	trap - EXIT
	echo "power cut $delay ms after \"$1\": $(tr '\r' '\n' < "$dir/serial.log" | grep -av '^[[:space:]]*$' | tail -n 1)"
	cp "$dir/serial.log" "$dir/serial.cut$((++cuts)).log"
}

# cut_hit PATTERN: the last cut came before the serial line showed PATTERN.
cut_hit() {
	grep -qa -- "$1" "$dir/serial.log" || hits=$((hits + 1))
}

# Nobody is there, and the power fails again and again: the same stick ends as if nothing had happened.
case_power_cut() {
	local cuts=0 hits=0
	RANDOM=20261
	disk_make "$dir/pc.img" --size 1G --files 20000 --computer pc --style win10 --disk gpt
	snapshot "$dir/pc.img" "$dir/pc.before.tsv"
	stick_make "$dir/stick.img" 'action = capture+wipe
error-delay = 1'
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/pc.img" HFDISK1
	cut_after 'To keep on C:' 100 800
	cut_hit 'ScanState return code'
	cut_after 'To keep on C:' 1200 2200
	cut_hit 'ScanState return code'
	cut_after 'ScanState return code: 0' 0 1000
	cut_after 'Reporting deletion progress' 50 500
	cut_hit 'Wipe return code'
	cut_after 'Reporting deletion progress' 300 1500
	cut_hit 'Wipe return code'
	[ "$hits" -ge 2 ] || fail "only $hits of the cuts came in the middle of something"
	boot
	grep -qa 'RESULT: captured and wiped' "$dir/serial.log" || fail "it did not end as it should"
	expect_wiped pc
}

# UEFI network boot; the settings are in a unified kernel image made as the PXE folder's README says.
case_pxe_uefi_virtio() {
	sample pc --style win10 --disk gpt
	snapshot "$dir/pc.img" "$dir/pc.before.tsv"
	mkdir "$dir/tftp"
	"$top/images/uki.sh" "$qemu_images/pxe/vmlinuz" "$qemu_images/pxe/initramfs.zst" \
		"console=ttyS0,115200 console=tty0 panic=30 quiet $capture_cmdline" \
		"$dir/tftp/holdfast.efi" || fail "uki.sh"
	qemu_firmware uefi "$dir"
	qemu_network "$dir/tftp" holdfast.efi firmware
	qemu_disk virtio "$dir/pc.img" HFDISK1
	boot
	expect_wiped pc
}

case_pxe_bios_xp() {
	sample pc --style xp --disk mbr
	snapshot "$dir/pc.img" "$dir/pc.before.tsv"
	cp -R "$qemu_images/pxe" "$dir/tftp"
	sed -i "s|^  APPEND .*|& ${capture_cmdline//\\/\\\\}|" "$dir/tftp/pxelinux.cfg/default"
	qemu_firmware bios "$dir"
	qemu_network "$dir/tftp" pxelinux.0 ipxe
	qemu_disk ahci "$dir/pc.img" HFDISK1
	boot
	expect_wiped pc
}

# iPXE gives the image its own file name as command line; the built-in settings must count all the
# same. Were they lost, the menu would come up and the machine would not power off; nor would it
# within the time limit if anything went wrong.
case_ipxe_uefi() {
	sample pc --style win11 --disk gpt
	remember pc
	mkdir "$dir/tftp"
	"$top/images/uki.sh" "$qemu_images/pxe/vmlinuz" "$qemu_images/pxe/initramfs.zst" \
		"console=ttyS0,115200 console=tty0 panic=30 quiet holdfast.action=show \
holdfast.error-delay=3600" \
		"$dir/tftp/holdfast.efi" || fail "uki.sh"
	qemu_firmware uefi "$dir"
	qemu_network "$dir/tftp" holdfast.efi ipxe
	qemu_disk virtio "$dir/pc.img" HFDISK1
	boot
	expect_untouched
}

# data_disk OUT: a disk with signature 0xdecafbad and two partitions: 200 MiB NTFS at 1 MiB, and 100 MiB
# FAT32 at 201 MiB.
data_disk() {
	disk_make "$1.ntfs" --style data --size 200M --serial 0807060504030201 --label Data
	truncate -s 100M "$1.fat"
	mkfs.vfat -F 32 -n CARD "$1.fat" > /dev/null || fail "mkfs.vfat"
	mmd -i "$1.fat" ::Photos || fail "mmd"
	head -c 5000000 /dev/urandom > "$1.jpg"
	mcopy -m -i "$1.fat" "$1.jpg" '::Photos/Übung auf der Brücke.jpg' || fail "mcopy"
	truncate -s 302M "$1"
	dd if="$1.ntfs" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
	dd if="$1.fat" of="$1" bs=1M seek=201 conv=notrunc,sparse status=none
	{
		printf '\xad\xfb\xca\xde\0\0'
		printf '\0\xfe\xff\xff\x07\xfe\xff\xff\0\x08\0\0\0\x40\x06\0'
		printf '\0\xfe\xff\xff\x0c\xfe\xff\xff\0\x48\x06\0\0\x20\x03\0'
	} | dd of="$1" bs=1 seek=440 conv=notrunc status=none
	printf '\x55\xaa' | dd of="$1" bs=1 seek=510 conv=notrunc status=none
}

# Files on C: and D: stay in place, those of FAT's E: are copied to C: before it is wiped.
case_fat_and_two_ntfs() {
	local sum data
	sample pc --style win10 --disk gpt --drive D=adfbcade0000100000000000 \
		--drive E=adfbcade0000900c00000000
	snapshot "$dir/pc.img" "$dir/pc.before.tsv"
	data_disk "$dir/data.img"
	"$qemu_fixtures/ntfssnap" "$dir/data.img@1048576" > "$dir/data.before.tsv"
	stick_make "$dir/stick.img" "$capture_conf"
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/pc.img" HFDISK1
	qemu_disk ahci "$dir/data.img" HFDISK2
	boot
	expect_wiped pc --allow-new '\USMTMIG\USMT\File\E$'
	expect_log 'exit code 0 .*holdfast wipe'
	sum=$(sha256sum "$dir/data.img.jpg" | cut -d ' ' -f 1)
	grep -aF '\USMTMIG\USMT\File\E$\Photos\Übung auf der Brücke.jpg' "$dir/pc.after.tsv" |
		grep -q "$sum" || fail "the copy of the file on FAT is not what it was"
	data=$dir/data.after.tsv
	"$qemu_fixtures/ntfssnap" "$dir/data.img@1048576" > "$data"
	"$qemu_fixtures/ntfssnap" --compare "$dir/data.before.tsv" "$data" --store 'D:\USMTMIG' --summary \
		> "$dir/data.compare" 2>&1 || fail "D:: $(tail -n 15 "$dir/data.compare")"
	grep -qaF '\USMTMIG\USMT\File\D$\Data\letter.doc' "$data" || fail "D: has no part of the store"
	"$qemu_fixtures/ntfssnap" --check-only "$dir/data.img@1048576" > "$dir/data.check" 2>&1 ||
		fail "D: is inconsistent: $(tail -n 15 "$dir/data.check")"
}

case_two_windows() {
	sample one --style win10 --disk gpt --seed 1
	sample two --style win10 --disk gpt --seed 2
	remember one two
	stick_make "$dir/stick.img" "$capture_conf"
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk ahci "$dir/one.img" HFDISK1
	qemu_disk nvme "$dir/two.img" HFDISK2
	boot
	expect_untouched
	expect_log 'exit code 26 .*holdfast scanstate'
}

case_two_windows_chosen() {
	sample one --style win10 --disk gpt --seed 1
	sample two --style win10 --disk gpt --seed 2
	remember one
	snapshot "$dir/two.img" "$dir/two.before.tsv"
	stick_make "$dir/stick.img" "$capture_conf
disk-serial = HFDISK2"
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/one.img" HFDISK1
	qemu_disk ahci "$dir/two.img" HFDISK2
	boot
	expect_untouched
	expect_wiped two
}

# A new Windows with the old one in Windows.old: the old one's state is stored under the paths it had,
# and not a name outside the store and the logs comes or goes. A wipe would take the new Windows.
case_windows_old() {
	local path
	sample pc --style win10 --disk gpt --windows-old
	snapshot "$dir/pc.img" "$dir/before.tsv"
	stick_make "$dir/stick.img" "action = capture+wipe
scanstate = $scanstate_line /offlinewinold:C:\\Windows.old
error-delay = 1
end = poweroff"
	qemu_firmware uefi "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/pc.img" HFDISK1
	boot
	snapshot "$dir/pc.img" "$dir/after.tsv"
	for path in '\Users\ann\Documents\sample.txt' '\Users\kim.CORP\Desktop\sample.txt'; do
		grep -qaF "\\USMTMIG\\USMT\\File\\C\$$path" "$dir/after.tsv" ||
			fail "$path is not in the store"
	done
	if grep -qaF 'USMT\File\C$\Windows.old' "$dir/after.tsv"; then
		fail "the store names Windows.old"
	fi
	cut -f1 "$dir/before.tsv" | sort > "$dir/before.names"
	cut -f1 "$dir/after.tsv" | grep -av -e '^\\USMTMIG' -e '^\\Holdfast' | sort > "$dir/after.names"
	cmp "$dir/before.names" "$dir/after.names" || fail "names outside the store came or went"
	"$qemu_fixtures/ntfssnap" --check-only "$dir/pc.img@$(windows_offset "$dir/pc.img")" \
		> "$dir/check" 2>&1 || fail "the volume is inconsistent: $(tail -n 15 "$dir/check")"
	expect_log 'captured; the wipe was refused or failed'
}

# The same by a person at the menu, who then wants it in the new Windows without starting again. Nobody
# has logged on there yet: LoadState says what is missing, and the store stays whole.
case_windows_old_one_boot() {
	local machine path
	sample pc --style win10 --disk gpt --windows-old
	snapshot "$dir/pc.img" "$dir/before.tsv"
	stick_make "$dir/stick.img" "scanstate = $scanstate_line /offlinewinold:C:\\Windows.old
loadstate = C:\USMTMIG /hardlink /nocompress /v:5 /lac"
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/pc.img" HFDISK1
	mkfifo "$dir/keyboard"
	qemu_run < "$dir/keyboard" > "$dir/serial.log" 2>&1 &
	machine=$!
	exec 7> "$dir/keyboard"
	wait_for 'Choice \[1\]:' 1
	printf '4\r' >&7
	wait_for 'Type STORE to go on' 1
	printf 'STORE\r' >&7
	wait_for 'RESULT: captured' 1
	wait_for 'Choice \[1\]:' 2
	printf '7\r' >&7
	wait_for 'Type DELETE STORE to go on' 1
	printf 'DELETE STORE\r' >&7
	wait_for 'RESULT: ' 2
	wait_for 'Choice \[1\]:' 3
	printf '11\r' >&7
	wait "$machine" || fail "the machine did not power off"
	expect_log 'RESULT: restored'
	snapshot "$dir/pc.img" "$dir/after.tsv"
	for path in '\Users\ann\Documents\sample.txt' '\Users\kim.CORP\Desktop\sample.txt'; do
		grep -qaF "$path	" "$dir/after.tsv" || fail "$path is not back"
	done
	if grep -qaF '\USMTMIG\USMT' "$dir/after.tsv"; then fail "the store is still there"; fi
	expect_healthy "$dir/pc.img"
}

case_hibernated() {
	sample pc --style win10 --disk gpt --state hibernated
	remember pc
	stick_make "$dir/stick.img" "$capture_conf"
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/pc.img" HFDISK1
	boot
	expect_untouched
	expect_log 'NOT captured, NOT wiped'
}

case_bad_config() {
	sample pc --style win10 --disk gpt
	remember pc
	stick_make "$dir/stick.img" "$capture_conf
wipe-kepe = C:\\Tools"
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk ahci "$dir/pc.img" HFDISK1
	boot
	expect_untouched
	expect_log 'holdfast.conf line 5: unknown key "wipe-kepe"; allowed: action'
}

# wait_for TEXT COUNT: waits until the serial line has shown TEXT that many times.
wait_for() {
	local tries=0
	until [ "$(grep -c -a -- "$1" "$dir/serial.log" 2> /dev/null)" -ge "$2" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt $((qemu_limit * 5)) ] || fail "the serial line never showed \"$1\""
		kill -0 "$machine" 2> /dev/null || fail "the machine ended before it showed \"$1\""
		sleep 0.2
	done
}

# screen NUMBER: takes a picture of the screen.
screen() {
	echo "screendump $dir/screen$1.ppm" >&8
	sleep 1
	[ -s "$dir/screen$1.ppm" ] || fail "there is no picture of the screen"
}

# The shipped stick as it is: the menu appears; Enter shows, nonsense is asked again, 9 powers off. The
# first two are typed on the serial line and must change the screen, the last on the keyboard.
case_menu() {
	local machine
	sample pc --style win10 --disk gpt
	stick_make "$dir/stick.img" ''
	remember pc stick
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk ahci "$dir/pc.img" HFDISK1
	mkfifo "$dir/keyboard" "$dir/monitor.in" "$dir/monitor.out"
	qemu_args+=(-chardev "pipe,id=monitor,path=$dir/monitor" -mon monitor)
	cat "$dir/monitor.out" > /dev/null &
	qemu_run < "$dir/keyboard" > "$dir/serial.log" 2>&1 &
	machine=$!
	exec 7> "$dir/keyboard" 8> "$dir/monitor.in"
	wait_for 'Choice \[1\]:' 1
	screen 1
	printf '\r' >&7
	wait_for 'RESULT: shown only; nothing was written' 1
	wait_for 'Choice \[1\]:' 2
	printf 'nonsense\r' >&7
	wait_for 'is not one of the choices' 1
	wait_for 'Choice \[1\]:' 3
	screen 2
	! cmp -s "$dir/screen1.ppm" "$dir/screen2.ppm" || fail "the screen did not change"
	printf 'sendkey 1\nsendkey 1\nsendkey ret\n' >&8
	wait "$machine" || fail "the machine did not power off"
	expect_untouched
}

# bitlocker_sample: a sample disk pc.img whose Windows volume is encrypted, what mkbitlk says of it in
# pc.ids, and the list of its files in pc.before.tsv.
bitlocker_sample() {
	sample pc --style win10 --disk gpt
	volume=$dir/pc.img@$(windows_offset "$dir/pc.img")
	"$qemu_fixtures/mkbitlk" --tpm --recovery --seed 21 "$volume" > "$dir/pc.ids" || fail "mkbitlk"
	bitlocker_snapshot before
	key_id=$(sed -n 's/^recovery-id=//p' "$dir/pc.ids")
	key=$(sed -n 's/^recovery=//p' "$dir/pc.ids")
	[ -n "$key_id$key" ] || fail "mkbitlk made no recovery password"
}

# bitlocker_snapshot NAME: decrypts the volume by mkbitlk and lists what is on it.
bitlocker_snapshot() {
	"$qemu_fixtures/mkbitlk" --seed 21 --decrypt "$dir/plain.img" "$volume" || fail "mkbitlk --decrypt"
	"$qemu_fixtures/ntfssnap" "$dir/plain.img" > "$dir/pc.$1.tsv" || fail "ntfssnap"
}

# expect_no_key: the recovery password is nowhere in what came out.
expect_no_key() {
	! grep -rqaF "${key:0:20}" "$dir/serial.log" "$dir/logs" || fail "the key is in a log"
}

# An encrypted Windows, its key on the stick in a file named by the key's ID, and nobody there.
case_bitlocker() {
	local volume key_id key i keep=()
	bitlocker_sample
	stick_make "$dir/stick.img" "$capture_conf"
	printf '%s\r\n' "$key" | MTOOLS_SKIP_CHECK=1 mcopy -i "$dir/stick.img@@1M" - "::keys/$key_id.txt" ||
		fail "mcopy"
	qemu_firmware uefi "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk nvme "$dir/pc.img" HFDISK1
	boot
	bitlocker_snapshot after
	for i in '{c9ca54a3-6983-46b7-8684-a7e5e23499e3}' '{e40ad34d-dae9-4bc7-95bd-b16218c10f72}.'{1,2,3}; do
		keep+=(--keep "\\System Volume Information\\FVE2.$i")
	done
	expect_store "$dir/pc.before.tsv" "$dir/pc.after.tsv" 'C:\USMTMIG' "${keep[@]}" \
		> "$dir/pc.compare" 2>&1 || fail "pc: $(tail -n 15 "$dir/pc.compare")"
	"$qemu_fixtures/ntfssnap" --check-only "$dir/plain.img" > "$dir/pc.check" 2>&1 ||
		fail "pc is inconsistent: $(tail -n 15 "$dir/pc.check")"
	grep -qaF '\Holdfast\Logs\wipe.log' "$dir/pc.after.tsv" || fail "there are no logs on the volume"
	expect_log 'exit code 0 .*holdfast wipe'
	expect_no_key
}

# The same without its key: the screen and the logs name the key that is needed, and nobody is asked.
case_bitlocker_no_key() {
	local volume key_id key
	bitlocker_sample
	remember pc
	stick_make "$dir/stick.img" "$capture_conf"
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk ahci "$dir/pc.img" HFDISK1
	boot
	expect_untouched
	expect_log 'NOT captured, NOT wiped'
	grep -qaF "the recovery password with key ID $key_id" "$dir/serial.log" ||
		fail "the screen does not name the key"
	grep -qF "$key_id" "$dir"/logs/*/ScanState.log || fail "ScanState.log does not name the key"
}

# A person at the menu types the recovery password, first with a mistake; it is in no log.
case_bitlocker_menu() {
	local machine volume key_id key
	bitlocker_sample
	remember pc
	stick_make "$dir/stick.img" ''
	qemu_firmware bios "$dir"
	qemu_stick "$dir/stick.img"
	qemu_disk ahci "$dir/pc.img" HFDISK1
	mkfifo "$dir/keyboard"
	qemu_run < "$dir/keyboard" > "$dir/serial.log" 2>&1 &
	machine=$!
	exec 7> "$dir/keyboard"
	wait_for 'Choice \[1\]:' 1
	printf '\r' >&7
	wait_for "Key ID $key_id" 1
	wait_for 'leave it locked' 1
	printf '123456-%s\r' "${key#*-}" >&7
	wait_for 'Group 1 of 8 is mistyped' 1
	wait_for 'leave it locked' 2
	printf '%s\r' "$key" >&7
	wait_for 'RESULT: shown only; nothing was written' 1
	wait_for 'Choice \[1\]:' 2
	printf '8\r' >&7
	wait_for 'Choice \[1\]:' 3
	printf '11\r' >&7
	wait "$machine" || fail "the machine did not power off"
	expect_untouched
	expect_log 'exit code 0 .*holdfast unlock'
	expect_no_key
}
