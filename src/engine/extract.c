// SPDX-License-Identifier: GPL-2.0-or-later
/* Walking a store to copy its files out. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/extract_private.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/pattern.h"
#include "windows/machine.h"

#define KIB UINT64_C(1024)

/* A pattern in upper-case units, '*' as wild_match() wants it. */
struct name_pattern {
	uint16_t units[NAME_UNITS_MAX];
	unsigned len;
};

struct extraction {
	const struct extract_options *options;
	struct extract_result *result;
	struct object_errors *errors;
	struct extract_host host;
	struct fs *fs; /* of the volume at hand */
	struct name_pattern *include, *exclude;
	uint64_t bytes;	 /* of all files that are wanted */
	uint64_t needed; /* that they take here at least: without holes */
	uint64_t done;
	struct str path; /* scratch */
};

static int compile(const struct upcase *uc, const char *const *list, size_t count,
		   struct name_pattern **out)
{
	*out = calloc(count + 1, sizeof(**out));
	if (!*out)
		return log_oom();
	for (size_t i = 0; i < count; i++) {
		struct name_pattern *p = &(*out)[i];
		int n = text_to_utf16(list[i], strlen(list[i]), p->units, NAME_UNITS_MAX);

		if (n <= 0) {
			log_error("\"%s\" is not a pattern for names.", list[i]);
			return HF_EINVAL;
		}
		p->len = (unsigned)n;
		units_upcase(uc, p->units, p->len);
		for (unsigned k = 0; k < p->len; k++)
			if (p->units[k] == '*')
				p->units[k] = 0;
	}
	return 0;
}

static bool matches(const struct name_pattern *list, size_t count, const uint16_t *name,
		    unsigned len)
{
	for (size_t i = 0; i < count; i++)
		if (wild_match(list[i].units, list[i].len, name, len))
			return true;
	return false;
}

/* An include match beats an exclude match; without includes everything else is in. */
static bool is_wanted(const struct extraction *x, const struct tree_node *node)
{
	uint16_t name[NAME_UNITS_MAX];

	memcpy(name, node->name, node->name_len * sizeof(*name));
	units_upcase(fs_upcase(x->fs), name, node->name_len);
	if (matches(x->include, x->options->include_count, name, node->name_len))
		return true;
	return !x->options->include_count &&
	       !matches(x->exclude, x->options->exclude_count, name, node->name_len);
}

static bool takes_all(const struct extraction *x)
{
	return !x->options->include_count && !x->options->exclude_count;
}

/* The path of NODE for people ("C$\Users\ann"), where PATH is its directory's if it is a file. */
static const char *shown_path(struct extraction *x, const struct tree_node *node,
			      const struct str *path)
{
	static char shown[4096];

	str_truncate(&x->path, 0);
	if (str_adds(&x->path, path->len ? path->data + 1 : "") ||
	    (!(node->attributes & FS_ATTR_DIRECTORY) &&
	     tree_add_name(&x->path, node->name, node->name_len)))
		return "an object";
	return text_printable(x->path.data ? x->path.data : "", shown, sizeof(shown));
}

static int trouble(struct extraction *x, const struct tree_node *node, const struct str *path,
		   int error, const char *reason)
{
	return object_error(x->errors, shown_path(x, node, path), error, reason);
}

/* A link, or a socket, pipe or device of the Linux subsystem ([MS-FSCC] 2.1.2.1): without data. */
static bool is_link(uint32_t tag)
{
	return TREE_TAG_IS_SURROGATE(tag) ||
	       (tag >= UINT32_C(0x80000023) && tag <= UINT32_C(0x80000026));
}

/* Why the data of a file cannot be seen from outside Windows, or NULL. */
static const char *hollow(const struct fs_stat *st)
{
	if (st->attributes & FS_ATTR_ENCRYPTED)
		return "it is encrypted (EFS); only its user can open it, in Windows";
	if (st->reparse_tag == FS_TAG_WOF)
		return "it is compressed by Windows itself (\"compact /exe\")";
	if (st->reparse_tag == FS_TAG_DEDUP)
		return "its data is in the volume's deduplication store";
	if (FS_TAG_IS_CLOUD(st->reparse_tag) &&
	    (st->attributes & (FS_ATTR_OFFLINE | FS_ATTR_RECALL_ON_DATA_ACCESS)))
		return "its data is only in the cloud";
	return NULL;
}

/* First walk: how much there is. Trouble is told in the second. */
static int count_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct extraction *x = ctx;
	struct fs_stat st;
	int err;

	(void)path;
	if (node->is_metadata || (node->attributes & FS_ATTR_DIRECTORY))
		return node->is_metadata || TREE_TAG_IS_SURROGATE(node->reparse_tag) ? TREE_SKIP
										     : TREE_ENTER;
	if (cancel_requested())
		return HF_ECANCELLED;
	if (!is_wanted(x, node))
		return TREE_ENTER;
	err = fs_stat(x->fs, node->ref, &st);
	if (err)
		return err == HF_ENOMEM ? err : TREE_ENTER;
	x->bytes += st.size;
	x->needed += st.allocated && st.allocated < st.size ? st.allocated : st.size;
	return TREE_ENTER;
}

static int count_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			 const char *reason)
{
	(void)ctx;
	(void)node;
	(void)path;
	(void)reason;
	return error == HF_ENOMEM ? error : 0;
}

