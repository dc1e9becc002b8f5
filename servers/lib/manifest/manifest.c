/* SPDX-License-Identifier: MIT */
/* Reading the manifest: lines into words, words into statements by a table. */
#include "manifest.h"

#include <string.h>

#include "abi/syscalls.h"

enum { PRIORITY_DEFAULT = 16, READY_DEFAULT = 10, READY_MAX = 3600 };

struct parser {
	struct manifest *manifest;
	const char *command_line;
	const char *error;
	u32 line;
	bool skip;                      /* a `when` or `unless` does not hold */
	struct manifest_server *server; /* the one that statements are about */
	char *word[MANIFEST_WORDS_MAX];
	u32 count; /* of words in the line */
	const char *root;
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool manifest_has_word(const char *line, const char *word)
{
	size_t size = strlen(word);

	while (*line) {
		size_t part = strcspn(line, " \t\r\n");
		if (part == size && memcmp(line, word, size) == 0)
			return true;
		line += part;
		line += strspn(line, " \t\r\n");
	}
	return false;
}

static u32 find_name(const struct manifest *manifest, const char *name)
{
	u32 i = 0;

	while (i < manifest->server_count && strcmp(manifest->server[i].name, name))
		i++;
	return i;
}

static u32 find_replacing(const struct manifest *manifest, const char *name)
{
	u32 i = 0;

	while (i < manifest->server_count && (!manifest->server[i].replaces_name ||
	                                      strcmp(manifest->server[i].replaces_name, name)))
		i++;
	return i;
}

u32 manifest_find(const struct manifest *manifest, const char *name)
{
	u32 i = find_name(manifest, name);

	return i < manifest->server_count ? i : find_replacing(manifest, name);
}

static void fail(struct parser *p, const char *text)
{
	if (!p->error)
		p->error = text;
}

/* --- numbers --- */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 16;
}

/* The number at the start of *text, and *text behind it; fails unless it is at most `max`. */
static u64 parse_digits(struct parser *p, const char **text, u64 max)
{
	const char *at = *text;
	u64 base = 10, value = 0;

	if (at[0] == '0' && at[1] == 'x') {
		base = 16;
		at += 2;
	}
	const char *first = at;
	for (; (u64)digit_value(*at) < base; at++) {
		u64 digit = (u64)digit_value(*at);
		if (value > (max - digit) / base || digit > max)
			fail(p, "the number is too large");
		else
			value = value * base + digit;
	}
	if (at == first)
		fail(p, "a number is missing");
	*text = at;
	return value;
}

static u64 parse_number(struct parser *p, const char *word, u64 max)
{
	u64 value = parse_digits(p, &word, max);

	if (*word)
		fail(p, "this is not a number");
	return value;
}

/* Bytes with K or M, in pages. */
static u64 parse_pages(struct parser *p, const char *word)
{
	u64 value = parse_digits(p, &word, UINT64_MAX >> 24);

	if (*word == 'K')
		value <<= 10, word++;
	else if (*word == 'M')
		value <<= 20, word++;
	if (*word)
		fail(p, "sizes are a number with K or M");
	if (value & PAGE_MASK)
		fail(p, "sizes are whole pages");
	return value >> PAGE_SHIFT;
}

/* --- statements about a server --- */

static void parse_image(struct parser *p) { p->server->image = p->word[1]; }

static void parse_bank(struct parser *p)
{
	p->server->limit = parse_pages(p, p->word[1]);
	p->server->reserve = parse_pages(p, p->word[2]);
	if (p->server->reserve > p->server->limit)
		fail(p, "the reserve is above the limit");
}

static void parse_priority(struct parser *p)
{
	p->server->priority = (u32)parse_number(p, p->word[1], PRIORITY_MAX);
}

static void parse_ready(struct parser *p)
{
	p->server->ready_seconds = (u32)parse_number(p, p->word[1], READY_MAX);
}

static void parse_renews(struct parser *p) { p->server->renews_name = p->word[1]; }

static void parse_replaces(struct parser *p) { p->server->replaces_name = p->word[1]; }

