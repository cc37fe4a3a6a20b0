// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of the check, and what it keeps. */
#include <sys/random.h>

#include "volume/check_private.h"

void check_free(struct check *c)
{
	runs_free(&c->mft);
	runs_free(&c->scratch);
	said_free(&c->names);
	said_free(&c->extents);
	free(c->mft_bitmap);
	free(c->recs);
	free(c->window);
	free(c->window_state);
	free(c->used);
	free(c->shared);
	free(c->bad);
	free(c->security_ids);
	free(c);
}

int check_run(struct check *c)
{
	static void (*const phases[])(struct check *) = {
		check_mirror, check_upcase,   check_records,  check_directories, check_lists,
		check_names,  check_security, check_clusters, check_state,
	};
	int rc = check_boot(c);
	size_t i;

	if (!rc)
		rc = check_open_mft(c);
	if (rc)
		return rc == HF_ECORRUPT ? 0 : rc;
	for (i = 0; i < sizeof(phases) / sizeof(*phases) && !c->stop; i++)
		phases[i](c);
	if (!c->stop && c->opt->surface)
		check_surface(c);
	return c->stop;
}

struct check *check_new(struct block *block, const struct check_options *options,
			struct check_result *result)
{
	struct check *c = calloc(1, sizeof(*c));

	*result = (struct check_result){0};
	if (!c)
		return NULL;
	c->block = block;
	c->opt = options;
	c->res = result;
	if (getrandom(&c->seed, sizeof(c->seed), 0) != (ssize_t)sizeof(c->seed))
		c->seed = UINT64_C(0x2545f4914f6cdd1d);
	return c;
}

bool check_mirror_differs(struct block *block)
{
	static const struct check_options options = {0};
	struct check_result result;
	struct check *c = check_new(block, &options, &result);

	if (c && !check_boot(c) && !check_open_mft(c))
		check_mirror(c);
	if (c)
		check_free(c);
	return result.count[CHECK_MIRROR_DIFFERS] > 0;
}

int check_volume(struct block *block, const struct check_options *options,
		 struct check_result *result)
{
	struct check *c = check_new(block, options, result);
	int rc;

	if (!c)
		return HF_ENOMEM;
	rc = check_run(c);
	check_free(c);
	return rc;
}