/* Tells a name that this system cannot hold. */
static void tell_renamed(struct extraction *x, const struct tree_node *node, const struct str *path)
{
	char name[HOST_NAME_SIZE];

	if (!extract_host_name(node, name))
		return;
	x->result->renamed++;
	log_warning("%s cannot have this name here: it is called %s.", shown_path(x, node, path),
		    name);
}

static int extract_file(struct extraction *x, struct tree_node *node, const struct str *path)
{
	const char *reason;
	struct fs_stat st;
	int err;

	if (!is_wanted(x, node))
		return 0;
	err = fs_stat(x->fs, node->ref, &st);
	if (err)
		return trouble(x, node, path, err, "its record cannot be read");
	if (is_link(st.reparse_tag)) {
		x->result->links++;
		log_info("%s is a link or special file and is left out.",
			 shown_path(x, node, path));
		return 0;
	}
	reason = hollow(&st);
	if (reason)
		return trouble(x, node, path, HF_EUNSUPPORTED, reason);
	err = extract_host_enter(&x->host, node->parent);
	if (err)
		return trouble(x, node, path, err, strerror(errno));
	err = extract_host_file(&x->host, x->fs, node, &st, &reason);
	x->done += st.size;
	progress_update(x->done / KIB);
	if (err)
		return trouble(x, node, path, err, reason);
	x->result->files++;
	x->result->bytes += st.size;
	tell_renamed(x, node, path);
	return 0;
}

static int extract_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct extraction *x = ctx;
	int err;

	if (node->is_metadata)
		return TREE_SKIP;
	if (!(node->attributes & FS_ATTR_DIRECTORY)) {
		err = cancel_requested() ? HF_ECANCELLED : extract_file(x, node, path);
		return err ? err : TREE_ENTER;
	}
	if (TREE_TAG_IS_SURROGATE(node->reparse_tag)) {
		x->result->links++;
		return TREE_SKIP;
	}
	if (!node->parent || !takes_all(x))
		return TREE_ENTER;
	err = extract_host_enter(&x->host, node);
	if (err)
		err = trouble(x, node, path, err, strerror(errno));
	else
		tell_renamed(x, node, path);
	return err ? err : TREE_ENTER;
}

/* Every directory that was made gets its times after it was filled. */
static int extract_leave(void *ctx, struct tree_node *node, const struct str *path)
{
	struct extraction *x = ctx;
	struct fs_stat st;
	int err;

	if (!node->parent || !takes_all(x))
		return 0;
	err = fs_stat(x->fs, node->ref, &st);
	if (!err)
		err = extract_host_times(&x->host, node, &st);
	return err ? trouble(x, node, path, err, "its times cannot be set") : 0;
}

static int extract_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			   const char *reason)
{
	return trouble(ctx, node, path, error, reason);
}

/* Walks the File folder of each volume. */
static int walk(struct extraction *x, struct machine_volume *const *volumes, size_t count,
		const char *path, const struct tree_visitor *visitor)
{
	struct str files = {0};
	int err = str_addf(&files, "%s\\USMT\\File", path) ? log_oom() : 0;

	for (size_t i = 0; i < count && !err; i++) {
		fs_ref ref;

		extract_host_leave(&x->host);
		x->fs = volumes[i]->fs;
		err = fs_resolve(x->fs, files.data, &ref);
		if (err == HF_ENOENT)
			log_error("The store on %s has no folder %s.", volumes[i]->volume->device,
				  files.data);
		if (!err)
			err = tree_walk(x->fs, ref, "", visitor);
	}
	str_free(&files);
	return err;
}

static int check_room(const struct extraction *x)
{
	uint64_t room = extract_host_free(&x->host);

	if (room >= x->needed)
		return 0;
	log_error("%s has %" PRIu64 " MB free, and the files take %" PRIu64
		  " MB. Nothing was extracted. Take a larger medium, or fewer files with /i.",
		  x->options->destination, room / KIB / KIB, x->needed / KIB / KIB + 1);
	return HF_ENOSPC;
}

static int extract(struct extraction *x, struct machine_volume *const *volumes, size_t count,
		   const char *path)
{
	const struct tree_visitor counting = {
		.visit = count_visit, .trouble = count_trouble, .ctx = x};
	const struct tree_visitor copying = {.visit = extract_visit,
					     .leave = extract_leave,
					     .trouble = extract_trouble,
					     .ctx = x};
	int err = walk(x, volumes, count, path, &counting), closed;

	if (!err)
		err = extract_host_open(&x->host, x->options->destination, x->options->overwrite);
	if (err)
		return err;
	err = check_room(x);
	if (!err) {
		progress_phase("Extracting", "KiB", x->bytes / KIB);
		err = walk(x, volumes, count, path, &copying);
		progress_end(x->done / KIB);
	}
	closed = extract_host_close(&x->host, x->options->destination);
	return err ? err : closed;
}

int extract_store(struct machine_volume *const *volumes, size_t count, const char *path,
		  const struct extract_options *options, struct object_errors *errors,
		  struct extract_result *result)
{
	struct extraction x = {.options = options,
			       .result = result,
			       .errors = errors,
			       .host = {.root = -1, .dir = -1}};
	const struct upcase *uc = fs_upcase(volumes[0]->fs);
	int err = compile(uc, options->include, options->include_count, &x.include);

	*result = (struct extract_result){0};
	if (!err)
		err = compile(uc, options->exclude, options->exclude_count, &x.exclude);
	if (!err)
		err = extract(&x, volumes, count, path);
	free(x.include);
	free(x.exclude);
	str_free(&x.path);
	return err;
}
