/* SPDX-License-Identifier: MIT */
/* The path walker. Servers follow names and their own links; here a path changes servers: down
 * into one that is attached, up again, or back to the root for an absolute link. Going up starts
 * again from the root with the mount point's own path, so no chain of directories has to be
 * kept. */
#include "file/walk.h"

#include "core/lock.h"
#include "core/text.h"
#include "core/user.h"
#include "proto/process.h"

enum { CROSSINGS_MAX = 40 };

char mounts[MOUNT_MAX][MOUNT_PATH_MAX];
u32 mount_count;
struct cwd cwd;

void walk_start(void)
{
	mounts[0][0] = cwd.path[0] = '/';
	mount_count = cwd.size = 1;
}

i64 path_fetch(char *path, u64 address) { return user_string(path, address, PATH_MAX); }

i64 place_find(struct place *place, i32 fd, const char *path)
{
	*place = (struct place){ .dir = PROCESS_ROOT };
	if (path[0] == '/')
		return 0;
	if (fd == AT_FDCWD) {
		lock_take(&process_lock);
		place->file = cwd.file;
		if (place->file)
			file_get(place->file);
		lock_give(&process_lock);
	} else {
		place->file = descriptor_get((u32)fd);
		if (!place->file)
			return -EBADF;
	}
	if (!place->file)
		return 0;
	struct file *file = place->file;
	if (file->bound)
		*place = (struct place){ .dir = file->cap, .mount = file->mount };
	else
		place_file(place, file);
	place->file = file;
	if (path[0] && !file_is(place->file, S_IFDIR)) {
		place_done(place);
		return -ENOTDIR;
	}
	return 0;
}

void place_done(struct place *place)
{
	if (place->file)
		file_put(place->file);
	place->file = NULL;
}

/* The absolute path of a directory: its mount point's and the one inside that file system. */
static RARE i64 place_path(const struct place *place, char *buffer)
{
	char inside[PATH_MAX];
	u64 size = 0;

	if (!place->file)
		return path_join("/", mounts[place->mount], buffer);
	if (place->file == cwd.file)
		return path_join("/", cwd.path, buffer);
	err_t error = file_path(place->file->cap, inside, sizeof(inside) - 1, &size);
	if (error)
		return error_result(error);
	inside[size < sizeof(inside) ? size : sizeof(inside) - 1] = 0;
	return path_join(mounts[place->mount], inside + (inside[0] == '/'), buffer);
}

RARE i64 place_absolute(const struct place *place, const char *path, char *buffer)
{
	char base[PATH_MAX];
	i64 size = 1;

	if (path[0] == '/')
		return path_join("/", path, buffer);
	size = place_path(place, base);
	return size < 0 ? size : path_join(base, path, buffer);
}

/* The number of the mount point at `path`; 0, the root, if there are too many (only ".." from it
 * is wrong then). */
static u16 mount_find(const char *path)
{
	u32 i;

	if (strlen(path) >= MOUNT_PATH_MAX)
		return 0;
	lock_take(&process_lock);
	for (i = 0; i < mount_count && !text_equal(mounts[i], path); i++)
		;
	if (i == mount_count && i < MOUNT_MAX) {
		memcpy(mounts[i], path, strlen(path) + 1);
		mount_count++;
	}
	lock_give(&process_lock);
	return i < MOUNT_MAX ? (u16)i : 0;
}

/* One path on its way. */
struct track {
	struct place place; /* where the rest starts; place.file is not ours */
	char *path;         /* the rest: a buffer of PATH_MAX */
	bool owned;         /* place.dir was received and is to be closed */
};

static void track_leave(struct track *track)
{
	if (track->owned)
		(void)cap_close(track->place.dir);
	track->owned = false;
	track->place = (struct place){ .dir = PROCESS_ROOT };
}

/* Go on at `gate`, or at the handle that we have there. */
static void track_enter(struct track *track, cap_t gate, u16 mount)
{
	bool taken;
	cap_t handle = handle_enter(mount, gate, &taken);

	track->place = (struct place){ .dir = handle ? handle : gate, .mount = mount };
	track->owned = !handle && !taken;
	if (handle && !taken)
		(void)cap_close(gate);
}

