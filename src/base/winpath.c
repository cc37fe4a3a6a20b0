// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows paths as text. */
#include "base/winpath.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"

bool winpath_split(const char *path, char *letter, const char **rest)
{
	char c = path[0];

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 0x20);
	if (c < 'A' || c > 'Z' || path[1] != ':' || (path[2] && path[2] != '\\' && path[2] != '/'))
		return false;
	if (letter)
		*letter = c;
	if (rest)
		*rest = path + 2;
	return true;
}

const char *winpath_next(const char **cursor, size_t *len)
{
	const char *s = *cursor;

	while (*s == '\\' || *s == '/')
		s++;
	if (!*s)
		return NULL;
	*len = strcspn(s, "\\/");
	*cursor = s + *len;
	return s;
}

int winpath_normalise(const char *path, char drive, struct str *out)
{
	const char *rest = path, *part;
	char letter = drive;
	size_t len;
	int ret;

	str_truncate(out, 0);
	if (!winpath_split(path, &letter, &rest)) {
		if (!drive || (path[0] != '\\' && path[0] != '/') || path[1] == '\\' ||
		    path[1] == '/')
			return HF_EINVAL;
	}
	ret = str_addf(out, "%c:", letter);
	while (!ret && (part = winpath_next(&rest, &len))) {
		if ((len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
			return HF_EINVAL;
		ret = str_addc(out, '\\');
		if (!ret)
			ret = str_add(out, part, len);
	}
	return ret;
}

int winpath_add(struct str *p, const char *name)
{
	int ret = 0;

	if (!p->len || p->data[p->len - 1] != '\\')
		ret = str_addc(p, '\\');
	return ret ? ret : str_adds(p, name);
}

bool winpath_is_below(const struct upcase *uc, const char *path, const char *dir)
{
	for (;;) {
		size_t np, nd;
		const char *d = winpath_next(&dir, &nd), *p = winpath_next(&path, &np);
		uint16_t up[NAME_UNITS_MAX], ud[NAME_UNITS_MAX];

		if (!d)
			return true;
		if (!p)
			return false;
		int cp = text_to_utf16(p, np, up, NAME_UNITS_MAX);
		int cd = text_to_utf16(d, nd, ud, NAME_UNITS_MAX);
		if (cp < 0 || cd < 0 || utf16_casecmp(uc, up, (size_t)cp, ud, (size_t)cd))
			return false;
	}
}
