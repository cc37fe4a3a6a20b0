# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034,SC2154,SC3045,SC2015
# The menu for a person at the console. Sourced by `run`. Its default choice writes nothing.

# After so many ends of input in a row nobody can be typing.
MENU_MAX_EOF=5
MENU_EOF_COUNT=0
MENU_ANSWER=

# menu_read PROMPT: reads one line into MENU_ANSWER. Returns 1 when the console gives no input or
# nobody answered within the time limit.
menu_read() {
	local status limit
	limit=$((cfg_menu_timeout * 60))
	menu_since=$(cut -d . -f 1 /proc/uptime)
	MENU_ANSWER=
	interrupted=0
	printf '%s' "$1"
	if [ "$limit" -gt 0 ]; then
		IFS= read -r -t "$limit" MENU_ANSWER
		status=$?
	else
		IFS= read -r MENU_ANSWER
		status=$?
	fi
	if [ "$status" -eq 0 ]; then
		MENU_EOF_COUNT=0
		MENU_ANSWER=$(config_trim "$MENU_ANSWER")
		return 0
	fi
	echo
	MENU_ANSWER=
	# Ctrl-C at a prompt gives it up.
	[ "$interrupted" -eq 0 ] || return 0
	MENU_EOF_COUNT=$((MENU_EOF_COUNT + 1))
	if [ "$MENU_EOF_COUNT" -lt "$MENU_MAX_EOF" ] && menu_has_time "$limit"; then
		sleep 1
		return 0
	fi
	return 1
}

# menu_has_time LIMIT: false when the time limit of the prompt was used up.
menu_has_time() {
	local now
	now=$(cut -d . -f 1 /proc/uptime)
	[ "$1" -eq 0 ] || [ $((now - menu_since)) -lt "$1" ]
}

menu_show() {
	local machine_serial
	machine_serial=$(dmi product_serial)
	cat <<END

------------------------------------------------------------------------------
 Holdfast   $(dmi sys_vendor) $(dmi product_name)   serial ${machine_serial:-unknown}
------------------------------------------------------------------------------
 ScanState: $cfg_scanstate
 LoadState: $(config_hide_password "$cfg_loadstate")
 Windows:   $(menu_selection)

  1  Show what would be captured                  writes nothing   (Enter)
  2  List disks, volumes and Windows              writes nothing
  3  Choose the Windows by its disk's serial      writes nothing
  4  Capture into the store
  5  Capture into the store, then WIPE the old Windows around it
  6  Restore the store into the new Windows
  7  Restore the store, compare, then DELETE the store
  8  Copy the logs to the stick
  9  Shell
 10  Restart
 11  Power off
END
}

menu_selection() {
	if [ -z "$cfg_disk_serial$cfg_volume_label$cfg_windows" ]; then
		printf 'the only one (several: nothing is done until one is chosen)'
		return
	fi
	[ -z "$cfg_disk_serial" ] || printf 'disk serial %s ' "$cfg_disk_serial"
	[ -z "$cfg_volume_label" ] || printf 'volume label %s ' "$cfg_volume_label"
	[ -z "$cfg_windows" ] || printf 'directory %s' "$cfg_windows"
}

# menu_confirm WORD TEXT: true when the person typed WORD exactly. The words have only letters that
# are at the same place on English, German and French keyboards: the console has the English layout.
menu_confirm() {
	printf '\n%s\n' "$2"
	menu_read "Type $1 to go on, anything else to go back: " || return 1
	[ "$MENU_ANSWER" = "$1" ] && return 0
	say 'Nothing was done.'
	return 1
}

menu_choose_disk() {
	list_volumes
	menu_read 'Disk serial as shown (Enter: no choice): ' || return
	cfg_disk_serial=$MENU_ANSWER
	log "menu: disk serial set to \"$MENU_ANSWER\""
}

# menu_unlock: asks for the keys of BitLocker volumes that are locked; without such at once back.
menu_unlock() {
	run_logged holdfast unlock --bitlocker-keys "$KEYS_DIR"
}

menu_capture() {
	menu_unlock
	list_volumes
	menu_confirm STORE 'The capture writes a store on the volume. Files stay where they are.' ||
		return
	action_capture
	save_logs
}

menu_wipe() {
	menu_unlock
	list_volumes
	echo
	echo "Windows to be captured and wiped: $(menu_selection)"
	menu_confirm DELETE 'After the capture, EVERYTHING else on that volume is deleted.' || return
	action_capture_wipe
	save_logs
}

menu_restore() {
	menu_unlock
	list_volumes
	echo
	echo "Windows to restore into: $(menu_selection)"
	menu_confirm RESTORE 'The files of the store are linked into that Windows. The store stays.' ||
		return
	action_restore
	save_logs
}

menu_restore_delete() {
	menu_unlock
	list_volumes
	echo
	echo "Windows to restore into: $(menu_selection)"
	menu_confirm 'DELETE STORE' 'When everything was restored and compared, the store is deleted.' ||
		return
	action_restore_delete
	save_logs
}

# menu_main: returns when the person chose how to end, with cfg_end set, or when nobody is there.
menu_main() {
	while :; do
		menu_show
		if ! menu_read 'Choice [1]: '; then
			say 'Nobody is typing here; ending.'
			return
		fi
		# An end of input or Ctrl-C is no choice.
		[ "$MENU_EOF_COUNT" -eq 0 ] && [ "$interrupted" -eq 0 ] || continue
		log "menu: choice \"$MENU_ANSWER\""
		case $MENU_ANSWER in
		'' | 1)
			menu_unlock
			action_show
			;;
		2) list_volumes ;;
		3) menu_choose_disk ;;
		4) menu_capture ;;
		5) menu_wipe ;;
		6) menu_restore ;;
		7) menu_restore_delete ;;
		8) logs_to_media ;;
		9) menu_shell ;;
		10) cfg_end=reboot && return ;;
		11) cfg_end=poweroff && return ;;
		*) printf '"%s" is not one of the choices 1 to 11.\n' "$MENU_ANSWER" ;;
		esac
	done
}

menu_shell() {
	echo 'A shell. "holdfast help" lists the tools; "exit" goes back.'
	log 'shell started'
	(cd "$WORK_DIR" && exec sh -i)
	log "shell ended with $?"
}
