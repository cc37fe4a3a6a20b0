# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034
# Configuration: holdfast.conf and holdfast.KEY=VALUE on the kernel command line. Sourced by `run`.
#
# Nothing here is ever evaluated: every value is data, and every key has one line in config_set.
# Errors are collected in CONFIG_ERRORS (one per line), so that a person sees all of them at once.

CONFIG_KEYS='action scanstate loadstate disk-serial volume-label windows wipe-keep wipe-with-errors accept-damage end
logs error-delay menu-timeout bitlocker-recovery bitlocker-password'
CONFIG_MAX_BYTES=65536
CONFIG_HIDE_LAC='s/(\/lac:)("[^"]*"|[^[:space:]"]+)/\1(hidden)/Ig'
CONFIG_LF='
'
CONFIG_CR=$(printf '\r')
CONFIG_TAB=$(printf '\t')

# The defaults. They are what happens with no configuration at all: a menu, and no write.
config_init() {
	CONFIG_ERRORS=
	CONFIG_SEEN=' '
	CONFIG_ORIGIN=
	cfg_action=menu
	# A Windows command line: the backslash is not an escape.
	# shellcheck disable=SC1003
	cfg_scanstate='C:\USMTMIG /hardlink /nocompress /i:MigUser.xml /i:MigDocs.xml /i:MigApp.xml /i:MigSys.xml /v:5'
	# shellcheck disable=SC1003
	cfg_loadstate='C:\USMTMIG /hardlink /nocompress /v:5'
	cfg_disk_serial=
	cfg_volume_label=
	cfg_windows=
	cfg_wipe_keep=
	cfg_wipe_with_errors=no
	cfg_accept_damage=no
	cfg_end=poweroff
	cfg_logs=holdfast+volume
	cfg_error_delay=60
	cfg_menu_timeout=60
	cfg_media=auto
	cfg_bitlocker_recovery=
	cfg_bitlocker_password=
}

# config_error WHERE TEXT
config_error() {
	CONFIG_ERRORS="$CONFIG_ERRORS$(config_hide "$1: $2")$CONFIG_LF"
}

# config_bad_value WHERE KEY VALUE ALLOWED
config_bad_value() {
	config_error "$1" "key \"$2\": bad value \"$3\"; allowed: $4"
}

# config_hide TEXT: prints TEXT as the screen and a log may have it: without BitLocker keys.
config_hide() {
	printf '%s\n' "$1" | config_hide_stream
}

# The same for a stream: what follows a key of ours for them, and digits that look like a part of one.
config_hide_stream() {
	sed -E -e "$CONFIG_HIDE_LAC" -e 's/(bitlocker[-_[:alnum:]]*)([[:space:]]*=|[[:space:]]).*/\1 (hidden)/I' \
		-e 's/([0-9]{6}[- ]){2,}[0-9]{0,6}/(digits hidden)/g' -e 's/[0-9]{48}/(digits hidden)/g'
}

# config_hide_password TEXT: prints a LoadState command line without the password of /lac.
config_hide_password() {
	printf '%s\n' "$1" | sed -E "$CONFIG_HIDE_LAC"
}

# config_is_number VALUE MAX: true for a plain decimal number of at most MAX.
config_is_number() {
	case $1 in
	'' | *[!0-9]* | ??????*) return 1 ;;
	esac
	[ "$1" -le "$2" ]
}

# config_choice WHERE KEY VALUE WORD...: true when VALUE is one of the words; else an error.
config_choice() {
	local where=$1 key=$2 value=$3 word words
	shift 3
	for word; do
		[ "$value" = "$word" ] && return 0
	done
	words=$*
	config_bad_value "$where" "$key" "$value" "$(printf '%s' "$words" | sed 's/ /, /g')"
	return 1
}

# config_paths_ok LIST: true when every `;`-separated part looks like X:\something.
config_paths_ok() {
	local rest=$1\; part
	while [ -n "$rest" ]; do
		part=$(config_trim "${rest%%;*}")
		rest=${rest#*;}
		case $part in
		[A-Za-z]:\\?*) ;;
		'') [ -z "$rest" ] || return 1 ;;
		*) return 1 ;;
		esac
	done
	return 0
}

# config_trim TEXT: prints TEXT without the blanks (space, tab) at both ends.
config_trim() {
	local text=$1
	while :; do
		case $text in
		' '* | "$CONFIG_TAB"*) text=${text#?} ;;
		*' ' | *"$CONFIG_TAB") text=${text%?} ;;
		*) break ;;
		esac
	done
	printf '%s' "$text"
}

