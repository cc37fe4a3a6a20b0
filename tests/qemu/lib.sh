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

# windows_offset DISK: the byte offset of its largest partition.
windows_offset() {
	local sector
	# Rows of partitions (not of gaps and tables) begin "NNN:  NNN"; start and length follow.
	sector=$(mmls "$1" | awk '
		$2 ~ /^[0-9]/ && $5 + 0 > best { best = $5 + 0; where = $3 + 0 }
		END { print where + 0 }')
	[ "$sector" -gt 0 ] || fail "$1 has no partition"
	echo $((sector * 512))
}

# disk_make OUT ARGUMENT...: a sample Windows disk (see tests/fixtures/mkwin --help).
disk_make() {
	local out=$1
	shift
	"$qemu_fixtures/mkwin" "$@" "$out" || fail "mkwin $* $out"
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
