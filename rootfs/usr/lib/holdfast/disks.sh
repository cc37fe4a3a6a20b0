# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154
# Waiting for disks, and the HOLDFAST partition. Sourced by `run`.

# In hundredths of a second: the longest wait, how long nothing may change, and how long USB storage
# may take to become a disk (some card readers never do).
DISKS_WAIT=3000
DISKS_STABLE=50
DISKS_SLOW_USB=1000
MEDIA_LABEL=HOLDFAST
MEDIA_DIR=/run/holdfast/media
# UUID of the HOLDFAST partition that the configuration came from; empty when there is none.
MEDIA_UUID=
MEDIA_FAULT=

# disks_list: the names of all block devices that could be disks or partitions, in one line.
disks_list() {
	local path name list=''
	for path in /sys/class/block/*; do
		name=${path##*/}
		case $name in
		'*' | loop* | ram* | zram* | fd*) ;;
		*) list="$list $name" ;;
		esac
	done
	printf '%s' "$list"
}

# disks_clock: sets clock to the hundredths of a second since the kernel started. No process is
# started for it: this runs in a polling loop.
disks_clock() {
	local uptime
	read -r uptime _ </proc/uptime
	clock=${uptime%.*}${uptime#*.}
	# 0.08 s gives 008, which is no octal number.
	while [ "${clock#0?}" != "$clock" ]; do
		clock=${clock#0}
	done
}

# disks_pending WAITED: sets pending to what was found on a bus but is not a disk yet (USB storage
# needs a second or more from being seen to being a disk; NVMe controllers go through "connecting").
disks_pending() {
	local path value
	pending=
	for path in /sys/class/nvme/nvme*/state; do
		read -r value 2>/dev/null <"$path" || continue
		case $value in
		new | resetting | connecting) pending="$pending${path#/sys/class/nvme/}, " ;;
		esac
	done
	[ "$1" -lt "$DISKS_SLOW_USB" ] || return
	for path in /sys/bus/usb/devices/*:1.0/*-port*/state; do
		read -r value 2>/dev/null <"$path" || continue
		case $value in
		'not attached' | configured | suspended) ;;
		*)
			path=${path%/state}
			pending="${pending}USB port ${path##*/}, "
			;;
		esac
	done
	for path in /sys/bus/usb/devices/*/bInterfaceClass; do
		read -r value 2>/dev/null <"$path" || continue
		[ "$value" = 08 ] || continue
		path=${path%/*}
		[ -n "$(find "$path/" -name block -type d 2>/dev/null | head -n 1)" ] ||
			pending="${pending}USB storage ${path##*/}, "
	done
}

# disks_wait EXPECTED: returns when the set of disks has not changed for a while and nothing is
# pending, and, with EXPECTED=yes, the HOLDFAST partition is there; at the latest after 30 s.
# Returns 1 when the time ran out.
disks_wait() {
	local expected=$1 list='' now clock pending start since said
	disks_clock
	start=$clock since=$clock said=$((clock - 200))
	while disks_clock && [ $((clock - start)) -lt "$DISKS_WAIT" ]; do
		disks_pending $((clock - start))
		if [ -z "$list" ]; then
			pending="${pending}any disk, "
		elif [ "$expected" = yes ] && [ $((clock - since)) -ge "$DISKS_STABLE" ] &&
			[ -z "$(media_find)" ]; then
			pending="${pending}the $MEDIA_LABEL partition, "
		fi
		# Last, so that a disk which came while the rest was looked at counts as new.
		now=$(disks_list)
		if [ "$now" != "$list" ]; then
			list=$now since=$clock
		elif [ -z "$pending" ] && [ $((clock - since)) -ge "$DISKS_STABLE" ]; then
			log "disks:$list (after $((clock - start)) hundredths of a second)"
			return 0
		fi
		# Say what is being waited for, but only when it takes noticeably long.
		if [ $((clock - said)) -ge 500 ]; then
			say "Waiting for ${pending:-the disks to settle, }$(((clock - start) / 100)) s so far"
			said=$clock
		fi
		sleep 0.1
	done
	say "After $((DISKS_WAIT / 100)) s still waiting for ${pending:-the disks to settle, }going on."
	return 1
}