static void parse_argument(struct parser *p)
{
	for (u32 i = 1; i < p->count; i++) {
		if (p->server->argument_count == MANIFEST_STRINGS_MAX)
			fail(p, "too many arguments");
		else
			p->server->argument[p->server->argument_count++] = p->word[i];
	}
}

static void parse_environment(struct parser *p)
{
	if (p->server->environment_count == MANIFEST_STRINGS_MAX)
		fail(p, "too many environment strings");
	else
		p->server->environment[p->server->environment_count++] = p->word[1];
}

/* --- grants: word[1] is the name, word[2] the kind --- */

static bool word_is(const struct parser *p, u32 index, const char *text)
{
	return index < p->count && strcmp(p->word[index], text) == 0;
}

static void grant_gate(struct parser *p, struct manifest_grant *grant)
{
	grant->target = p->word[3];
	grant->number[0] = p->count > 4 ? parse_number(p, p->word[4], UINT32_MAX) : 0;
}

static void grant_file(struct parser *p, struct manifest_grant *grant)
{
	grant->target = p->word[3];
}

static void grant_io(struct parser *p, struct manifest_grant *grant)
{
	if (word_is(p, 3, "all")) {
		grant->number[0] = MANIFEST_ALL;
		return;
	}
	if (p->count < 5) {
		fail(p, "io FIRST COUNT");
		return;
	}
	grant->number[0] = parse_number(p, p->word[3], 0xffff);
	grant->number[1] = parse_number(p, p->word[4], 0x10000 - grant->number[0]);
}

static void grant_interrupt(struct parser *p, struct manifest_grant *grant)
{
	if (word_is(p, 3, "all")) {
		grant->number[0] = MANIFEST_ALL;
		return;
	}
	grant->number[0] = parse_number(p, p->word[3], UINT32_MAX);
	for (u32 i = 4; i < p->count; i++) {
		if (word_is(p, i, "level"))
			grant->number[1] |= INTERRUPT_LEVEL;
		else if (word_is(p, i, "low"))
			grant->number[1] |= INTERRUPT_LOW;
		else
			fail(p, "level or low");
	}
}

static void grant_physical(struct parser *p, struct manifest_grant *grant)
{
	u32 next = 4;

	if (word_is(p, 3, "all")) {
		grant->number[0] = MANIFEST_ALL;
	} else if (p->count < 5) {
		fail(p, "physical BASE SIZE");
	} else {
		grant->number[0] = parse_number(p, p->word[3], UINT64_MAX >> 8);
		grant->number[1] = parse_number(p, p->word[4], UINT64_MAX >> 8);
		next = 5;
	}
	if (next < p->count && !word_is(p, next, "dma"))
		fail(p, "dma, or nothing");
	grant->number[2] = next < p->count;
}

static void grant_bank(struct parser *p, struct manifest_grant *grant)
{
	bool rest = word_is(p, 3, "rest");

	grant->number[0] = rest ? MANIFEST_REST : parse_pages(p, p->word[3]);
	grant->number[1] = parse_pages(p, p->word[4]);
	if (grant->number[1] > grant->number[0])
		fail(p, "the reserve is above the limit");
}

static void grant_schedule(struct parser *p, struct manifest_grant *grant)
{
	grant->number[0] = parse_number(p, p->word[3], PRIORITY_MAX);
}

static const struct {
	const char *word;
	enum grant_kind kind;
	u32 words_min, words_max; /* of the line */
	void (*parse)(struct parser *p, struct manifest_grant *grant);
} grant_kinds[] = {
	{ "gate", GRANT_GATE, 4, 5, grant_gate },
	{ "io", GRANT_IO, 4, 5, grant_io },
	{ "interrupt", GRANT_INTERRUPT, 4, 6, grant_interrupt },
	{ "physical", GRANT_PHYSICAL, 4, 6, grant_physical },
	{ "machine", GRANT_MACHINE, 3, 3, NULL },
	{ "bundle", GRANT_BUNDLE, 3, 3, NULL },
	{ "command_line", GRANT_COMMAND_LINE, 3, 3, NULL },
	{ "file", GRANT_FILE, 4, 4, grant_file },
	{ "bank", GRANT_BANK, 5, 5, grant_bank },
	{ "schedule", GRANT_SCHEDULE, 4, 4, grant_schedule },
};

