#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the seeds that are not text into DIR/NAME/: seeds.sh DIR. The forms are those that the
# targets take apart (see fuzz.h for patches).
set -euo pipefail
dir=${1:?usage: seeds.sh DIR}

# seed NAME FILE FORMAT: one file with the bytes of a printf format.
seed() {
	mkdir -p "$dir/$1"
	# shellcheck disable=SC2059 # the format is the content
	printf "$3" >"$dir/$1/$2"
}

# Type (F, R, I) and pattern, then paths, NUL between.
seed pattern star 'FC:\\Dir\\* [*.doc]\0C:\\DIR\0C:\\DIR\\A\0A.DOC\0'
seed pattern middle 'F*\\App\\*\\Cache [*]\0C:\\APP\\X\\CACHE\0'
seed pattern escapes 'F C:\\a [b]\\c^[d [e^].t^*t]\0C:\\A [B]\\C[D\0E].T*T\0'
seed pattern anywhere 'F*[*.x*y]\0C:\0A.XZY\0'
seed pattern slashes 'FC:/a//b\\\0C:\\A\\B\0'
seed pattern wide 'FD:\\\303\244\360\237\230\200* [\326*]\0D:\\\303\204\0'

seed pattern key 'RHKEY_CURRENT_USER\\Software\\X*\\* [C:\\a]\0HKCU\\SOFTWARE\\XY\0C:\\A\0'
seed pattern default 'RHKCR\\.txt []\0HKLM\\SOFTWARE\\CLASSES\\.TXT\0\0'
seed pattern ini 'IC:\\a.ini|Sec*[Set*]\0C:\\A.INI|SECT\0SETTING\0'

# The file.
seed ini ansi '[S]\r\nk=v\r\n; c\r\n[\344 [1]]\nk = "\200"\n'
seed ini wide '\377\376[\0S\0]\0\n\0k\0=\0\026\004'
seed ini big '\376\377\0[\0S\0]\0\n\0k\0=\0v'
seed ini utf8 '\357\273\277[S]\nk=\303\244\0k2==\n'

# A size, then two texts.
seed text ascii '\020C:\\Users\0c:\\users\0'
seed text wide '\040\303\244\316\261\320\261\360\237\230\200\0\303\204\316\221\320\221\360\237\230\200\0'
seed text surrogates '\100\355\240\200x\355\260\200\0\355\240\275\355\270\200\0'
seed text console '\377a\033[31m\342\200\256b\177\302\205\377\0A\0'

# 0: a file; 1: rows; 2: patches.
seed catalog rows '\001\001\000a.doc\0\002\001\303\244\0\003\377b c\0'
seed catalog page1 '\002\000\034\000\003\000\000\000\010'
seed catalog cells '\002\003\010\000\001\377\377\004\000\017\340\000\001'
seed catalog file '\000SQLite format 3\0\020\000\001\001\000@  '

# 0: a file; others: patches.
seed hive none '\001'
seed hive list '\001\001\070\000\003\377\377\377\177\002\000\001\340\000\002'
seed hive value '\001\003\010\000\003\004\000\000\200'
seed hive file '\000regf\001\000\000\000\001\000\000\000'

# 16 bytes for the volumes, then values: how, letter, identity.
seed mounted_devices mbr '0000000000000000\000C\001\002\003\004\000\000\020\000\000\000\000\000'
seed mounted_devices gpt '0123012301230123\001D0123456789abcdef\000E\001\002\003\004\000\000\020\000\000\000\000\000'
seed mounted_devices twice '2222222222222222\000C\001\002\003\004\000\000\020\000\000\000\000\000\002d\001\002\003\004\000\000\020\000\000\000\000\000'

# Patches.
seed ntfs_dir none ''
seed ntfs_dir bits '\000\020\000\301\001\040\000\302\005\070\000\303'
seed ntfs_dir sizes '\002\024\000\003\377\377\000\000\006\030\001\007\000\000\000\000\000\000\000\200'
seed ntfs_dir copies '\001\100\000\340\200\000\004\000\001\340\040\000'

# 0: raw; 1: patches; 2: a key file.
seed bitlocker none '\001'
seed bitlocker places '\001\000\040\000\003\000\000\020\000\000\060\000\003\000\000\022\000'
seed bitlocker entries '\001\002\000\000\001\377\377\002\220\000\001\040\000'
seed bitlocker digits '\002235818-357951-253979-013365-241120-245575-342914-591910'
seed bitlocker boot '\000\353X\220-FVE-FS-\000\002'
