// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which clusters the runs of all records take, compared with $Bitmap; who shares clusters with
 * whom; and the reading of all that is in use (--surface).
 */
#include <inttypes.h>

#include "volume/check_private.h"

#define PIECE	   (1024 * 1024)
#define RANGES_MAX 1000
#define OWNERS_MAX 1000

static void note_range(struct check *c, struct range **ranges, size_t *count, size_t *cap,
		       uint64_t first, uint64_t len)
{
	struct range *last = *count ? &(*ranges)[*count - 1] : NULL;

	if (last && last->first + last->len == first)
		last->len += len;
	else if (*count < RANGES_MAX) {
		if (array_grow(ranges, *count, cap))
			c->stop = HF_ENOMEM;
		else
			(*ranges)[(*count)++] = (struct range){first, len};
	}
}

/* Takes the clusters of one word; those taken already are shared. */
static void take_word(struct check *c, uint64_t word, uint64_t mask)
{
	uint64_t both = c->used[word] & mask;

	c->used[word] |= mask;
	if (!both)
		return;
	c->shared_clusters += (uint64_t)__builtin_popcountll(both);
	while (both) {
		unsigned first = (unsigned)__builtin_ctzll(both);
		uint64_t rest = ~(both >> first);
		unsigned len = rest ? (unsigned)__builtin_ctzll(rest) : 64;

		if (len > 64 - first)
			len = 64 - first;
		note_range(c, &c->shared, &c->shared_count, &c->shared_cap, word * 64 + first, len);
		both &= len == 64 ? 0 : ~(((UINT64_C(1) << len) - 1) << first);
	}
}

void clusters_take(struct check *c, const struct runs *runs)
{
	size_t i;

	for (i = 0; i < runs->count; i++) {
		uint64_t at = runs->items[i].lcn, end = at + runs->items[i].len;

		if (at == RUN_HOLE)
			continue;
		/* A volume made to keep us busy shares everything with everything. */
		if (c->shared_clusters > c->clusters)
			return;
		while (at < end) {
			unsigned bit = at % 64;
			uint64_t n = min_u64(64 - bit, end - at);
			uint64_t mask = n == 64 ? UINT64_MAX : ((UINT64_C(1) << n) - 1) << bit;

			take_word(c, at / 64, mask);
			at += n;
		}
	}
}

/* --- who owns what */

struct owner_search {
	const struct range *ranges;
	size_t count;
	enum check_kind kind;
	const char *what;
	unsigned told;
};

static int by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static const struct range *overlap(const struct owner_search *s, uint64_t lcn, uint64_t len)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->ranges[mid].first + s->ranges[mid].len <= lcn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->count && s->ranges[low].first < lcn + len ? &s->ranges[low] : NULL;
}

static void search_runs(struct check *c, struct owner_search *s, uint64_t no)
{
	size_t i;

	for (i = 0; i < c->scratch.count; i++) {
		const struct run *r = &c->scratch.items[i];
		const struct range *hit = r->lcn == RUN_HOLE ? NULL : overlap(s, r->lcn, r->len);
		uint64_t from, to;

		if (!hit)
			continue;
		from = hit->first > r->lcn ? hit->first : r->lcn;
		to = min_u64(hit->first + hit->len, r->lcn + r->len);
		s->told++;
		found(c, s->kind, (struct at){(int64_t)no, (int64_t)from, -1},
		      "record %" PRIu64 " %s %" PRIu64 " to %" PRIu64, no, s->what, from, to - 1);
		return;
	}
}

static void search_record(struct check *c, struct owner_search *s, const uint8_t *rec, uint64_t no)
{
	const char *why;
	struct attr a;
	size_t pos = 0;

	while (attr_next(rec, c->record_size, &pos, &a, &why) == 1) {
		c->scratch.count = 0;
		if (a.nonresident && !runs_decode(&a, c->clusters, &c->scratch, &why))
			search_runs(c, s, no);
	}
}

/* Goes through the MFT once more, to name the files that RANGES belong to. */
static void search_owners(struct check *c, struct range *ranges, size_t count, enum check_kind kind,
			  const char *what)
{
	struct owner_search s = {ranges, count, kind, what, 0};
	uint64_t no;

	qsort(ranges, count, sizeof(*ranges), by_first);
	for (no = 0; no < c->records && s.told < OWNERS_MAX; no++) {
		enum record_state state;
		const uint8_t *rec = record_window(c, no, &state);

		if (!rec || (no % 1024 == 0 && !check_goes_on(c, "owners", no, c->records)))
			return;
		if (state == RECORD_GOOD && RECORD_FLAGS(rec) & 1)
			search_record(c, &s, rec, no);
	}
}

/* --- $Bitmap */

struct compared {
	uint64_t unmarked, unmarked_first, leaked, leaked_first;
};

