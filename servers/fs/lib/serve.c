/* SPDX-License-Identifier: MIT */
/* Between the runtime's loop and the handlers: which open file a gate stands for. */
#include "fs/lib/internal.h"

#include <stdlib.h>

enum { REQUESTS = 64, FIBERS = 16 };

/* What a label that is no address stands for; nobody has opened it. */
static struct open_file *top_create(struct fs *fs, const struct auth_identity *identity)
{
	struct credentials *credentials = NULL;
	struct open_file *open =
	        open_create(fs, fs->root, OPEN_READ | OPEN_DIRECTORY, NULL, NULL, 0);

	if (!open || (identity && credentials_create(identity, &credentials)))
		rt_fail("no memory to start with");
	open->credentials = credentials;
	fs->root->opens--;
	fs->open_count--;
	return open;
}

void fs_init(struct fs *fs)
{
	static const struct auth_identity root;

	fiber_lock_init(&fs->change);
	list_init(&fs->opens);
	list_init(&fs->channels);
	fs->open_count = 0;
	fs->top_open = top_create(fs, fs->accept ? NULL : &root);
	fs->system_open = top_create(fs, &root);
	if (map_start(fs))
		rt_fail("no memory to start with");
}

void fs_stop(struct fs *fs)
{
	struct open_file *open;

	while ((open = list_first(&fs->opens, struct open_file, link))) {
		list_remove(&open->link);
		credentials_put(open->credentials);
		free(open->name);
		free(open);
	}
	if (fs->maps)
		map_stop(fs);
}

static void fs_dispatch_dir(struct request *rq)
{
	err_t error = request_base_begin(rq);
	struct open_file *base = rq->cookie;

	if (error) {
		request_caps_drop(rq);
		request_reply(rq, error);
		return;
	}
	dir_serve(&fs_dir_ops, rq);
	request_base_end(base);
}

static void fs_dispatch(struct server *server, struct request *rq)
{
	struct fs *fs = server->state;

	if (label_is_watch(rq->label)) {
		request_caps_drop(rq);
		request_reply(rq, E_NOSYS);
		return;
	}
	struct open_file *open = open_of_label(fs, rq->label);
	open->users++; /* the last gate may go while the request runs */
	rq->object = open;
	switch (rq->msg.word[0] >> 16) {
	case INTERFACE_DIR:
		fs_dispatch_dir(rq);
		break;
	case INTERFACE_FILE:
		file_serve(open->node->file_ops ? open->node->file_ops : &fs_file_ops, rq);
		break;
	default:
		if (fs->dispatch)
			fs->dispatch(fs, rq);
		else
			request_reply(rq, E_NOSYS);
	}
	open_put(open);
}

static void fs_no_clients(struct server *server, u64 label)
{
	struct fs *fs = server->state;

	if (label_is_watch(label))
		watch_gate_closed(fs, label);
	else if (label > FS_LABEL_SYSTEM)
		open_put((struct open_file *)label);
	if (fs->open_count == 0)
		map_reap(fs, false);
}

void fs_serve_with(struct fs *fs, struct server *server)
{
	fs->server = server;
	server->state = fs;
	server->dispatch = fs_dispatch;
	server->no_clients = fs_no_clients;
	server->page_in = map_page_in;
	if (!server->requests)
		server->requests = REQUESTS;
	if (!server->fibers)
		server->fibers = FIBERS;
}

err_t fs_sync(struct fs *fs)
{
	map_reap(fs, false);
	err_t error = map_sync(fs);
	err_t stored = fs->ops->sync_all ? fs->ops->sync_all(fs) : OK;
	return error ? error : stored;
}
