/* SPDX-License-Identifier: MIT */
/* The boot manifest as data. The text's own head comment (rootfs/boot.manifest) describes the
 * language. Nothing is allocated: what is found are numbers and pointers into the text, which is
 * cut into words in place. */
#pragma once

#include "abi/errors.h"
#include "abi/types.h"

enum {
	MANIFEST_SERVERS_MAX = 24,
	MANIFEST_GRANTS_MAX = 160,
	MANIFEST_STEPS_MAX = 48,
	MANIFEST_WORDS_MAX = 12,  /* of a line, the statement included */
	MANIFEST_STRINGS_MAX = 8, /* arguments, environment of a server */
};
#define MANIFEST_REST UINT64_MAX /* a bank's limit: all there is */
#define MANIFEST_ALL  UINT64_MAX /* io, interrupt, physical: the whole of it */

enum grant_kind {
	GRANT_GATE = 1,  /* server, number[0] = label */
	GRANT_IO,        /* number[0] = first or MANIFEST_ALL, number[1] = count */
	GRANT_INTERRUPT, /* number[0] = number or MANIFEST_ALL, number[1] = enum interrupt_flag */
	GRANT_PHYSICAL,  /* number[0] = base or MANIFEST_ALL, [1] = size, [2] = 1: may do DMA */
	GRANT_MACHINE,
	GRANT_BUNDLE,
	GRANT_COMMAND_LINE,
	GRANT_FILE, /* target = its name */
	GRANT_BANK, /* number[0] = pages at most or MANIFEST_REST, number[1] = reserve in pages */
	GRANT_SCHEDULE, /* number[0] = priority */
};

struct manifest_grant {
	const char *name;
	enum grant_kind kind;
	u32 line;
	const char *target; /* GRANT_GATE: the server's name; GRANT_FILE */
	u32 server;         /* GRANT_GATE: index of the target */
	u64 number[3];
};

struct manifest_server {
	const char *name, *image;
	u64 limit, reserve; /* pages */
	u32 priority, ready_seconds;
	u32 grant_first, grant_count;
	const char *renews_name;
	u32 renews; /* server whose granted banks end with this server; server_count: none */
	const char *replaces_name;
	u32 replaces; /* server whose place it takes if that is left down; server_count: none */
	u32 argument_count, environment_count;
	const char *argument[MANIFEST_STRINGS_MAX], *environment[MANIFEST_STRINGS_MAX];
};

enum step_kind { STEP_SERVER = 1, STEP_ATTACH, STEP_START };
#define MANIFEST_SUPERVISOR UINT32_MAX /* as `server` of STEP_ATTACH: the supervisor's own file */
struct manifest_step {
	enum step_kind kind;
	u32 line;
	u32 server;       /* STEP_SERVER, STEP_ATTACH */
	u64 label;        /* STEP_ATTACH */
	const char *path; /* STEP_ATTACH, STEP_START */
	u32 argument_count;
	const char *argument[MANIFEST_STRINGS_MAX];
};

struct manifest {
	u32 server_count, grant_count, step_count;
	u32 root; /* server whose gate is the root directory; server_count if none */
	struct manifest_server server[MANIFEST_SERVERS_MAX];
	struct manifest_grant grant[MANIFEST_GRANTS_MAX];
	struct manifest_step step[MANIFEST_STEPS_MAX];
};

struct manifest_error {
	u32 line;
	const char *text;
};

/* Read `text` (`size` bytes, changed in place; text[size] must be writable too). `command_line`
 * decides the `when` and `unless` parts. E_INVAL: *error says where and why, and *manifest is not
 * to be used. */
MUST_CHECK err_t manifest_parse(struct manifest *manifest, char *text, size_t size,
                                const char *command_line, struct manifest_error *error);

/* The index of the server, or of what replaces a server of that name that is not in the manifest;
 * or server_count. */
u32 manifest_find(const struct manifest *manifest, const char *name);

/* True if `word` is one of the blank-separated words of `line`. */
bool manifest_has_word(const char *line, const char *word);