static void compare_word(struct check *c, struct compared *s, uint64_t word, uint64_t marked)
{
	uint64_t used = c->used[word], valid = c->clusters - word * 64;

	if (valid < 64)
		marked &= (UINT64_C(1) << valid) - 1;
	c->res->clusters_used += (uint64_t)__builtin_popcountll(used);
	if (used == marked)
		return;
	if (used & ~marked) {
		if (!s->unmarked)
			s->unmarked_first = word * 64 + (uint64_t)__builtin_ctzll(used & ~marked);
		s->unmarked += (uint64_t)__builtin_popcountll(used & ~marked);
	}
	if (marked & ~used) {
		if (!s->leaked)
			s->leaked_first = word * 64 + (uint64_t)__builtin_ctzll(marked & ~used);
		s->leaked += (uint64_t)__builtin_popcountll(marked & ~used);
	}
}

static void compare_bitmap(struct check *c, const struct stream *s, uint8_t *piece)
{
	uint64_t words = (c->clusters + 63) / 64, at, i;
	struct compared sums = {0};

	for (at = 0; at < words; at += PIECE / 8) {
		uint64_t n = min_u64(PIECE / 8, words - at);

		memset(piece, 0, PIECE);
		if (!stream_read(c, s, piece, (size_t)min_u64(n * 8, s->size - at * 8), at * 8) ||
		    !check_goes_on(c, "clusters", at * 64, c->clusters))
			return;
		for (i = 0; i < n; i++)
			compare_word(c, &sums, at + i, le64(piece + i * 8));
	}
	if (sums.unmarked)
		found(c, CHECK_CLUSTER_UNMARKED, AT_CLUSTER(sums.unmarked_first),
		      "%" PRIu64 " clusters, the first is %" PRIu64
		      ", are in use but free in $Bitmap",
		      sums.unmarked, sums.unmarked_first);
	if (sums.leaked)
		found(c, CHECK_CLUSTER_LEAKED, AT_CLUSTER(sums.leaked_first),
		      "%" PRIu64 " clusters, the first is %" PRIu64
		      ", are taken in $Bitmap but used by nothing",
		      sums.leaked, sums.leaked_first);
	if (sums.unmarked) {
		struct range first = {sums.unmarked_first, 1};

		search_owners(c, &first, 1, CHECK_CLUSTER_UNMARKED,
			      "has data in the free clusters");
	}
}

void check_clusters(struct check *c)
{
	uint8_t *piece = malloc(PIECE);
	const char *why = "it is missing";
	struct stream s;
	struct file f;
	int rc = file_load(c, MFT_BITMAP, &f);

	if (f.why)
		why = f.why;
	if (!piece)
		rc = HF_ENOMEM;
	if (!rc)
		rc = stream_open(c, &f, AT_DATA, "", &s, &why);
	if (!rc && s.size < (c->clusters + 7) / 8) {
		why = "it is too short for the volume";
		rc = HF_ECORRUPT;
		stream_free(&s);
	}
	if (!rc) {
		compare_bitmap(c, &s, piece);
		stream_free(&s);
	} else if (rc == HF_ENOMEM) {
		c->stop = rc;
	} else {
		found(c, CHECK_SYSTEM_FILE, AT_RECORD(MFT_BITMAP),
		      "the bitmap of clusters is of no use: %s", why);
	}
	file_free(&f);
	free(piece);
	if (!c->stop && c->shared_count) {
		found(c, CHECK_CLUSTER_SHARED, AT_CLUSTER(c->shared[0].first),
		      "%" PRIu64 " clusters, the first is %" PRIu64
		      ", belong to more than one file",
		      c->shared_clusters, c->shared[0].first);
		search_owners(c, c->shared, c->shared_count, CHECK_CLUSTER_SHARED,
			      "shares clusters");
	}
}

/* --- reading all that is in use */

static void read_piece(struct check *c, uint8_t *buf, uint64_t lcn, uint64_t n)
{
	uint64_t before = c->res->sectors_unreadable, i;

	if (c->block->ops->pread(c->block, buf, (size_t)(n * c->cluster_size),
				 lcn * c->cluster_size) >= 0) {
		c->res->bytes_read += n * c->cluster_size;
		return;
	}
	for (i = 0; i < n; i++) {
		if (vol_read(c, buf, c->cluster_size, (lcn + i) * c->cluster_size, -1,
			     "used cluster"))
			continue;
		note_range(c, &c->bad, &c->bad_count, &c->bad_cap, lcn + i, 1);
	}
	if (c->res->sectors_unreadable == before)
		return; /* the second try gave it all */
}

void check_surface(struct check *c)
{
	uint64_t most = PIECE / c->cluster_size ? PIECE / c->cluster_size : 1;
	uint8_t *buf = malloc((size_t)(most * c->cluster_size));
	uint64_t at = 0;

	if (!buf)
		c->stop = HF_ENOMEM;
	while (!c->stop && at < c->clusters) {
		uint64_t n = 0;

		while (at < c->clusters && !(c->used[at / 64] >> at % 64 & 1))
			at += c->used[at / 64] || at % 64 ? 1 : 64;
		if (at >= c->clusters)
			break;
		while (n < most && at + n < c->clusters &&
		       c->used[(at + n) / 64] >> (at + n) % 64 & 1)
			n++;
		read_piece(c, buf, at, n);
		at += n;
		check_goes_on(c, "surface", at, c->clusters);
	}
	free(buf);
	if (!c->stop && c->bad_count)
		search_owners(c, c->bad, c->bad_count, CHECK_UNREADABLE,
			      "has data in the unreadable clusters");
}
