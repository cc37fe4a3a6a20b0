// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls of helper functions (USMT specification 4.8): what was parsed, written anew with quotes,
 * parses to the same call.
 */
#include <strings.h>

#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/model.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_set_quiet(true);
	return 0;
}

/* Adds ARG in quotes; false when it holds both kinds, which the language cannot write. */
static bool add_argument(struct str *text, const char *arg)
{
	char mark;

	if (!arg)
		return !str_adds(text, " NULL ");
	if (strchr(arg, '"') && strchr(arg, '\''))
		return false;
	mark = strchr(arg, '"') ? '\'' : '"';
	return !str_addc(text, mark) && !str_adds(text, arg) && !str_addc(text, mark);
}

static void check_round_trip(const struct call *call, unsigned use)
{
	struct str text = {0};
	struct call again;
	bool writable;

	writable = !str_adds(&text, " ") && !str_adds(&text, call->name) && !str_adds(&text, "\t(");
	for (unsigned i = 0; writable && i < call->count; i++)
		writable = (!i || !str_addc(&text, ',')) && add_argument(&text, call->args[i]);
	if (!writable || str_adds(&text, " ) \r\n")) {
		str_free(&text);
		return;
	}
	fuzz_assert(!call_parse(text.data, use, &again));
	fuzz_assert(again.id == call->id && again.count == call->count);
	fuzz_assert(!strcmp(again.name, call->name));
	for (unsigned i = 0; i < call->count; i++)
		fuzz_assert(call->args[i] ? again.args[i] && !strcmp(again.args[i], call->args[i])
					  : !again.args[i]);
	call_free(&again);
	str_free(&text);
}

/* The arguments as they were written; NULL for the null argument. */
struct written {
	struct str text;
	char *args[CALL_ARGS_MAX];
	unsigned count;
};

/* Adds ARG in the quotes or as the word that KIND asks for. */
static void write_argument(struct written *w, uint8_t kind, char *arg)
{
	static const char marks[] = "\"'";
	char mark = marks[kind & 1];
	char *end = arg;

	fuzz_assert(!w->count || !str_adds(&w->text, kind & 2 ? " ," : ","));
	fuzz_assert(!(kind & 4) || !str_adds(&w->text, "\r\n\t "));
	if (kind & 8) {
		for (const char *c = arg; *c; c++)
			if (!strchr("\"',() \t\r\n", *c))
				*end++ = *c;
		*end = '\0';
		fuzz_assert(!str_adds(&w->text, arg));
		if (!*arg || !strcasecmp(arg, "NULL")) {
			free(arg);
			arg = NULL;
		}
	} else {
		for (const char *c = arg; *c; c++)
			if (*c != mark)
				*end++ = *c;
		*end = '\0';
		fuzz_assert(!str_addc(&w->text, mark) && !str_adds(&w->text, arg) &&
			    !str_addc(&w->text, mark));
	}
	w->args[w->count++] = arg;
}

/* A call written from the input is read as it was meant. */
static void check_written(struct fuzz_input *in, unsigned use)
{
	struct written w = {0};
	struct call call;

	fuzz_assert(!str_adds(&w.text, "MigXmlHelper.Any("));
	while (in->len && w.count < CALL_ARGS_MAX) {
		uint8_t kind = fuzz_u8(in);

		write_argument(&w, kind, fuzz_text(in));
	}
	fuzz_assert(!str_addc(&w.text, ')') && !call_parse(w.text.data, use, &call));
	/* "()" is no argument and not one that was left out. */
	fuzz_assert(call.count == w.count || (w.count == 1 && !w.args[0]));
	for (unsigned i = 0; i < w.count; i++) {
		fuzz_assert(w.args[i] ? call.args[i] && !strcmp(call.args[i], w.args[i])
				      : !call.args[i]);
		free(w.args[i]);
	}
	call_free(&call);
	str_free(&w.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	uint8_t mode = fuzz_u8(&in);
	unsigned use = 1u << (mode & 15);
	struct call call;
	char *text;
	int error;

	if (mode & 0x80) {
		check_written(&in, use);
		return 0;
	}
	text = fuzz_text(&in);
	error = call_parse(text, use, &call);

	fuzz_assert(!error || error == HF_EINVAL);
	if (!error) {
		fuzz_assert(call.name && *call.name && call.count <= CALL_ARGS_MAX);
		for (unsigned i = call.count; i < CALL_ARGS_MAX; i++) {
			fuzz_assert(!call.args[i]);
			fuzz_assert(call_flag(&call, i, true) && !call_flag(&call, i, false));
		}
		check_round_trip(&call, use);
	}
	call_free(&call);
	free(text);
	return 0;
}