# config_set SOURCE WHERE KEY VALUE: checks and stores one setting. SOURCE is "file", "built-in" or
# "cmdline"; a key may be given once in each, and the last one read wins.
config_set() {
	local source=$1 w=$2 k=$3 v=$4
	case $CONFIG_SEEN in
	*" $source:$k "*)
		config_error "$w" "key \"$k\" is given twice; keep one of the lines"
		return
		;;
	esac
	CONFIG_SEEN="$CONFIG_SEEN$source:$k "
	if [ -z "$v" ]; then
		config_error "$w" "key \"$k\" has no value; delete it or put # before it"
		return
	fi
	case $v in
	*[[:cntrl:]]*)
		config_error "$w" "key \"$k\": the value holds a control character"
		return
		;;
	esac
	case $source:$k in
	file:bitlocker-*) ;;
	*:bitlocker-*)
		# The kernel has logged it already; the logs leave it out.
		config_error "$w" "key \"$k\" is not for the kernel command line; put the key into a file in the folder keys"
		return
		;;
	esac
	case $k in
	action)
		config_choice "$w" "$k" "$v" menu show capture capture+wipe restore restore+delete-store ||
			return
		cfg_action=$v
		;;
	scanstate) cfg_scanstate=$v ;;
	loadstate) cfg_loadstate=$v ;;
	disk-serial) cfg_disk_serial=$v ;;
	volume-label) cfg_volume_label=$v ;;
	windows)
		case $v in
		\\?*) cfg_windows=$v ;;
		*)
			config_bad_value "$w" "$k" "$v" 'a directory on its volume, like \Windows'
			return
			;;
		esac
		;;
	wipe-keep)
		if ! config_paths_ok "$v"; then
			config_bad_value "$w" "$k" "$v" 'full paths separated by ; like C:\Tools;C:\Drivers'
			return
		fi
		cfg_wipe_keep=$v
		;;
	wipe-with-errors)
		config_choice "$w" "$k" "$v" no yes || return
		cfg_wipe_with_errors=$v
		;;
	accept-damage)
		config_choice "$w" "$k" "$v" no yes || return
		cfg_accept_damage=$v
		;;
	end)
		config_choice "$w" "$k" "$v" reboot poweroff shell || return
		cfg_end=$v
		;;
	logs)
		config_choice "$w" "$k" "$v" holdfast+volume holdfast volume none || return
		cfg_logs=$v
		;;
	error-delay)
		if ! config_is_number "$v" 3600; then
			config_bad_value "$w" "$k" "$v" 'seconds from 0 to 3600'
			return
		fi
		cfg_error_delay=$v
		;;
	menu-timeout)
		if ! config_is_number "$v" 1440; then
			config_bad_value "$w" "$k" "$v" 'minutes from 0 (never) to 1440'
			return
		fi
		cfg_menu_timeout=$v
		;;
	bitlocker-recovery)
		cfg_bitlocker_recovery=$v
		;;
	bitlocker-password) cfg_bitlocker_password=$v ;;
	media)
		if [ "$source" = file ]; then
			config_error "$w" 'key "media" is for the kernel command line only'
			return
		fi
		config_choice "$w" "$k" "$v" auto expected ignore || return
		cfg_media=$v
		;;
	*)
		config_error "$w" "unknown key \"$k\"; allowed: $(config_key_list)"
		return
		;;
	esac
	CONFIG_ORIGIN="$CONFIG_ORIGIN$k=$w$CONFIG_LF"
}

config_key_list() {
	# The list has to be split into words here.
	# shellcheck disable=SC2086
	printf '%s, ' $CONFIG_KEYS | sed 's/, $//'
}

# config_bytes_fault FILE: prints what is wrong with the file's bytes, or nothing. One pass over
# the bytes: NUL, and sequences that are not UTF-8.
config_bytes_fault() {
	od -An -v -tu1 "$1" | awk '
	{
		for (i = 1; i <= NF; i++) {
			b = $i + 0
			if (b == 10)
				line++
			if (b == 0) {
				print "line " line + 1 ": holds a NUL byte (saved as UTF-16?); save it as UTF-8"
				exit
			}
			if (left > 0) {
				if (b < 128 || b > 191) { bad = 1 }
				left--
			} else if (b >= 194 && b <= 223) { left = 1 }
			else if (b >= 224 && b <= 239) { left = 2 }
			else if (b >= 240 && b <= 244) { left = 3 }
			else if (b >= 128) { bad = 1 }
			if (bad) {
				print "line " line + 1 ": is not UTF-8 text; save the file as UTF-8"
				exit
			}
		}
	}'
}