/* Follow a crossing: `used` bytes of the path are behind us, `rest` is what is left. */
static RARE err_t track_cross(struct track *track, u32 kind, cap_t gate, u64 used, const char *rest)
{
	char point[PATH_MAX], text[PATH_MAX];

	if (strlen(rest) >= PATH_MAX)
		return E_NAMETOOLONG;
	switch (kind) {
	case CROSS_DOWN:
	case CROSS_NODE:
		if (used >= PATH_MAX)
			return E_MSG;
		memcpy(text, track->path, used);
		text[used] = 0;
		/* Without the slash that a path from the root would bring: it is relative to
		 * place. */
		i64 size = place_absolute(&track->place, text, point);
		track_leave(track);
		track_enter(track, gate, kind == CROSS_NODE || size < 0 ? 0 : mount_find(point));
		break;
	case CROSS_UP:
		size = path_join(mounts[track->place.mount], "..", point);
		track_leave(track);
		if (size < 0 || (u64)size + strlen(rest) + 2 > PATH_MAX)
			return E_NAMETOOLONG;
		/* A prefix that is normalised already, then the rest as it is: links in it
		 * count. */
		memcpy(text, rest, strlen(rest) + 1);
		memcpy(track->path, point + 1, (size_t)size - 1);
		track->path[size - 1] = '/';
		memcpy(track->path + (size > 1 ? size : 0), text, strlen(text) + 1);
		return OK;
	case CROSS_ROOT:
		track_leave(track);
		break;
	default:
		return E_MSG;
	}
	while (*rest == '/')
		rest++;
	memmove(track->path, rest, strlen(rest) + 1);
	return OK;
}

/* Put the request together for where the paths have got to. `in` has room for both. */
static void walk_request(struct walk *walk, const struct track *first, const struct track *second,
                         char *in)
{
	size_t size = strlen(first->path);

	memcpy(walk->m.word, walk->words, sizeof(walk->words));
	memset(walk->m.cap, 0, sizeof(walk->m.cap));
	walk->m.cap[0] = walk->sent;
	walk->m.cap[MSG_CAPS - 1] = first->place.base;
	walk->m.in = first->path;
	if (second) {
		memcpy(in, first->path, size + 1);
		memcpy(in + size + 1, second->path, strlen(second->path));
		size += 1 + strlen(second->path);
		walk->m.in = in;
		walk->m.cap[0] = second->place.base ? second->place.base : second->place.dir;
	} else if (walk->prefix) {
		size_t prefix_size = strlen(walk->prefix) + 1;
		memcpy(in, walk->prefix, prefix_size);
		memcpy(in + prefix_size, first->path, size);
		size += prefix_size;
		walk->m.in = in;
	}
	walk->m.in_size = size;
}

/* The answer `m` says that the track's path leads elsewhere, and with what rest; `fits`: that has
 * been understood. What came with it is taken or closed. */
static RARE err_t track_follow(struct track *track, const struct msg *m, bool fits)
{
	u32 kind = (u32)m->word[1];
	err_t error = fits ? track_cross(track, kind, m->cap[0], m->word[4], m->out) : E_MSG;
	bool entered = !error && (kind == CROSS_DOWN || kind == CROSS_NODE);

	if (m->cap[0] && !entered)
		(void)cap_close(m->cap[0]);
	return error;
}

/* The same for an answer to a walk, which may have two paths. */
static RARE err_t walk_cross(const struct walk *walk, struct track *first, struct track *second)
{
	char *out = walk->m.out;
	u64 which = walk->m.word[2], rest = walk->m.word[3];
	struct track *track = which == 1 && second ? second : first; /* dir_symlink: 1 is ours */
	bool fits = rest < DIR_PATH_MAX && which <= 1;

	if (fits)
		out[rest] = 0;
	return track_follow(track, &walk->m, fits);
}

/* How much of `path` is not its last name. */
static size_t path_above(const char *path)
{
	size_t size = strlen(path);

	while (size && path[size - 1] == '/')
		size--;
	while (size && path[size - 1] != '/')
		size--;
	return size;
}

/* Take `track` to the server that has the directory of its last name. *moved: it was elsewhere. */
static RARE err_t track_settle(struct track *track, bool *moved)
{
	char out[DIR_PATH_MAX + 8];

	for (u32 i = 0; i < CROSSINGS_MAX; i++) {
		size_t above = path_above(track->path);
		struct msg m = { .word[0] = CALL(2, 10), /* dir_access */
			         .in = track->path,
			         .in_size = above,
			         .out = out,
			         .out_size = DIR_PATH_MAX,
			         .cap = { [MSG_CAPS - 1] = track->place.base } };
		err_t error = above ? rt_call(track->place.dir, &m) : OK;
		if (error != E_CROSS)
			return error;
		const char *last = track->path + above;
		u64 rest = m.word[3];
		bool fits = rest < DIR_PATH_MAX && rest + strlen(last) < PATH_MAX;
		if (fits)
			memcpy(out + rest, last, strlen(last) + 1);
		error = track_follow(track, &m, fits);
		if (error)
			return error;
		*moved = true;
	}
	return E_LOOP;
}

