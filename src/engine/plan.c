// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making the plan: one walk over the volume, each object put before the rules.
 */
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/rules.h"
#include "store/tree.h"
#include "windows/machine.h"

#define POOL_UNITS ((size_t)32768)
/* Bytes of the longest path that Windows can name: 32,767 UTF-16 units. */
#define PATH_MAX_BYTES ((size_t)32767 * 3)

#define CLOUD_ATTRIBUTES                                                                           \
	((uint32_t)(FS_ATTR_OFFLINE | FS_ATTR_RECALL_ON_OPEN | FS_ATTR_RECALL_ON_DATA_ACCESS))

/* Windows Overlay Filter ([MS-FSCC] has the tag; wdm.h WOF_EXTERNAL_INFO): provider 1 is a WIM. */
#define WOF_PROVIDER_OFFSET 12
#define WOF_PROVIDER_WIM    1

struct planning {
	struct plan *plan;
	struct fs *fs;
	const struct plan_options *options;
	const struct upcase *upcase;
	struct rules_dir dir; /* of the directory whose files are being visited */
};

static const uint16_t *keep_name(struct plan *plan, const uint16_t *name, unsigned len)
{
	uint16_t *at;

	if (!plan->pool || plan->pool_left < len) {
		plan->pool = arena_alloc(&plan->names, POOL_UNITS * sizeof(*plan->pool));
		plan->pool_left = plan->pool ? POOL_UNITS : 0;
		if (!plan->pool)
			return NULL;
	}
	at = plan->pool;
	if (len)
		memcpy(at, name, len * sizeof(*at));
	plan->pool += len;
	plan->pool_left -= len;
	return at;
}

/* object_error() for file NODE in directory DIR_PATH; with ERROR 0 object_left_out(). */
static int file_trouble(struct planning *p, const struct tree_node *node,
			const struct str *dir_path, int error, const char *reason)
{
	struct str path = {0};
	int err = str_adds(&path, dir_path->data) ? log_oom() : 0;

	if (!err)
		err = tree_add_name(&path, node->name, node->name_len);
	if (!err && !error)
		err = object_left_out(p->options->errors, path.data, reason);
	else if (!err)
		err = object_error(p->options->errors, path.data, error, reason);
	str_free(&path);
	return err;
}

/*
 * A file that is or was only in the cloud: a placeholder has a size but no clusters. Whatever is on
 * the disk is kept, so the record is asked, not the tag; small files have their data in it.
 */
static int check_cloud(struct planning *p, const struct tree_node *node, bool *placeholder)
{
	uint32_t marks = CLOUD_ATTRIBUTES | FS_ATTR_SPARSE;
	struct fs_stat st;
	int err;

	*placeholder = false;
	if (!FS_TAG_IS_CLOUD(node->reparse_tag) && !(node->attributes & CLOUD_ATTRIBUTES))
		return 0;
	err = fs_stat(p->fs, node->ref, &st);
	if (!err)
		*placeholder = st.size && !st.allocated && !st.resident &&
			       ((node->attributes | st.attributes) & marks);
	return err;
}

/* Is the data of a file under the Windows Overlay Filter in a WIM archive elsewhere? */
static int check_wof(struct planning *p, const struct tree_node *node, bool *elsewhere)
{
	uint8_t *data = NULL;
	size_t len = 0;
	int err = fs_reparse(p->fs, node->ref, &data, &len);

	*elsewhere = false;
	if (err)
		return err;
	if (len >= WOF_PROVIDER_OFFSET + 4)
		*elsewhere = data[WOF_PROVIDER_OFFSET] == WOF_PROVIDER_WIM;
	free(data);
	return 0;
}

/*
 * *REASON: why a selected file is not kept by linking it; NULL when it is. Returns 0 when an option
 * says so, else the error.
 */
