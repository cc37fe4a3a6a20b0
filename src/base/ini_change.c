// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing settings into ini files. */
#include <stdbool.h>
#include <string.h>

#include "base/ini.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"

/* A line of TEXT, without its end; [key, key_end) and [value, end) when it is a setting. */
struct line {
	size_t start, end, next;
	size_t name, name_end; /* of the section or key, without blanks */
	size_t value;
	bool is_section, is_setting;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(const char *text, size_t *start, size_t *end)
{
	while (*start < *end && is_blank(text[*start]))
		++*start;
	while (*end > *start && is_blank(text[*end - 1]))
		--*end;
}

/* The line of TEXT that begins at START, taken as ini_read() takes it. */
static void parse_line(const char *text, size_t start, struct line *l)
{
	const char *found;

	*l = (struct line){.start = start};
	l->end = start + strcspn(text + start, "\r\n");
	l->next = l->end;
	if (text[l->next] == '\r' && text[l->next + 1] == '\n')
		l->next++;
	l->next += text[l->next] != '\0';
	l->name = start;
	l->name_end = l->end;
	trim(text, &l->name, &l->name_end);
	if (text[l->name] == '[' && l->name < l->name_end) {
		found = memrchr(text + l->name, ']', l->name_end - l->name);
		l->is_section = true;
		if (found)
			l->name_end = (size_t)(found - text);
		l->name++;
	} else {
		found = memchr(text + l->name, '=', l->name_end - l->name);
		l->is_setting = found && found != text + l->name && text[l->name] != ';';
		if (l->is_setting) {
			l->value = (size_t)(found - text) + 1;
			l->name_end = l->value - 1;
		}
	}
	trim(text, &l->name, &l->name_end);
}

static bool is_name(const char *text, const struct line *l, const char *name, struct str *scratch)
{
	str_truncate(scratch, 0);
	if (str_add(scratch, text + l->name, l->name_end - l->name))
		return false;
	return !text_casecmp(upcase_basic(), scratch->data ? scratch->data : "", name);
}

/* Where a setting is, or is to be put. */
struct spot {
	bool found, has_section;
	size_t at, end; /* the value, when found; else where the line goes */
};

static void find(const char *text, const struct ini_setting *s, struct spot *spot)
{
	struct str scratch = {0};
	struct line l;
	bool in = !*s->section;

	*spot = (struct spot){.has_section = in};
	for (size_t at = 0; text[at] && !spot->found; at = l.next) {
		parse_line(text, at, &l);
		if (l.is_section) {
			in = is_name(text, &l, s->section, &scratch) && *s->section;
			if (in && !spot->has_section)
				spot->at = l.next;
			spot->has_section |= in;
		} else if (in && l.is_setting) {
			if (is_name(text, &l, s->key, &scratch)) {
				spot->found = true;
				spot->at = l.value;
				spot->end = l.end;
				trim(text, &spot->at, &spot->end);
			} else {
				spot->at = l.next;
			}
		}
	}
	if (!spot->has_section)
		spot->at = strlen(text);
	str_free(&scratch);
}

/* Replaces [START, END) of TEXT by WITH. */
static int splice(struct str *text, size_t start, size_t end, const char *with)
{
	struct str out = {0};

	if (str_add(&out, text->data, start) || str_adds(&out, with) ||
	    str_adds(&out, text->data + end)) {
		str_free(&out);
		return HF_ENOMEM;
	}
	str_free(text);
	*text = out;
	return 0;
}

static int change_one(struct str *text, const struct ini_setting *s, const char *line_end)
{
	struct str line = {0};
	struct spot spot;
	int err = 0;

	find(text->data, s, &spot);
	if (spot.found)
		return splice(text, spot.at, spot.end, s->value);
	if (spot.at && text->data[spot.at - 1] != '\n' && text->data[spot.at - 1] != '\r')
		err = str_adds(&line, line_end);
	if (!err && !spot.has_section)
		err = str_addf(&line, "[%s]%s", s->section, line_end);
	if (!err)
		err = str_addf(&line, "%s=%s%s", s->key, s->value, line_end);
	if (!err)
		err = splice(text, spot.at, spot.at, line.data);
	str_free(&line);
	return err;
}

/* Would ini_read() read S back as it is? */
static bool can_be_said(const struct ini_setting *s)
{
	size_t start = 0, end = strlen(s->value), key = strlen(s->key);

	trim(s->value, &start, &end);
	return !start && !s->value[end] && key && *s->key != ';' && *s->key != '[' &&
	       !strpbrk(s->key, "=\r\n") && !strpbrk(s->value, "\r\n") &&
	       !strpbrk(s->section, "\r\n") && !is_blank(s->key[0]) && !is_blank(s->key[key - 1]);
}

static bool fits(const char *text, enum text_encoding encoding)
{
	struct str out = {0};
	bool can = !text_encode(text, encoding, &out);

	str_free(&out);
	return can;
}

static bool setting_fits(const struct ini_setting *s, enum text_encoding encoding)
{
	return fits(s->section, encoding) && fits(s->key, encoding) && fits(s->value, encoding);
}

/* The encoding to write in; the text of DATA, which must come out again as it was. */
static int decode(const void *data, size_t len, struct str *text, enum text_encoding *encoding)
{
	struct str again = {0};
	int err = text_decode(data, len, text);

	*encoding = text_encoding_of(data, len);
	if (!err && !text->data)
		err = str_adds(text, "");
	if (!err)
		err = text_encode(text->data, *encoding, &again);
	if (!err && (again.len != len || memcmp(again.data, data, len)))
		err = HF_EREFUSED;
	str_free(&again);
	return err == HF_EINVAL ? HF_EREFUSED : err;
}

int ini_change(const void *data, size_t len, const struct ini_setting *settings, size_t count,
	       struct str *out, size_t *wrong)
{
	enum text_encoding encoding = TEXT_WINDOWS_1252;
	struct str text = {0};
	const char *line_end = "\r\n";
	int err = len ? decode(data, len, &text, &encoding) : str_adds(&text, "");

	for (size_t i = 0; !err && !len && i < count; i++)
		if (!setting_fits(&settings[i], encoding))
			encoding = TEXT_UTF16_LITTLE;
	if (!err && strchr(text.data, '\n') && !strstr(text.data, "\r\n"))
		line_end = "\n";
	for (size_t i = 0; !err && i < count; i++) {
		if (can_be_said(&settings[i]) && setting_fits(&settings[i], encoding))
			err = change_one(&text, &settings[i], line_end);
		else
			err = HF_EINVAL;
		if (err && wrong)
			*wrong = i;
	}
	str_truncate(out, 0);
	if (!err)
		err = text_encode(text.data, encoding, out);
	str_free(&text);
	return err;
}
