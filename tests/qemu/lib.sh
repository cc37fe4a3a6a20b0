# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2054
# Virtual machines for tests and the demo: starts QEMU on the shipped artefacts, with a time limit,
# and reads results from the disks afterwards. Sourced; needs $top.

qemu_build=${HOLDFAST_BUILD:-$top/build}
qemu_images=$qemu_build/images
qemu_fixtures=${HOLDFAST_FIXTURES:-$top/build/tests/fixtures}
qemu_ovmf=/usr/share/OVMF
# Seconds after which a machine that did not power off counts as hung.
qemu_limit=${QEMU_LIMIT:-300}

# fail TEXT...: ends the case (its subshell) as failed.
fail() {
	echo "failed: $*"
	exit 1
}

# qemu_firmware uefi|bios DIR: sets qemu_args for that firmware; DIR gets UEFI's variables.
qemu_firmware() {
	qemu_args=(-machine q35 -accel "${QEMU_ACCEL:-tcg}" -m 1024 -display none -monitor none
		-no-reboot -nodefaults -vga std -device qemu-xhci,id=xhci -device usb-kbd,bus=xhci.0)
	[ "$1" = bios ] && return
	cp "$qemu_ovmf/OVMF_VARS_4M.fd" "$2/vars.fd"
	qemu_args+=(-drive "if=pflash,format=raw,unit=0,readonly=on,file=$qemu_ovmf/OVMF_CODE_4M.fd"
		-drive "if=pflash,format=raw,unit=1,file=$2/vars.fd")
}

# qemu_stick IMAGE: plugs a USB stick in; the machine starts from it.
qemu_stick() {
	qemu_args+=(-drive "if=none,id=stick,format=raw,file=$1"
		-device usb-storage,bus=xhci.0,drive=stick,removable=on,bootindex=0)
}

# qemu_network TFTP_FOLDER BOOTFILE firmware|ipxe: the machine starts from QEMU's own TFTP server, by
# the boot code of the firmware or by iPXE in the network card (for BIOS that is the only one).
qemu_network() {
	local rom=
	[ "$3" = ipxe ] || rom=,romfile=
	qemu_args+=(-netdev "user,id=net,tftp=$1,bootfile=$2"
		-device "virtio-net-pci,netdev=net,bootindex=0$rom")
}

# qemu_disk nvme|ahci|virtio IMAGE SERIAL: adds a disk.
qemu_disk() {
	local id=disk${#qemu_args[@]} device
	case $1 in
	nvme) device=nvme ;;
	ahci) device=ide-hd ;;
	virtio) device=virtio-blk-pci ;;
	*) fail "unknown disk bus $1" ;;
	esac
	qemu_args+=(-drive "if=none,id=$id,format=raw,cache=unsafe,file=$2"
		-device "$device,drive=$id,serial=$3")
}

# qemu_run: runs the machine to its end; standard input and output are its serial line. Fails when it
# does not end by itself.
qemu_run() {
	local status=0
	timeout --foreground --kill-after=5 "$qemu_limit" \
		qemu-system-x86_64 "${qemu_args[@]}" -serial stdio || status=$?
	case $status in
	0) ;;
	124 | 137) fail "the machine did not power off within $qemu_limit s" ;;
	*) fail "QEMU ended with code $status" ;;
	esac
}

# stick_make OUT CONF: a copy of the shipped USB image with CONF as its holdfast.conf; an empty CONF
# leaves the shipped one.
stick_make() {
	cp --sparse=always "$qemu_images/holdfast-usb.img" "$1"
	[ -z "$2" ] || printf '%s\r\n' "$2" | sed 's/\r*$/\r/' |
		MTOOLS_SKIP_CHECK=1 mcopy -o -i "$1@@1M" - ::holdfast.conf
}

# stick_logs IMAGE DIR: copies the logs folder out of a stick.
stick_logs() {
	mkdir -p "$2"
	MTOOLS_SKIP_CHECK=1 mcopy -n -s -i "$1@@1M" '::logs/*' "$2/" > /dev/null
}