static void parse_grant(struct parser *p)
{
	struct manifest *manifest = p->manifest;
	size_t i = 0;

	if (manifest->grant_count == MANIFEST_GRANTS_MAX) {
		fail(p, "too many grants");
		return;
	}
	while (i < COUNT_OF(grant_kinds) && strcmp(grant_kinds[i].word, p->word[2]))
		i++;
	if (i == COUNT_OF(grant_kinds)) {
		fail(p, "no such kind of grant");
		return;
	}
	if (p->count < grant_kinds[i].words_min || p->count > grant_kinds[i].words_max) {
		fail(p, "the wrong number of words for this kind of grant");
		return;
	}
	struct manifest_grant *grant = &manifest->grant[manifest->grant_count++];
	*grant = (struct manifest_grant){ .name = p->word[1],
		                          .kind = grant_kinds[i].kind,
		                          .line = p->line };
	if (grant_kinds[i].parse)
		grant_kinds[i].parse(p, grant);
	p->server->grant_count++;
}

/* --- statements by themselves --- */

static struct manifest_step *parse_step(struct parser *p, enum step_kind kind)
{
	static struct manifest_step spare;
	struct manifest *manifest = p->manifest;
	struct manifest_step *step = &spare;

	if (manifest->step_count == MANIFEST_STEPS_MAX)
		fail(p, "too many steps");
	else
		step = &manifest->step[manifest->step_count++];
	*step = (struct manifest_step){ .kind = kind, .line = p->line };
	p->server = NULL;
	return step;
}

static void parse_server(struct parser *p)
{
	struct manifest *manifest = p->manifest;
	struct manifest_step *step = parse_step(p, STEP_SERVER);

	if (manifest->server_count == MANIFEST_SERVERS_MAX) {
		fail(p, "too many servers");
		return;
	}
	if (find_name(manifest, p->word[1]) < manifest->server_count) {
		fail(p, "there is a server of that name");
		return;
	}
	step->server = manifest->server_count;
	p->server = &manifest->server[manifest->server_count++];
	*p->server = (struct manifest_server){
		.name = p->word[1],
		.image = p->word[1],
		.priority = PRIORITY_DEFAULT,
		.ready_seconds = READY_DEFAULT,
		.grant_first = manifest->grant_count,
	};
}

static void parse_root(struct parser *p)
{
	p->root = p->word[1];
	p->server = NULL;
}

/* The target is looked up here: a server must stand above what attaches it. */
static void parse_attach(struct parser *p)
{
	struct manifest_step *step = parse_step(p, STEP_ATTACH);

	step->path = p->word[1];
	if (p->count > 3)
		step->label = parse_number(p, p->word[3], UINT32_MAX);
	step->server = manifest_find(p->manifest, p->word[2]);
	if (strcmp(p->word[2], "supervisor") == 0)
		step->server = MANIFEST_SUPERVISOR;
	else if (step->server == p->manifest->server_count)
		fail(p, "no such server above");
}

static void parse_start(struct parser *p)
{
	struct manifest_step *step = parse_step(p, STEP_START);

	step->path = p->word[1];
	for (u32 i = 2; i < p->count && step->argument_count < MANIFEST_STRINGS_MAX; i++)
		step->argument[step->argument_count++] = p->word[i];
}

static void parse_when(struct parser *p)
{
	p->skip = !manifest_has_word(p->command_line, p->word[1]);
	p->server = NULL;
}

static void parse_unless(struct parser *p)
{
	p->skip = manifest_has_word(p->command_line, p->word[1]);
	p->server = NULL;
}

static void parse_always(struct parser *p)
{
	p->skip = false;
	p->server = NULL;
}

enum statement_flag { OF_SERVER = 1, CONDITION = 2 };

