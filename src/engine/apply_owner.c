// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose the restored objects are: the SIDs in their descriptors. */
#include <stdlib.h>

#include "engine/apply_private.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/security_map.h"

/* What the descriptor of REF becomes, into OWNER. */
static int look_up(struct applying *a, struct fs *fs, fs_ref ref, struct known_owner *owner)
{
	uint8_t *data = NULL;
	size_t len = 0;
	int err = fs_security(fs, ref, &data, &len), changed;

	if (err)
		return err == HF_ENOENT ? 0 : err;
	changed = security_map_apply(a->run->sids, data, len, &owner->sd, &owner->len);
	free(data);
	if (changed == HF_ECORRUPT)
		log_detail("The security descriptor of a restored object is not valid and stays "
			   "as it is.");
	return changed == HF_ENOMEM ? log_oom() : 0;
}

int apply_owner(struct applying *a, struct fs *fs, fs_ref ref)
{
	struct known_owner own = {0}, *owner = &own;
	struct fs_stat st;
	int err;

	if (!a->run->sids || !a->run->sids->count)
		return 0;
	err = fs_stat(fs, ref, &st);
	if (err)
		return err;
	if (st.security_id)
		owner = &a->owners[st.security_id % OWNERS];
	if (owner->fs != fs || owner->id != st.security_id) {
		free(owner->sd);
		*owner = (struct known_owner){.fs = fs, .id = st.security_id};
		err = look_up(a, fs, ref, owner);
		if (err)
			owner->fs = NULL;
	}
	if (!err && owner->sd)
		err = fs_set_security(fs, ref, owner->sd, owner->len);
	free(own.sd);
	return err;
}
