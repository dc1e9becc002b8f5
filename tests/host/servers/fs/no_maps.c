/* SPDX-License-Identifier: MIT */
/* For tests of file systems that do without mapped files. */
#include "fs/lib/internal.h"

err_t map_start(struct fs *fs)
{
	fs->maps = NULL;
	return OK;
}
void map_stop(struct fs *fs) { (void)fs; }
err_t fs_file_map(struct request *rq, u32 access, cap_t *segment, u64 *size)
{
	(void)rq, (void)access, (void)segment, (void)size;
	return E_NOTSUP;
}
void map_page_in(struct server *server, u64 label, u64 offset, u32 access, bool evicted, u64 token)
{
	(void)server, (void)label, (void)offset, (void)access, (void)evicted, (void)token;
}
err_t map_read(struct node *node, u64 offset, size_t size, struct sink *sink)
{
	(void)node, (void)offset, (void)size, (void)sink;
	return E_NOTSUP;
}
err_t map_write_back(struct node *node, u64 offset, u64 size)
{
	(void)node, (void)offset, (void)size;
	return E_NOTSUP;
}
void map_written(struct node *node, u64 offset, size_t size)
{
	(void)node, (void)offset, (void)size;
}
void map_resized(struct node *node, u64 old_size) { (void)node, (void)old_size; }
bool map_has_writers(struct node *node)
{
	(void)node;
	return false;
}
err_t map_sync(struct fs *fs)
{
	(void)fs;
	return OK;
}
void map_reap(struct fs *fs, bool all) { (void)fs, (void)all; }
void fs_spare(struct fs *fs) { (void)fs; }