static int check_linkable(struct planning *p, const struct tree_node *node, bool *placeholder,
			  const char **reason)
{
	bool elsewhere = false;
	int err;

	*reason = NULL;
	*placeholder = false;
	if (node->reparse_tag == FS_TAG_DEDUP) {
		*reason = "it is deduplicated: its data is in System Volume Information and would "
			  "be lost; undo deduplication of the volume first";
		return HF_EUNSUPPORTED;
	}
	if ((node->attributes & FS_ATTR_ENCRYPTED) && p->options->efs == PLAN_EFS_ABORT) {
		*reason =
			"it is encrypted (EFS). Keep it as it is with /efs:hardlink, leave it out "
			"with /efs:skip, or decrypt it in Windows";
		return HF_ECANCELLED;
	}
	if ((node->attributes & FS_ATTR_ENCRYPTED) && p->options->efs == PLAN_EFS_SKIP) {
		*reason = "/efs:skip";
		return 0;
	}
	err = check_cloud(p, node, placeholder);
	if (!err && node->reparse_tag == FS_TAG_WOF)
		err = check_wof(p, node, &elsewhere);
	if (err)
		*reason = "its record cannot be read";
	if (!err && elsewhere) {
		*reason = "its data is in a WIM archive (WIMBoot), not in the file";
		err = HF_EUNSUPPORTED;
	}
	return err;
}

static int plan_file(struct planning *p, const struct tree_node *node, const struct str *dir_path)
{
	uint32_t dir = (uint32_t)node->parent->mark;
	struct plan *plan = p->plan;
	struct rules_decision decision;
	struct plan_file *file;
	const char *reason;
	bool placeholder;
	int err;

	plan->seen_files++;
	if (node->is_metadata)
		return 0;
	rules_decide_file(&p->dir, node->name, node->name_len, node->attributes, &decision);
	if (!decision.selected)
		return 0;
	err = check_linkable(p, node, &placeholder, &reason);
	if (reason)
		return file_trouble(p, node, dir_path, err, reason);
	if (array_grow(&plan->files, plan->file_count, &plan->file_cap))
		return log_oom();
	file = &plan->files[plan->file_count];
	*file = (struct plan_file){
		.name = keep_name(plan, node->name, node->name_len),
		.ref = node->ref,
		.size = node->size,
		.dir = dir,
		.attributes = node->attributes,
		.reparse_tag = node->reparse_tag,
		.rule = decision.rule,
		.name_len = (uint8_t)node->name_len,
		.listed_only = placeholder,
	};
	if (!file->name)
		return log_oom();
	plan->file_count++;
	plan->dirs[dir].file_count++;
	plan->dirs[dir].needed = true;
	if (placeholder)
		plan->placeholders++;
	else
		plan->bytes += node->size;
	return 0;
}

/* After a directory: an unneeded one is dropped when it is the last, a needed one needs its parent.
 */
static void settle(struct planning *p, uint32_t index)
{
	struct plan_dir *dir = &p->plan->dirs[index];

	if (dir->needed) {
		p->plan->dirs[dir->parent].needed = true;
		p->plan->needed_dirs++;
	} else if (index && index + 1 == p->plan->dir_count) {
		p->plan->dir_count--;
	}
}

static int add_dir(struct planning *p, struct tree_node *node, bool selected, uint32_t rule)
{
	struct plan *plan = p->plan;
	size_t index = plan->dir_count;
	struct plan_dir *dir;

	if (index >= UINT32_MAX || plan->file_count >= UINT32_MAX) {
		log_error("The volume has more objects than a plan can hold.");
		return HF_ELIMIT;
	}
	if (array_grow(&plan->dirs, index, &plan->dir_cap))
		return log_oom();
	dir = &plan->dirs[index];
	*dir = (struct plan_dir){
		.name = keep_name(plan, node->name, node->name_len),
		.ref = node->ref,
		.parent = node->parent ? (uint32_t)node->parent->mark : (uint32_t)index,
		.first_file = (uint32_t)plan->file_count,
		.attributes = node->attributes,
		.reparse_tag = node->reparse_tag,
		.rule = rule,
		.name_len = (uint8_t)node->name_len,
		.selected = selected,
		.needed = selected,
	};
	if (!dir->name)
		return log_oom();
	node->mark = index;
	plan->dir_count++;
	return 0;
}

/* Notes the junction NODE if a volume is mounted in it. */
static int note_mount(struct planning *p, const struct tree_node *node, const struct str *path)
{
	struct plan *plan = p->plan;
	struct machine_volume *volume;
	uint8_t *data = NULL;
	size_t len = 0;
	int err;

	if (!p->options->machine || (node->reparse_tag && node->reparse_tag != FS_TAG_MOUNT_POINT))
		return 0;
	err = fs_reparse(p->fs, node->ref, &data, &len);
	if (!err)
		err = machine_mounted_volume(p->options->machine, data, len, &volume);
	free(data);
	if (err)
		return err == HF_ENOMEM ? err : 0; /* a damaged one is reported when it is kept */
	if (array_grow(&plan->mounts, plan->mount_count, &plan->mount_cap))
		return log_oom();
	plan->mounts[plan->mount_count].path = strdup(path->data);
	if (!plan->mounts[plan->mount_count].path)
		return log_oom();
	plan->mounts[plan->mount_count++].volume = volume;
	return 0;
}

