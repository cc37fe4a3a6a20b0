// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Remembered account names.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "windows/names.h"
#include "windows/sid.h"

#define CURRENT_VERSION "Microsoft\\Windows\\CurrentVersion"
#define LOGON_UI	CURRENT_VERSION "\\Authentication\\LogonUI"
#define DATA_STORE	CURRENT_VERSION "\\Group Policy\\DataStore"
#define IDENTITY_STORE	"Microsoft\\IdentityStore"

/* Longer than account, domain and UPN names are in Windows; what is longer is no name. */
#define NAME_TEXT_MAX 512

/* Sessions and providers beyond this many are damage. */
#define SUBKEYS_MAX 1024

struct finding {
	const struct windows_context *c;
	const char *sid;
	struct account_name *out;
};

/* The text value NAME of KEY, or NULL in *OUT when there is no usable one. HF_ENOMEM. */
static int read_name(const struct hive *hive, hive_key key, const char *name, char **out)
{
	int err = hive_text(hive, key, name, out);

	if (!err && **out && strlen(*out) <= NAME_TEXT_MAX)
		return 0;
	if (!err)
		free(*out);
	*out = NULL;
	return err == HF_ENOMEM ? err : 0;
}

/* Keeps N bytes of TEXT in *SLOT unless it has something. */
static int keep(char **slot, const char *text, size_t n)
{
	if (*slot)
		return 0;
	*slot = strndup(text, n);
	return *slot ? 0 : HF_ENOMEM;
}

static int keep_domain(struct finding *f, const char *text, size_t n)
{
	const char *computer = f->c->install->computer;
	bool own = (n == 1 && *text == '.') ||
		   (strlen(computer) == n && !strncasecmp(text, computer, n));

	return keep(&f->out->domain, text, own ? 0 : n);
}

/* Takes over what ACCOUNT ("CORP\ann", "ann" or "ann@example.org"; NULL: nothing) says. */
static int offer(struct finding *f, const char *account, const char *from)
{
	const char *slash = account ? strchr(account, '\\') : NULL;
	const char *name = slash ? slash + 1 : account;
	int err = 0;

	if (!name || !*name)
		return 0;
	if (strchr(name, '@'))
		err = keep(&f->out->upn, name, strlen(name));
	else if (!f->out->name) {
		err = keep(&f->out->name, name, strlen(name));
		f->out->from = from;
	}
	if (!err && slash && slash > account && !strchr(name, '@'))
		err = keep_domain(f, account, (size_t)(slash - account));
	return err;
}

/* offer() with the text values NAMES (ended by NULL) of KEY. */
static int offer_values(struct finding *f, const struct hive *hive, hive_key key,
			const char *const *names, const char *from)
{
	int err = 0;

	for (; *names && !err; names++) {
		char *text;

		err = read_name(hive, key, *names, &text);
		if (!err)
			err = offer(f, text, from);
		free(text);
	}
	return err;
}

/* Is value NAME of KEY the SID? */
static int is_about(const struct finding *f, hive_key key, const char *name, bool *out)
{
	char *text;
	int err = read_name(f->c->software, key, name, &text);

	*out = text && !strcasecmp(text, f->sid);
	free(text);
	return err;
}

/* Calls SEE for every subkey of PATH in SOFTWARE. */
static int each_subkey(struct finding *f, const char *path,
		       int (*see)(struct finding *f, hive_key key))
{
	const struct hive *hive = f->c->software;
	hive_key key, *keys = NULL;
	size_t count = 0;
	int err = hive_find(hive, hive_root(hive), path, &key);

	if (!err)
		err = hive_subkeys(hive, key, &keys, &count);
	for (size_t i = 0; !err && i < count && i < SUBKEYS_MAX; i++)
		err = see(f, keys[i]);
	free(keys);
	return err == HF_ENOMEM ? err : 0;
}

static int see_session(struct finding *f, hive_key key)
{
	static const char *const names[] = {"LoggedOnSAMUser", "LoggedOnUser", NULL};
	bool about;
	int err = is_about(f, key, "LoggedOnUserSID", &about);

	return err || !about ? err : offer_values(f, f->c->software, key, names, "logon screen");
}