# media_probe DEVICE FIELD: one field (TYPE, LABEL, UUID) of the file system on DEVICE.
media_probe() {
	blkid -p -u filesystem -o value -s "$2" "$1" 2>/dev/null
}

# media_find: prints the devices of all FAT or exFAT file systems labelled HOLDFAST.
media_find() {
	local name
	for name in $(disks_list); do
		[ -b "/dev/$name" ] || continue
		case $(media_probe "/dev/$name" TYPE) in
		vfat | exfat) ;;
		*) continue ;;
		esac
		[ "$(media_probe "/dev/$name" LABEL)" = "$MEDIA_LABEL" ] || continue
		printf '%s ' "/dev/$name"
	done
}

# media_expected: prints yes when this system was started from a HOLDFAST partition. On BIOS the
# boot loader says so on the kernel command line; under UEFI the boot stub hands over the files it
# finds in \loader\credentials of the file system it was started from.
media_expected() {
	if [ "$cfg_media" = expected ]; then
		printf yes
	elif [ "$cfg_media" = auto ] && [ -e /.extra/global_credentials/holdfast-media.cred ]; then
		printf yes
	else
		printf no
	fi
}

# media_mount MODE: mounts the HOLDFAST partition "ro" or "rw" on MEDIA_DIR. Without one, or with
# several: returns 1, the reason in MEDIA_FAULT. Once a partition was used, only that one is taken.
media_mount() {
	local mode=$1 device chosen='' count=0 type options
	MEDIA_FAULT=
	for device in $(media_find); do
		[ -z "$MEDIA_UUID" ] || [ "$(media_probe "$device" UUID)" = "$MEDIA_UUID" ] || continue
		chosen=$device
		count=$((count + 1))
	done
	if [ "$count" -eq 0 ]; then
		MEDIA_FAULT="there is no $MEDIA_LABEL partition"
		return 1
	fi
	if [ "$count" -gt 1 ]; then
		MEDIA_FAULT="there are $count $MEDIA_LABEL partitions; leave only one plugged in"
		return 1
	fi
	type=$(media_probe "$chosen" TYPE)
	options=$mode,nosuid,nodev,noexec
	[ "$type" = exfat ] || options=$options,utf8=1
	mkdir -p "$MEDIA_DIR"
	if ! MEDIA_FAULT=$(mount -t "$type" -o "$options" "$chosen" "$MEDIA_DIR" 2>&1); then
		MEDIA_FAULT="the $MEDIA_LABEL partition $chosen cannot be mounted ($mode): $MEDIA_FAULT"
		return 1
	fi
	MEDIA_UUID=$(media_probe "$chosen" UUID)
	MEDIA_DEVICE=$chosen
	# A write-protected stick may be mounted read-only without complaint.
	if [ "$mode" = rw ] && ! touch "$MEDIA_DIR/.holdfast-write-test" 2>/dev/null; then
		umount "$MEDIA_DIR"
		MEDIA_FAULT="the $MEDIA_LABEL partition $chosen is write-protected or full"
		return 1
	fi
	[ "$mode" = ro ] || rm -f "$MEDIA_DIR/.holdfast-write-test"
}

# media_umount: writes everything out and lets go of the partition. Returns 1 with MEDIA_FAULT set.
media_umount() {
	MEDIA_FAULT=
	# sync -f reports write errors of this file system, which plain sync does not.
	if ! MEDIA_FAULT=$(sync -f "$MEDIA_DIR" 2>&1 && umount "$MEDIA_DIR" 2>&1); then
		umount -l "$MEDIA_DIR" 2>/dev/null
		MEDIA_FAULT="writing to the $MEDIA_LABEL partition $MEDIA_DEVICE failed: $MEDIA_FAULT"
		return 1
	fi
}
