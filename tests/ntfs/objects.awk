# SPDX-License-Identifier: GPL-2.0-or-later
# Compares restored objects with what they were, from outside:
#   awk -f objects.awk BEFORE FRESH FOLDERS LIST AFTER
# BEFORE, FRESH and AFTER are ntfssnap's lists of the volume before the capture, with the new Windows, and after the
# restore; FOLDERS says where folders go (old TAB new, the longest first); LIST is scanstate's /listfiles.
# A listed file must be where it belongs with each of its streams: the same record with the same size, content,
# attributes, times, reparse point, extents (small data may move out of a record that names have filled), object id and extended attributes; where the new Windows had an equal file
# already, the same content. Folders that the restore made have their attributes, times, reparse point, streams and
# extended attributes. Descriptors may differ by whom users have become: each old one has become one new one.
BEGIN { FS = OFS = "\t" }
function low(s) { return tolower(s) }
function target(path, i) {
	for (i = 1; i <= folders; i++)
		if (index(path "\\", from[i] "\\") == 1)
			return to[i] substr(path, length(from[i]) + 1)
	return path
}
function file_facts() { return $8 FS $9 FS $10 FS $13 FS $14 FS $15 FS $16 FS $17 FS $18 FS $23 FS $24 }
function extents() { return $20 FS $21 FS $22 }
function dir_facts() { return $8 FS $9 FS $10 FS $13 FS $14 FS $15 FS $16 FS $17 FS $18 FS $24 }
function wrong(what) { if (bad++ < 20) print what }
FILENAME == ARGV[1] {
	p = low($1)
	if ($4 == "file") {
		facts[p FS $7] = file_facts(); sha[p FS $7] = $9; where[p FS $7] = extents(); streams[p] = streams[p] FS $7
		record[p] = $2 "-" $3; sd[p] = $12; tag[p] = $17
	} else if ($4 == "dir") {
		dirs[++dir_count] = p FS $7; dir[p FS $7] = dir_facts(); dir_sd[p] = $12
	}
	next
}
FILENAME == ARGV[2] { fresh[low($1)] = 1; next }
FILENAME == ARGV[3] { from[++folders] = low($1); to[folders] = low($2); next }
FILENAME == ARGV[4] {
	sub(/\r$/, ""); sub(/^\357\273\277/, ""); gsub(/%/, "%25"); listed[++list_count] = low(substr($0, 3))
	next
}
{
	p = low($1)
	if ($4 == "file") {
		now[p FS $7] = file_facts(); now_sha[p FS $7] = $9; now_where[p FS $7] = extents(); now_record[p] = $2 "-" $3; now_sd[p] = $12
	} else if ($4 == "dir") {
		now_dir[p FS $7] = dir_facts(); now_dir_sd[p] = $12
	}
}
function descriptor(old, new, path) {
	if (old in became && became[old] != new)
		wrong("two descriptors of one: " path)
	became[old] = new
}
END {
	for (i = 1; i <= list_count; i++) {
		p = listed[i]; t = target(p)
		if (!(p in record)) { wrong("not in the volume before: " p); continue }
		if (tag[p] ~ /^9000/) { cloud++; continue }
		if (!(t in now_record)) { wrong("missing: " p " -> " t); continue }
		n = split(substr(streams[p], 2), s, FS)
		if (now_record[t] == record[p]) {
			same++; descriptor(sd[p], now_sd[t], t)
			for (j = 1; j <= n; j++)
				if (now[t FS s[j]] != facts[p FS s[j]])
					wrong("changed: " t ":" s[j] "\n  " facts[p FS s[j]] "\n  " now[t FS s[j]])
				else if (where[p FS s[j]] !~ /resident/ && now_where[t FS s[j]] != where[p FS s[j]])
					wrong("moved on the volume: " t ":" s[j])
		} else if (t in fresh) {
			equal++
			for (j = 1; j <= n; j++)
				if (now_sha[t FS s[j]] != sha[p FS s[j]])
					wrong("another content: " t ":" s[j])
		} else
			wrong("another file: " t)
	}
	for (i = 1; i <= dir_count; i++) {
		split(dirs[i], part, FS); t = target(part[1])
		if (t in fresh || !((t FS "") in now_dir))
			continue
		made++; descriptor(dir_sd[part[1]], now_dir_sd[t], t)
		if (now_dir[t FS part[2]] != dir[dirs[i]])
			wrong("folder changed: " t ":" part[2] "\n  " dir[dirs[i]] "\n  " now_dir[t FS part[2]])
	}
	print same + 0 " same, " equal + 0 " equal, " cloud + 0 " cloud, " made + 0 " folders, " bad + 0 " bad"
	exit bad || same < 20 || !made
}