/* The server of the first path does not know the directory that the second one starts from: they
 * may yet meet. E_CROSS: ask again. */
static RARE err_t tracks_settle(struct track *first, struct track *second)
{
	bool moved = false;
	err_t error = track_settle(first, &moved);

	if (!error)
		error = track_settle(second, &moved);
	return error ? error : moved ? E_CROSS : E_XDEV;
}

/* A rest that begins with "proc/self" from the root is answered here; see self.c. */
static RARE void walk_self(struct track *track)
{
	i32 fd;
	char path[PATH_MAX];

	if (track->place.dir != PROCESS_ROOT || track->place.base ||
	    memcmp(track->path, "proc/", 5) || strlen(track->path) >= PATH_MAX - 1)
		return;
	path[0] = '/';
	memcpy(path + 1, track->path, strlen(track->path) + 1);
	bool named = self_name(path, true);
	if ((self_link(path, &fd) && fd < 0) || named)
		memcpy(track->path, path + 1, strlen(path));
}

static err_t walk_tracks(struct walk *walk, struct track *first, struct track *second, char *in)
{
	char out[DIR_PATH_MAX + 8];
	err_t error = E_CROSS;

	memcpy(walk->words, walk->m.word, sizeof(walk->words));
	walk->m.out = out;
	walk->m.out_size = DIR_PATH_MAX;
	for (u32 i = 0; i < CROSSINGS_MAX && error == E_CROSS; i++) {
		do {
			walk_request(walk, first, second, in);
			self()->interruptible = walk->may_wait;
			error = rt_call(first->place.dir, &walk->m);
			interruptible_end();
		} while (error == E_INTR && !signal_interrupts());
		/* An open file of a server that its mount number does not name: ask it itself. */
		if (error == E_XDEV && first->place.base && !second) {
			first->place.dir = first->place.base;
			first->place.base = 0;
			error = E_CROSS;
			continue;
		}
		/* The gate there may lead to a server's next life, which knows us not yet. */
		if (error == E_DEAD && !first->place.base) {
			cap_t handle = handle_renew(first->place.mount, first->place.dir);
			if (handle) {
				first->place.dir = handle;
				error = E_CROSS;
				continue;
			}
		}
		if (error == E_CROSS) {
			err_t crossed = walk_cross(walk, first, second);
			if (crossed)
				return crossed;
			walk_self(first);
		} else if (error == E_XDEV && second) {
			error = tracks_settle(first, second);
		}
	}
	walk->mount = first->place.mount;
	if (!error && walk->data) {
		if (walk->data_counted && walk->m.word[1] > walk->data_size)
			return E_MSG;
		memcpy(walk->data, out, walk->data_counted ? walk->m.word[1] : walk->data_size);
	}
	return error == E_CROSS ? E_LOOP : error;
}

static void track_start(struct track *track, const struct place *place, char *path)
{
	char *rest = path;

	*track = (struct track){ .place = *place, .path = path };
	while (*rest == '/')
		rest++;
	if (rest != path)
		memmove(path, rest, strlen(rest) + 1);
}

static RARE err_t walk_prefixed(struct walk *walk, struct track *track)
{
	char in[2 * PATH_MAX];

	return walk_tracks(walk, track, NULL, in);
}

err_t walk_path(struct walk *walk, const struct place *place, char *path)
{
	struct track track;

	track_start(&track, place, path);
	err_t error =
	        walk->prefix ? walk_prefixed(walk, &track) : walk_tracks(walk, &track, NULL, NULL);
	track_leave(&track);
	return error;
}

RARE err_t walk_two(struct walk *walk, const struct place *place, char *path,
                    const struct place *second_place, char *second)
{
	char in[2 * PATH_MAX];
	struct track tracks[2];

	track_start(&tracks[0], place, path);
	track_start(&tracks[1], second_place, second);
	err_t error = walk_tracks(walk, &tracks[0], &tracks[1], in);
	track_leave(&tracks[0]);
	track_leave(&tracks[1]);
	return error;
}
