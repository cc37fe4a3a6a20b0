// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs that make a file about rules instead of a store: /genconfig, /genmigxml, --lint. */
#include "cmd/scanstate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/usmt_run.h"
#include "report/error.h"
#include "report/log.h"

/* TEXT as XML character data. */
static int put_escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		const char *as = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : NULL;
		if ((as ? fputs(as, f) : fputc(*text, f)) == EOF)
			return HF_EIO;
	}
	return 0;
}

/* The File patterns of KIND of one user, as one element. */
static int put_patterns(const struct scan *s, FILE *f, int user, enum rules_kind kind,
			const char *element)
{
	bool open = false;
	int ret = 0;

	for (uint32_t r = 0; !ret && r < rules_count(s->rules); r++) {
		const struct rules_rule *rule = rules_rule(s->rules, r);
		if (rule->kind != kind || rule->user != user || rule->type != RULES_FILE)
			continue;
		if (!open && fprintf(f, "        <%s><objectSet>\n", element) < 0)
			return HF_EIO;
		open = true;
		if (fputs("          <pattern type=\"File\">", f) == EOF)
			return HF_EIO;
		ret = put_escaped(f, rule->pattern);
		if (!ret && fputs("</pattern>\n", f) == EOF)
			ret = HF_EIO;
	}
	if (!ret && open && fprintf(f, "        </objectSet></%s>\n", element) < 0)
		ret = HF_EIO;
	return ret;
}

static int put_component(const struct scan *s, FILE *f, int user)
{
	const char *who =
		user < 0 ? "shared documents"
			 : s->examine.rules_machine.user_name(s->examine.rules_machine.ctx, user);
	int ret = fputs("  <component type=\"Documents\" context=\"System\">\n    <displayName>",
			f) == EOF
			  ? HF_EIO
			  : put_escaped(f, who);

	if (!ret && fputs("</displayName>\n    <role role=\"Data\">\n      <rules>\n", f) == EOF)
		ret = HF_EIO;
	if (!ret)
		ret = put_patterns(s, f, user, RULES_INCLUDE, "include");
	if (!ret)
		ret = put_patterns(s, f, user, RULES_EXCLUDE, "exclude");
	if (!ret)
		ret = put_patterns(s, f, user, RULES_UNCONDITIONAL_EXCLUDE, "unconditionalExclude");
	if (!ret && fputs("      </rules>\n    </role>\n  </component>\n", f) == EOF)
		ret = HF_EIO;
	return ret;
}

/* What the document finder found, as a rule file of its own. */
static int write_migxml(const struct scan *s, FILE *f)
{
	int ret = fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			"<migration urlid=\"urn:holdfast:genmigxml\">\n",
			f) == EOF
			  ? HF_EIO
			  : 0;

	for (int user = -1; !ret && user < s->examine.rules_machine.user_count; user++)
		ret = put_component(s, f, user);
	if (!ret && fputs("</migration>\n", f) == EOF)
		ret = HF_EIO;
	return ret;
}

int scan_generate(const struct scan *s)
{
	const char *path = s->o.genconfig ? s->o.genconfig : s->o.genmigxml;

	if (!s->o.overwrite && access(path, F_OK) == 0) {
		log_error("%s exists already. Use /o to overwrite it, or choose another name.",
			  path);
		return USMT_INVALID_STORE_LOCATION;
	}
	log_info("Producing the configuration file %s", path);
	FILE *f = fopen(path, "we");
	int ret = !f		   ? HF_EIO
		  : s->o.genconfig ? rules_write_config(s->rules, f)
				   : write_migxml(s, f);
	if (f && fclose(f))
		ret = HF_EIO;
	if (ret) {
		log_error("%s could not be written: %s.", path, strerror(errno));
		return USMT_INVALID_PARAMETERS;
	}
	log_status("Written: %s", path);
	return USMT_SUCCESS;
}

static int print_weakness(void *ctx, const char *file, unsigned line, const char *text)
{
	unsigned *count = ctx;

	(*count)++;
	log_status("%s:%u: %s", file, line, text);
	return 0;
}

int scan_lint(struct scan *s)
{
	unsigned warnings = log_warning_count(), count = 0;
	int ret = 0;

	s->rules = rules_new();
	if (!s->rules)
		return log_oom(), USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	for (size_t i = 0; !ret && i < s->o.rules.count; i++) {
		struct str path = {0};
		ret = usmt_find_rule_file(s->o.rules.items[i], &path);
		if (!ret)
			ret = rules_load(s->rules, path.data, s->o.rules.items[i]);
		str_free(&path);
	}
	if (!ret)
		ret = rules_lint(s->rules, print_weakness, &count);
	if (ret)
		return USMT_UNABLE_GET_SCRIPTFILES;
	count += log_warning_count() - warnings;
	log_status("%u weaknesses in %zu files.", count, s->o.rules.count);
	return count ? USMT_WOULD_HAVE_FAILED : USMT_SUCCESS;
}
