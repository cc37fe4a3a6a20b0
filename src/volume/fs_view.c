// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A directory as a file system: every operation but root() goes through.
 */
#include <stdlib.h>

#include "report/error.h"
#include "report/log.h"
#include "volume/fs_view.h"

struct view {
	struct fs fs;
	struct fs *base;
	fs_ref root;
};

static struct view *of(struct fs *fs)
{
	return (struct view *)fs;
}

static fs_ref view_root(struct fs *fs)
{
	return of(fs)->root;
}

static int view_readdir(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx)
{
	return fs_readdir(of(fs)->base, dir, visit, ctx);
}

static int view_lookup(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	return fs_lookup(of(fs)->base, dir, name, len, out);
}

static int view_stat(struct fs *fs, fs_ref ref, struct fs_stat *out)
{
	return fs_stat(of(fs)->base, ref, out);
}

static int view_names(struct fs *fs, fs_ref ref, fs_name_visit visit, void *ctx)
{
	return fs_names(of(fs)->base, ref, visit, ctx);
}

static int view_read(struct fs *fs, fs_ref ref, uint64_t offset, void *buf, size_t len,
		     size_t *done)
{
	return fs_read(of(fs)->base, ref, offset, buf, len, done);
}

static int view_reparse(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	return fs_reparse(of(fs)->base, ref, data, len);
}

static int view_security(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	return fs_security(of(fs)->base, ref, data, len);
}

static int view_space(struct fs *fs, struct fs_space *out)
{
	return fs_space(of(fs)->base, out);
}

static const struct upcase *view_upcase(struct fs *fs)
{
	return fs_upcase(of(fs)->base);
}

static int view_close(struct fs *fs)
{
	free(of(fs));
	return 0;
}

static const struct fs_ops view_ops = {
	.root = view_root,
	.readdir = view_readdir,
	.lookup = view_lookup,
	.stat = view_stat,
	.names = view_names,
	.read = view_read,
	.reparse = view_reparse,
	.security = view_security,
	.space = view_space,
	.upcase = view_upcase,
	.close = view_close,
};

int fs_view_open(struct fs *base, const char *path, struct fs **out)
{
	struct view *v;
	struct fs_stat st;
	fs_ref ref;
	int err = fs_resolve(base, path, &ref);

	*out = NULL;
	if (!err)
		err = fs_stat(base, ref, &st);
	if (err)
		return err;
	if (!st.is_dir || (st.attributes & FS_ATTR_REPARSE))
		return HF_ENOENT;
	v = calloc(1, sizeof(*v));
	if (!v)
		return log_oom();
	v->fs.ops = &view_ops;
	v->base = base;
	v->root = ref;
	*out = &v->fs;
	return 0;
}