static int plan_dir(struct planning *p, struct tree_node *node, const struct str *path)
{
	struct rules_decision decision;
	bool leaf;
	int err;

	if (cancel_requested())
		return HF_ECANCELLED;
	if (node->is_metadata || (p->options->store_path && node->parent &&
				  !text_casecmp(p->upcase, path->data, p->options->store_path)))
		return TREE_SKIP;
	progress_update(++p->plan->seen_dirs);
	if (path->len > PATH_MAX_BYTES) {
		err = object_error(p->options->errors, path->data, HF_ELIMIT,
				   "its path is longer than Windows can name");
		return err ? err : TREE_SKIP;
	}
	err = rules_enter(p->options->rules, path->data, &p->dir);
	if (err)
		return err;
	rules_decide_dir(&p->dir, node->attributes, &decision);
	err = add_dir(p, node, decision.selected && node->parent, decision.rule);
	if (err)
		return err;
	/* Junctions and links lead elsewhere; cloud directories hold their own files. */
	leaf = (node->attributes & FS_ATTR_REPARSE) &&
	       (!node->reparse_tag || TREE_TAG_IS_SURROGATE(node->reparse_tag));
	if (leaf && (p->dir.may_descend || p->dir.count)) {
		err = note_mount(p, node, path);
		if (err)
			return err;
	}
	if (leaf || (!p->dir.may_descend && !p->dir.count)) {
		settle(p, (uint32_t)node->mark);
		return TREE_SKIP;
	}
	return p->dir.may_descend ? TREE_ENTER : TREE_FILES;
}

static int plan_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct planning *p = ctx;

	if (node->attributes & FS_ATTR_DIRECTORY)
		return plan_dir(p, node, path);
	return plan_file(p, node, path);
}

static int plan_leave(void *ctx, struct tree_node *node, const struct str *path)
{
	(void)path;
	settle(ctx, (uint32_t)node->mark);
	return 0;
}

static int plan_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			const char *reason)
{
	struct planning *p = ctx;

	(void)node;
	return object_error(p->options->errors, path->data, error, reason);
}

int plan_make(struct plan *plan, struct fs *fs, const struct plan_options *options)
{
	struct planning p = {
		.plan = plan,
		.fs = fs,
		.options = options,
		.upcase = fs_upcase(fs),
	};
	const struct tree_visitor visitor = {
		.visit = plan_visit, .leave = plan_leave, .trouble = plan_trouble, .ctx = &p};
	int err;

	*plan = (struct plan){.root = strdup(options->root)};
	if (!plan->root)
		return log_oom();
	progress_phase("Scanning", "folders", 0);
	err = tree_walk(fs, fs_root(fs), options->root, &visitor);
	progress_end(plan->seen_dirs);
	rules_dir_free(&p.dir);
	if (err == HF_ECANCELLED && cancel_requested())
		log_error("Stopped on request. Nothing was written.");
	return err;
}

void plan_free(struct plan *plan)
{
	free(plan->root);
	free(plan->dirs);
	free(plan->files);
	for (size_t i = 0; i < plan->mount_count; i++)
		free(plan->mounts[i].path);
	free(plan->mounts);
	arena_free(&plan->names);
	*plan = (struct plan){0};
}

int plan_dir_path(const struct plan *plan, uint32_t dir, struct str *path)
{
	uint32_t chain[TREE_DEPTH_MAX + 1];
	size_t depth = 0;
	int err = str_adds(path, plan->root) ? log_oom() : 0;

	while (dir && depth <= TREE_DEPTH_MAX) {
		chain[depth++] = dir;
		dir = plan->dirs[dir].parent;
	}
	while (depth && !err) {
		const struct plan_dir *d = &plan->dirs[chain[--depth]];

		err = tree_add_name(path, d->name, d->name_len);
	}
	return err;
}

int plan_file_path(const struct plan *plan, const struct plan_file *file, struct str *path)
{
	int err = plan_dir_path(plan, file->dir, path);

	return err ? err : tree_add_name(path, file->name, file->name_len);
}