static int from_logon_screen(struct finding *f)
{
	static const char *const names[] = {"LastLoggedOnSAMUser", "LastLoggedOnUser", NULL};
	const struct hive *hive = f->c->software;
	bool about = false;
	hive_key key;
	int err = hive_find(hive, hive_root(hive), LOGON_UI, &key);

	if (!err)
		err = is_about(f, key, "LastLoggedOnUserSID", &about);
	if (!err && about)
		err = offer_values(f, hive, key, names, "logon screen");
	if (err == HF_ENOMEM)
		return err;
	return each_subkey(f, LOGON_UI "\\SessionData", see_session);
}

/* offer() with values NAMES of the key FORMAT, in which %s is the SID. */
static int from_key(struct finding *f, hive_key below, const char *path, const char *const *names,
		    const char *from)
{
	hive_key key;
	int err = hive_find(f->c->software, below, path, &key);

	return err ? err == HF_ENOMEM ? err : 0 : offer_values(f, f->c->software, key, names, from);
}

static const char *const identity_names[] = {"SAMName", "IdentityName", "UserName", NULL};

static int see_provider(struct finding *f, hive_key key)
{
	struct str path = {0};
	int err = str_addf(&path, "Sid2Name\\%s", f->sid);

	if (!err)
		err = from_key(f, key, path.data, identity_names, "IdentityStore");
	str_free(&path);
	return err;
}

static int from_identity_store(struct finding *f)
{
	struct str path = {0};
	int err = each_subkey(f, IDENTITY_STORE "\\LogonCache", see_provider);

	if (!err)
		err = str_addf(&path, IDENTITY_STORE "\\Cache\\%s\\IdentityCache\\%s", f->sid,
			       f->sid);
	if (!err)
		err = from_key(f, hive_root(f->c->software), path.data, identity_names,
			       "IdentityStore");
	str_free(&path);
	return err;
}

static int from_group_policy(struct finding *f)
{
	static const char *const names[] = {"szName", NULL};
	struct str path = {0};
	int err = str_addf(&path, DATA_STORE "\\%s\\0", f->sid);

	if (!err)
		err = from_key(f, hive_root(f->c->software), path.data, names, "Group Policy");
	str_free(&path);
	return err;
}

static int from_own_hive(struct finding *f, const struct hive *hive)
{
	static const char *const names[] = {"USERNAME", NULL};
	bool had_name = f->out->name;
	char *domain = NULL;
	hive_key key;
	int err = hive ? hive_find(hive, hive_root(hive), "Volatile Environment", &key) : HF_ENOENT;

	if (!err)
		err = offer_values(f, hive, key, names, "own registry");
	if (!err && !had_name && f->out->name)
		err = read_name(hive, key, "USERDOMAIN", &domain);
	if (!err && domain)
		err = keep_domain(f, domain, strlen(domain));
	free(domain);
	return err == HF_ENOMEM ? err : 0;
}

int names_find(const struct windows_context *c, const char *sid, const struct hive *user,
	       struct account_name *out)
{
	struct finding f = {.c = c, .sid = sid, .out = out};
	int err;

	*out = (struct account_name){0};
	err = from_logon_screen(&f);
	if (!err)
		err = from_identity_store(&f);
	if (!err)
		err = from_group_policy(&f);
	if (!err)
		err = from_own_hive(&f, user);
	/* An account of Entra ID may be known by its sign-in name alone. */
	if (!err && !out->name && out->upn) {
		err = keep(&out->name, out->upn, strlen(out->upn));
		out->from = "IdentityStore";
	}
	if (!err && out->name && sid_is_entra(sid))
		err = keep(&out->domain, "AzureAD", 7);
	if (err)
		names_free(out);
	return err;
}

void names_free(struct account_name *name)
{
	free(name->name);
	free(name->domain);
	free(name->upn);
	*name = (struct account_name){0};
}
