# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154
# What is said on the screen, the run's own log, and where the logs go. Sourced by `run`.

RUN_DIR=/run/holdfast
LOG_DIR=$RUN_DIR/logs
RUN_LOG=$LOG_DIR/holdfast.log
# The engine is started here: rule files of the HOLDFAST partition are found, as is a relative /l:.
WORK_DIR=$RUN_DIR/work
LOG_FOLDER=
# Keys for BitLocker volumes: from the stick, the initramfs, the configuration, or typed.
KEYS_DIR=$RUN_DIR/keys

# say TEXT: one line on the screen and in the log.
say() {
	printf '%s\n' "$1"
	log "$1"
}

# log TEXT: one line, with its time, in the run's own log.
log() {
	printf '%s %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$1" >>"$RUN_LOG"
}

# log_text TITLE: its standard input, indented, into the log.
log_text() {
	log "$1"
	sed 's/^/    /' >>"$RUN_LOG"
}

# dmi FIELD: a field of the machine's DMI table, empty when the maker left its filler text there.
dmi() {
	local value
	[ -r "/sys/class/dmi/id/$1" ] || return 0
	value=$(tr -d '\000-\037' <"/sys/class/dmi/id/$1")
	value=$(config_trim "$value")
	case $(printf '%s' "$value" | tr '[:upper:]' '[:lower:]') in
	'' | 'to be filled'* | 'default string' | 'system serial number' | 'not specified' | \
		'not applicable' | none | n/a | invalid | unknown | o.e.m. | 'oem') return 0 ;;
	esac
	case $value in
	*[!0.\ -]*) printf '%s' "$value" ;;
	esac
}

# machine_name: a name for this computer that is fit for a folder: serial number of the machine,
# else of its board, else a network address.
machine_name() {
	local name address
	name=$(dmi product_serial)
	[ -n "$name" ] || name=$(dmi board_serial)
	if [ -z "$name" ]; then
		for address in /sys/class/net/*/address; do
			[ -f "$address" ] || continue
			name=$(tr -d ':\n' <"$address")
			case $name in
			*[!0]*) break ;;
			*) name= ;;
			esac
		done
	fi
	name=$(printf '%s' "$name" | tr -c 'A-Za-z0-9_-' '_' | cut -c 1-40)
	printf '%s' "${name:-unknown}"
}

# logs_start: makes the folders and writes what is known before anything is done.
logs_start() {
	mkdir -p "$LOG_DIR" "$WORK_DIR"
	LOG_FOLDER=$(machine_name)-$(date '+%Y%m%d-%H%M%S')
	log "Holdfast run log"
	log "engine: $(holdfast --version 2>&1 | head -n 1)"
	log "kernel: $(uname -r) $(uname -v)"
	log "kernel command line: $(config_hide_stream </proc/cmdline)"
	log "machine: $(dmi sys_vendor) $(dmi product_name), serial $(dmi product_serial)"
	log "firmware: $([ -d /sys/firmware/efi ] && echo UEFI || echo BIOS), $(dmi bios_version)"
	log "memory: $(awk '/^MemTotal/ { print $2, $3 }' /proc/meminfo)"
}

# run_logged COMMAND...: runs it with the screen as its output; its exit code is logged and returned.
run_logged() {
	local status started
	started=$(cut -d ' ' -f 1 /proc/uptime)
	log "start: $(config_hide_password "$(quote_words "$@")")"
	(cd "$WORK_DIR" && exec "$@")
	status=$?
	log "exit code $status after $(elapsed_since "$started") s: $1 ${2-}"
	return "$status"
}

# run_captured FILE COMMAND...: as run_logged, its output to FILE and then to the screen and log.
run_captured() {
	local file=$1 status
	shift
	run_logged "$@" >"$file" 2>&1
	status=$?
	cat "$file"
	log_text "output:" <"$file"
	return "$status"
}

elapsed_since() {
	awk -v from="$1" '{ printf "%.1f", $1 - from }' /proc/uptime
}

# quote_words WORD...: the words as one line that shows where each begins and ends.
quote_words() {
	local word line=''
	for word; do
		case $word in
		'' | *[[:space:]]*) line="$line '$word'" ;;
		*) line="$line $word" ;;
		esac
	done
	printf '%s' "${line# }"
}

# logs_gather: the kernel's log, and log files that ScanState options put beside the rule files, to
# the others.
logs_gather() {
	local path
	dmesg | config_hide_stream >"$LOG_DIR/dmesg.txt"
	for path in "$WORK_DIR"/*; do
		[ -f "$path" ] || continue
		grep -qxF "${path##*/}" "$RUN_DIR/rules.list" 2>/dev/null && continue
		# A name like C:\x.log cannot stand on FAT.
		mv "$path" "$LOG_DIR/$(printf '%s' "${path##*/}" | tr '\\:*?"<>|' '________')"
	done
}

# logs_to_media: copies all logs to logs/COMPUTER-TIME on the HOLDFAST partition. A partition that
# is gone, full or write-protected is told, and nothing more: the work itself is done.
logs_to_media() {
	local folder file failed=0
	logs_gather
	if ! media_mount rw; then
		say "Logs were not copied to the stick: $MEDIA_FAULT."
		return 1
	fi
	folder=$MEDIA_DIR/logs/$LOG_FOLDER
	mkdir -p "$folder" || failed=1
	for file in "$LOG_DIR"/*; do
		[ -f "$file" ] || continue
		cp "$file" "$folder/${file##*/}" || failed=1
	done
	if ! media_umount; then
		say "Logs on the stick may be incomplete: $MEDIA_FAULT"
		return 1
	fi
	if [ "$failed" -ne 0 ]; then
		say "Logs on the stick are incomplete: is it full? (logs/$LOG_FOLDER)"
		return 1
	fi
	printf 'Logs are on the stick in logs/%s.\n' "$LOG_FOLDER"
}

# logs_to_volume WIPED: puts all logs into \Holdfast\Logs on the Windows volume, by the engine. When
# the volume was wiped (WIPED=yes) there is no Windows directory left to tell it by.
logs_to_volume() {
	local wiped=$1
	logs_gather
	set -- savelogs
	[ -z "$cfg_disk_serial" ] || set -- "$@" --disk-serial "$cfg_disk_serial"
	[ -z "$cfg_volume_label" ] || set -- "$@" --volume-label "$cfg_volume_label"
	[ -z "$cfg_windows" ] || [ "$wiped" = yes ] || set -- "$@" --windows "$cfg_windows"
	[ ! -d "$KEYS_DIR" ] || set -- "$@" --bitlocker-keys "$KEYS_DIR"
	if ! run_captured "$RUN_DIR/savelogs.out" holdfast "$@" 'C:\Holdfast\Logs' "$LOG_DIR"/*; then
		say 'Logs could not be saved in \Holdfast\Logs on the volume (see above).'
		return 1
	fi
	say 'Logs are on the volume in \Holdfast\Logs.'
}
