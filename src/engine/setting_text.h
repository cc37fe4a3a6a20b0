/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts in registry values; for setting_change.c, setting_text.c and setting_paths.c only. */
#ifndef HOLDFAST_ENGINE_SETTING_TEXT_H
#define HOLDFAST_ENGINE_SETTING_TEXT_H

#include "base/mem.h"
#include "engine/setting_change.h"

/*
 * The string form of S into TEXT (replaced; WTF-8): a text up to its first NUL, a number in
 * decimal, else nothing. 0 or HF_ENOMEM.
 */
int setting_text(const struct setting *s, struct str *text);

/* The texts of a REG_MULTI_SZ value, or the one of another. */
struct setting_texts {
	char **items;
	size_t count, cap;
};
int setting_texts_read(const struct setting *s, struct setting_texts *out);
int setting_texts_add(struct setting_texts *t, const char *text, size_t len);
void setting_texts_free(struct setting_texts *t);

/* A value of TYPE with TEXT and its terminator, or with all texts. 1 or HF_ENOMEM. */
int setting_put_text(uint32_t type, const char *text, struct setting *out);
int setting_put_texts(const struct setting_texts *t, struct setting *out);

/* MergeMultiSzContent and MergeDelimitedContent, as setting_modify(). */
int setting_merge_multi(const struct setting_rule *rule, const struct setting *source,
			const struct setting *there, struct setting *out);
int setting_merge_delimited(const struct setting_rule *rule, const struct setting *source,
			    const struct setting *there, struct setting *out);

#endif