# config_read_file FILE NAME: reads `key = value` lines; NAME is what messages call the file.
config_read_file() {
	local file=$1 name=$2 number=0 size fault line
	size=$(wc -c <"$file") || {
		config_error "$name" 'cannot be read'
		return
	}
	if [ "$size" -gt "$CONFIG_MAX_BYTES" ]; then
		config_error "$name" "is $size bytes long; at most $CONFIG_MAX_BYTES are allowed"
		return
	fi
	fault=$(config_bytes_fault "$file")
	if [ -n "$fault" ]; then
		config_error "$name" "$fault"
		return
	fi
	while IFS= read -r line || [ -n "$line" ]; do
		number=$((number + 1))
		line=${line%"$CONFIG_CR"}
		[ "$number" -eq 1 ] && line=${line#"$(printf '\357\273\277')"}
		config_read_line "$line" "$name line $number"
	done <"$file"
}

# config_read_line LINE WHERE
config_read_line() {
	local line
	line=$(config_trim "$1")
	case $line in
	'' | '#'*) return ;;
	*=*) ;;
	*)
		config_error "$2" "\"$line\" is not of the form key = value (comments start with #)"
		return
		;;
	esac
	config_set file "$2" "$(config_trim "${line%%=*}")" "$(config_trim "${line#*=}")"
}

# config_read_cmdline SOURCE WHERE TEXT: takes holdfast.KEY=VALUE out of a kernel command line. A value with
# blanks stands in double quotes, one that needs double quotes itself in single quotes; as in the
# kernel, the quotes may also stand around the whole word.
config_read_cmdline() {
	local source=$1 where=$2 rest="$3 " word='' quote='' plain
	while [ -n "$rest" ]; do
		case $quote in
		'')
			# Up to the next blank or quote.
			plain=${rest%%[\"\' "$CONFIG_TAB$CONFIG_LF"]*}
			rest=${rest#"$plain"}
			word=$word$plain
			case $rest in
			\"*) quote=\" ;;
			\'*)
				# An apostrophe in the middle of a word is just a character.
				case $word in
				'' | *=) quote=\' ;;
				*) word=$word\' ;;
				esac
				;;
			*)
				config_cmdline_word "$source" "$where" "$word"
				word=''
				;;
			esac
			rest=${rest#?}
			;;
		*)
			case $rest in
			*"$quote"*) ;;
			*)
				config_error "$where" "a quote ($quote) is not closed"
				return
				;;
			esac
			word=$word${rest%%"$quote"*}
			rest=${rest#*"$quote"}
			quote=''
			;;
		esac
	done
}

# config_cmdline_word SOURCE WHERE WORD: one word of the command line, its quotes removed.
config_cmdline_word() {
	local pair
	case $3 in
	# iPXE's first word is the name of the file it started.
	holdfast.efi) ;;
	holdfast.*=*)
		pair=${3#holdfast.}
		config_set "$1" "$2" "${pair%%=*}" "${pair#*=}"
		;;
	holdfast.*)
		config_error "$2" "\"$3\" is not of the form holdfast.key=value"
		;;
	esac
}

# config_origin KEY: prints where the setting in force came from.
config_origin() {
	printf '%s' "$CONFIG_ORIGIN" | awk -v key="$1" '
		index($0, key "=") == 1 { where = substr($0, length(key) + 2) }
		END { print where == "" ? "default" : where }'
}

# config_print: the configuration in force, one line per key with its origin, for the log.
config_print() {
	local key value
	for key in $CONFIG_KEYS; do
		case $key in
		action) value=$cfg_action ;;
		scanstate) value=$cfg_scanstate ;;
		loadstate) value=$(config_hide_password "$cfg_loadstate") ;;
		disk-serial) value=$cfg_disk_serial ;;
		volume-label) value=$cfg_volume_label ;;
		windows) value=$cfg_windows ;;
		wipe-keep) value=$cfg_wipe_keep ;;
		wipe-with-errors) value=$cfg_wipe_with_errors ;;
		accept-damage) value=$cfg_accept_damage ;;
		end) value=$cfg_end ;;
		logs) value=$cfg_logs ;;
		error-delay) value=$cfg_error_delay ;;
		menu-timeout) value=$cfg_menu_timeout ;;
		bitlocker-recovery) value=${cfg_bitlocker_recovery:+(hidden)} ;;
		bitlocker-password) value=${cfg_bitlocker_password:+(hidden)} ;;
		esac
		[ -n "$value" ] || continue
		printf '%s = %s   (%s)\n' "$key" "$value" "$(config_origin "$key")"
	done
}