static const struct {
	const char *word;
	u32 words_min, words_max, flags;
	void (*parse)(struct parser *p);
} statements[] = {
	{ "server", 2, 2, 0, parse_server },
	{ "image", 2, 2, OF_SERVER, parse_image },
	{ "bank", 3, 3, OF_SERVER, parse_bank },
	{ "priority", 2, 2, OF_SERVER, parse_priority },
	{ "ready", 2, 2, OF_SERVER, parse_ready },
	{ "renews", 2, 2, OF_SERVER, parse_renews },
	{ "replaces", 2, 2, OF_SERVER, parse_replaces },
	{ "argument", 2, MANIFEST_WORDS_MAX, OF_SERVER, parse_argument },
	{ "environment", 2, 2, OF_SERVER, parse_environment },
	{ "grant", 3, 6, OF_SERVER, parse_grant },
	{ "root", 2, 2, 0, parse_root },
	{ "attach", 3, 4, 0, parse_attach },
	{ "start", 3, MANIFEST_WORDS_MAX, 0, parse_start },
	{ "when", 2, 2, CONDITION, parse_when },
	{ "unless", 2, 2, CONDITION, parse_unless },
	{ "always", 1, 1, CONDITION, parse_always },
};

static void parse_statement(struct parser *p)
{
	size_t i = 0;

	while (i < COUNT_OF(statements) && strcmp(statements[i].word, p->word[0]))
		i++;
	if (i == COUNT_OF(statements))
		fail(p, "no such statement");
	else if (p->count < statements[i].words_min || p->count > statements[i].words_max)
		fail(p, "the wrong number of words");
	else if (p->skip && !(statements[i].flags & CONDITION))
		return;
	else if (!p->server && (statements[i].flags & OF_SERVER))
		fail(p, "this belongs below a `server`");
	else
		statements[i].parse(p);
}

/* Cut the line into words; what is behind `#` does not count. */
static void parse_line(struct parser *p, char *line)
{
	p->count = 0;
	for (;;) {
		while (is_blank(*line))
			line++;
		if (!*line || *line == '#')
			break;
		if (p->count == MANIFEST_WORDS_MAX) {
			fail(p, "too many words");
			return;
		}
		p->word[p->count++] = line;
		while (*line && !is_blank(*line))
			line++;
		if (*line)
			*line++ = 0;
	}
	if (p->count)
		parse_statement(p);
}

static void resolve_relations(struct parser *p, struct manifest_server *server)
{
	struct manifest *manifest = p->manifest;
	u32 none = manifest->server_count;

	server->renews = server->renews_name ? manifest_find(manifest, server->renews_name) : none;
	if (server->renews_name && server->renews == none)
		fail(p, "renews a server that there is not");
	server->replaces =
	        server->replaces_name ? find_name(manifest, server->replaces_name) : none;
	if (server->replaces == server - manifest->server)
		fail(p, "replaces itself");
}

/* Servers may be named before they are described. */
static void resolve_names(struct parser *p)
{
	struct manifest *manifest = p->manifest;

	manifest->root = p->root ? manifest_find(manifest, p->root) : manifest->server_count;
	if (p->root && manifest->root == manifest->server_count)
		fail(p, "the root is no server");
	for (u32 i = 0; i < manifest->server_count; i++)
		resolve_relations(p, &manifest->server[i]);
	for (u32 i = 0; i < manifest->grant_count; i++) {
		struct manifest_grant *grant = &manifest->grant[i];
		if (grant->kind != GRANT_GATE || p->error)
			continue;
		p->line = grant->line;
		grant->server = manifest_find(manifest, grant->target);
		if (grant->server == manifest->server_count)
			fail(p, "a gate to a server that there is not");
	}
}

err_t manifest_parse(struct manifest *manifest, char *text, size_t size, const char *command_line,
                     struct manifest_error *error)
{
	struct parser p = { .manifest = manifest, .command_line = command_line };
	char *end = text + size;

	memset(manifest, 0, sizeof(*manifest));
	*end = 0;
	while (text < end && !p.error) {
		char *line_end = memchr(text, '\n', (size_t)(end - text));
		if (!line_end)
			line_end = end;
		*line_end = 0;
		p.line++;
		if (strlen(text) != (size_t)(line_end - text))
			fail(&p, "a zero byte");
		else
			parse_line(&p, text);
		text = line_end + 1;
	}
	if (!p.error)
		resolve_names(&p);
	*error = (struct manifest_error){ .line = p.line, .text = p.error };
	return p.error ? E_INVAL : OK;
}
