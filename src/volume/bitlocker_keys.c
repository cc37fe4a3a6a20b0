// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key files: text with recovery passwords or a password, and .BEK files; one by name, or those in a
 * directory that are for the volume. What was read is wiped at once; messages name files and never
 * what is in them.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/bitlocker_private.h"

#define FILE_MAX_BYTES 65536
/* Passwords that cost a second each; so many files without a GUID in their name are tried. */
#define TRIES_MAX 64
#define ID_LEN	  (BITLOCKER_ID_SIZE - 1)
/* 48 digits, and at most one separator before each. */
#define RECOVERY_MAX 96

/* The work on one volume. */
struct search {
	struct bitlocker_private *p;
	const char *name;	  /* of the volume */
	struct bl_secret *secret; /* the one at hand */
	char *text;		  /* the file at hand, secret memory of FILE_MAX_BYTES */
	unsigned tried;		  /* secrets so far */
};

static bool is_id(const char *text)
{
	for (size_t i = 0; i < ID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

/* Is the file NAME meant for the volume? One without a GUID in its name is for all. */
static bool name_fits(const struct bitlocker *b, const char *name)
{
	size_t len = strlen(name);
	bool any = false;

	for (size_t at = 0; at + ID_LEN <= len; at++) {
		if (!is_id(name + at))
			continue;
		any = true;
		if (!strncasecmp(name + at, b->id, ID_LEN))
			return true;
		for (size_t i = 0; i < b->protector_count; i++)
			if (!strncasecmp(name + at, b->protectors[i].id, ID_LEN))
				return true;
	}
	return !any;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && !strcasecmp(name + len - n, suffix);
}

/* Tries the secret at hand. 0: open; HF_EBITLOCKER: go on with others; else that is the end. */
static int try_secret(struct search *s, const char *file)
{
	int rc;

	if (s->tried == TRIES_MAX) {
		log_warning("More than %d keys for volume %s: the others are not tried. Put each "
			    "into a file named by the key ID it is for.",
			    TRIES_MAX, s->name);
		s->tried++;
	}
	if (s->tried > TRIES_MAX)
		return HF_EBITLOCKER;
	s->tried++;
	rc = bl_try_secret(s->p, s->secret);
	if (rc == HF_ECORRUPT) {
		log_error("The key in %s opens volume %s, but its BitLocker metadata was changed "
			  "since: it is left alone. Copy the disk, then check it with "
			  "\"manage-bde -status\" in Windows.",
			  file, s->name);
	}
	return rc == HF_ENOMEM ? log_oom() : rc;
}

/* The length of what begins like a recovery password at TEXT: two groups of six digits at least. */
static size_t recovery_len(const char *text, size_t len)
{
	size_t i = 0, digits = 0, last = 0;

	while (i < len && i < RECOVERY_MAX && digits < 60) {
		if (isdigit((unsigned char)text[i])) {
			digits++;
			last = ++i;
		} else if (text[i] == '-' && digits && digits % 6 == 0) {
			i++;
		} else {
			break;
		}
	}
	return digits >= 12 ? last : 0;
}

/* Every recovery password in LINE. */
static int try_recovery(struct search *s, const char *line, size_t len, const char *file)
{
	int rc = HF_EBITLOCKER;

	for (size_t i = 0; i < len && rc == HF_EBITLOCKER; i++) {
		size_t n;
		unsigned wrong;

		if (!isdigit((unsigned char)line[i]) || (i && isxdigit((unsigned char)line[i - 1])))
			continue;
		n = recovery_len(line + i, len - i);
		/* A GUID can begin with eight digits and four more. */
		if (!n || (i + ID_LEN <= len && is_id(line + i)))
			continue;
		wrong = bl_secret_recovery(line + i, n, s->secret);
		if (wrong)
			log_warning("%s: group %u of the recovery password in it is mistyped.",
				    file, wrong);
		else
			rc = try_secret(s, file);
		i += n;
	}
	return rc;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The value of "password = VALUE", or NULL; *LEN is its length. */
static const char *password_of(const char *line, size_t *len)
{
	static const char word[] = "password";
	const char *end = line + *len;

	while (line < end && is_blank(*line))
		line++;
	if ((size_t)(end - line) < sizeof(word) || strncasecmp(line, word, sizeof(word) - 1))
		return NULL;
	line += sizeof(word) - 1;
	while (line < end && is_blank(*line))
		line++;
	if (line == end || *line++ != '=')
		return NULL;
	while (line < end && is_blank(*line))
		line++;
	while (end > line && is_blank(end[-1]))
		end--;
	*len = (size_t)(end - line);
	return *len ? line : NULL;
}

static int try_line(struct search *s, const char *line, size_t len, const char *file)
{
	size_t n = len;
	const char *password = password_of(line, &n);

	if (!password)
		return try_recovery(s, line, len, file);
	if (bl_secret_password(password, n, s->secret)) {
		log_warning("%s: the password in it is longer than 256 characters or no UTF-8 "
			    "text.",
			    file);
		return HF_EBITLOCKER;
	}
	return try_secret(s, file);
}

/* Turns UTF-16 (Windows saves keys so) in S's text into UTF-8. Returns the length. */
static size_t to_utf8(struct search *s, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)s->text;
	uint16_t *units;
	int n;

	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
		memmove(s->text, s->text + 3, len - 3);
		return len - 3;
	}
	if (len < 2 || bytes[0] != 0xff || bytes[1] != 0xfe)
		return len;
	units = bl_secret_alloc(FILE_MAX_BYTES);
	if (!units)
		return 0;
	len = len / 2 - 1;
	for (size_t i = 0; i < len; i++)
		units[i] = bl_u16(bytes + 2 + 2 * i);
	n = text_from_utf16(units, len, s->text, FILE_MAX_BYTES);
	bl_secret_free(units, FILE_MAX_BYTES);
	return n < 0 ? 0 : (size_t)n;
}

static int try_text(struct search *s, size_t len, const char *file)
{
	int rc = HF_EBITLOCKER;
	size_t at = 0, n;

	len = to_utf8(s, len);
	for (; at < len && rc == HF_EBITLOCKER; at += n + 1) {
		const char *end = memchr(s->text + at, '\n', len - at);

		n = end ? (size_t)(end - s->text) - at : len - at;
		rc = try_line(s, s->text + at, n, file);
	}
	return rc;
}

static int try_external(struct search *s, size_t len, const char *file)
{
	if (bl_secret_external((const uint8_t *)s->text, len, s->secret)) {
		log_warning("%s is no BitLocker key file, or damaged.", file);
		return HF_EBITLOCKER;
	}
	return try_secret(s, file);
}

/* Reads PATH whole. Returns its length or HF_EIO (said). */
static int64_t read_file(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && len < FILE_MAX_BYTES) {
		n = read(fd, text + len, FILE_MAX_BYTES - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	if (fd < 0 || n < 0) {
		log_error("The key file %s cannot be read: %s.", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return HF_EIO;
	}
	close(fd);
	return (int64_t)len;
}

static int try_file(struct search *s, const char *path)
{
	int64_t len = read_file(path, s->text);
	int rc;

	if (len < 0)
		return (int)len;
	rc = has_suffix(path, ".bek") ? try_external(s, (size_t)len, path)
				      : try_text(s, (size_t)len, path);
	explicit_bzero(s->text, FILE_MAX_BYTES);
	explicit_bzero(s->secret, sizeof(*s->secret));
	if (!rc)
		log_info("Volume %s was opened with a key from %s.", s->name, path);
	return rc;
}

static int try_directory(struct search *s, DIR *dir, const char *path)
{
	int rc = HF_EBITLOCKER;

	while (rc == HF_EBITLOCKER) {
		const struct dirent *e = readdir(dir);
		char file[PATH_MAX];

		if (!e)
			break;
		if ((!has_suffix(e->d_name, ".txt") && !has_suffix(e->d_name, ".bek")) ||
		    !name_fits(&s->p->b, e->d_name) ||
		    (size_t)snprintf(file, sizeof(file), "%s/%s", path, e->d_name) >= sizeof(file))
			continue;
		rc = try_file(s, file);
	}
	return rc;
}

static int tell_wrong(struct search *s)
{
	struct str need = {0};

	if (bitlocker_describe_need(&s->p->b, &need)) {
		str_free(&need);
		return log_oom();
	}
	log_warning("None of the keys given (%u) opens volume %s. It opens with %s.", s->tried,
		    s->name, need.data);
	str_free(&need);
	return HF_EBITLOCKER;
}

int bitlocker_unlock(struct bitlocker *b, const char *path, const char *name)
{
	struct search s = {.p = (struct bitlocker_private *)b, .name = name};
	DIR *dir;
	int rc;

	if (b->state != BITLOCKER_LOCKED)
		return b->state == BITLOCKER_UNSUPPORTED ? HF_EBITLOCKER : 0;
	s.secret = bl_secret_alloc(sizeof(*s.secret));
	s.text = bl_secret_alloc(FILE_MAX_BYTES);
	dir = opendir(path);
	if (!s.secret || !s.text)
		rc = log_oom();
	else if (dir)
		rc = try_directory(&s, dir, path);
	else
		rc = try_file(&s, path);
	if (dir)
		closedir(dir);
	bl_secret_free(s.secret, sizeof(*s.secret));
	bl_secret_free(s.text, FILE_MAX_BYTES);
	if (rc == HF_ECORRUPT)
		return HF_EBITLOCKER;
	return rc == HF_EBITLOCKER && s.tried ? tell_wrong(&s) : rc;
}