# windows_place DISK: the byte offset and the length of its largest partition.
windows_place() {
	# Rows of partitions (not of gaps and tables) begin "NNN:  NNN"; start, end and length follow.
	mmls "$1" | awk '
		$2 ~ /^[0-9]/ && $5 + 0 > best { best = $5 + 0; where = $3 + 0 }
		END { if (!best) exit 1; printf "%d %d\n", where * 512, best * 512 }' || fail "$1 has no partition"
}

# windows_offset DISK: the byte offset of its largest partition.
windows_offset() {
	local place
	place=$(windows_place "$1") || exit 1
	echo "${place% *}"
}

# disk_make OUT ARGUMENT...: a sample Windows disk (see tests/fixtures/mkwin --help).
disk_make() {
	local out=$1
	shift
	"$qemu_fixtures/mkwin" "$@" "$out" || fail "mkwin $* $out"
}

# disk_install DISK ARGUMENT...: lays a new Windows onto the volume of the old one without formatting it,
# as an installer does.
disk_install() {
	local disk=$1 offset size
	shift
	read -r offset size < <(windows_place "$disk")
	dd if="$disk" of="$disk.volume" bs=1M iflag=skip_bytes,count_bytes skip="$offset" count="$size" \
		conv=sparse status=none || fail "dd $disk"
	"$qemu_fixtures/mkwin" --into "$@" "$disk.volume" || fail "mkwin --into $*"
	dd if="$disk.volume" of="$disk" bs=1M oflag=seek_bytes seek="$offset" conv=notrunc status=none ||
		fail "dd $disk"
	rm -f "$disk.volume"
}

# expect_healthy DISK: two checkers that share no code find nothing wrong with its Windows volume.
expect_healthy() {
	local volume
	volume=$1@$(windows_offset "$1") || exit 1
	{
		"$qemu_fixtures/ntfssnap" --check-only "$volume" &&
			"$qemu_build/holdfast" doctor C: --volume "C=$volume"
	} > "$1.check" 2>&1 || fail "$1 is inconsistent: $(tail -n 15 "$1.check")"
	rm -f "$1.check"
}

# expect_restored BEFORE AFTER LIST: every file that the capture listed (/listfiles) is in its old place,
# with all its streams: as the same file, or, where the new Windows has one of equal content, as that.
expect_restored() {
	# shellcheck disable=SC2016 # awk's own
	LC_ALL=C awk -F'\t' '
		FILENAME == ARGV[1] { if ($4 == "file") { sum[tolower($1) FS $7] = $9; id[tolower($1)] = $2 "-" $3
			streams[tolower($1)] = streams[tolower($1)] FS $7; tag[tolower($1)] = $17 } next }
		FILENAME == ARGV[2] { if ($4 == "file") { now[tolower($1) FS $7] = $9; here[tolower($1)] = $2 "-" $3 } next }
		{
			sub(/\r$/, ""); sub(/^\357\273\277/, ""); gsub(/%/, "%25"); path = tolower(substr($0, 3))
			if (!(path in id)) { print "was not on the volume before: " path; bad++; next }
			if (tag[path] ~ /^9000/) { cloud++; next }
			if (!(path in here)) { print "is missing: " path; bad++; next }
			count = split(substr(streams[path], 2), s, FS)
			for (i = 1; i <= count; i++)
				if (now[path FS s[i]] != sum[path FS s[i]]) { print "is different: " path " " s[i]; bad++ }
			if (here[path] == id[path]) same++; else equal++
		}
		END { printf "files_same=%d files_equal=%d files_cloud=%d files_bad=%d\n", same, equal, cloud, bad
			exit bad || same < 20 || equal > same / 10 }' "$@"
}

# expect_store BEFORE AFTER STORE ARGUMENT...: compares two snapshots around capture and wipe: the store
# is whole, and besides it, the logs and the task sequence's folder nothing is left.
expect_store() {
	local before=$1 after=$2 store=$3
	shift 3
	"$qemu_fixtures/ntfssnap" --compare "$before" "$after" --store "$store" --expect-wiped \
		--allow-new '\Holdfast' --keep '\_SMSTaskSequence' --summary "$@"
}

# snapshot DISK OUT: everything on its Windows volume, file by file.
snapshot() {
	"$qemu_fixtures/ntfssnap" "$1@$(windows_offset "$1")" > "$2" || fail "ntfssnap $1"
}
