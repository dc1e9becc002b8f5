/* SPDX-License-Identifier: MIT */
/* For tests of file systems that nobody watches. */
#include "fs/lib/internal.h"

err_t watch_add(struct node *node, cap_t instance, u32 mask, u32 *number)
{
	(void)node, (void)instance, (void)mask, (void)number;
	return E_NOTSUP;
}
void watch_gate_closed(struct fs *fs, u64 label) { (void)fs, (void)label; }
u32 watch_cookie(struct fs *fs) { return ++fs->cookie; }
void watch_tell_node(const struct node *node, u32 event) { (void)node, (void)event; }
void watch_tell_entry(const struct node *dir, const struct node *node, struct name name, u32 event,
                      u32 cookie)
{
	(void)dir, (void)node, (void)name, (void)event, (void)cookie;
}
void watch_tell_open(const struct open_file *open, u32 event) { (void)open, (void)event; }
void watch_tell_end(struct node *node) { (void)node; }
