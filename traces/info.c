/* SPDX-License-Identifier: MIT */
/*
 * trace.json.  Its last member is the SHA-256 of all bytes before it, so that
 * a change anywhere in it is found.
 */
#include "traces/info.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "traces/file.h"

#define INFO_NAME "trace.json"
#define INFO_LIMIT ((uint64_t)64 << 20)
#define STRINGS_LIMIT ((size_t)1 << 20)

/* What follows the hashed part; the hash's 64 digits stand between. */
#define SUM_BEFORE ",\n  \"sha256\": \""
#define SUM_AFTER "\"\n}\n"
#define SUM_SIZE (sizeof(SUM_BEFORE) - 1 + 64 + sizeof(SUM_AFTER) - 1)

static void free_strings(char **strings)
{
	size_t i;

	for (i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
}

void trace_info_deinit(struct trace_info *info)
{
	free_strings(info->arguments);
	free_strings(info->environment);
	free(info->directory);
	free(info->kernel);
	free(info->cpu);
	free(info->cpu_choice);
	free(info->reel_version);
	free(info->changed_files);
	free(info->agent_reasons);
	free(info->agent_obstacle);
	memset(info, 0, sizeof(*info));
}

static int compare_ids(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

int trace_info_file_changes(const struct trace_info *info, uint32_t id)
{
	return !info->knows_changes ||
	       (info->changed_file_count &&
		bsearch(&id, info->changed_files, info->changed_file_count,
			sizeof(id), compare_ids));
}

/*
 * JSON has no byte strings.  What is valid UTF-8 is a string; anything else is
 * {"escaped": "..."} with \\ for a backslash and \xNN for a byte over 0x7f.
 */
static json_t *json_of_text(const char *text)
{
	json_t *value = json_string(text);
	struct buffer escaped = { 0 };
	const char *byte;

	if (value)
		return value;
	for (byte = text; *byte; byte++) {
		char *to = (char *)buffer_reserve(&escaped, 5);

		if (*byte == '\\')
			escaped.length += (size_t)sprintf(to, "\\\\");
		else if (*byte & 0x80)
			escaped.length += (size_t)sprintf(to, "\\x%02x",
							  (unsigned char)*byte);
		else
			escaped.length += (size_t)sprintf(to, "%c", *byte);
	}
	value = json_pack("{s:o}", "escaped",
			  json_stringn((char *)escaped.bytes, escaped.length));
	free(escaped.bytes);
	return value;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The bytes of an escaped string, or NULL. */
static char *unescape(const char *text)
{
	char *bytes = xmalloc(strlen(text) + 1), *to = bytes;

	while (*text) {
		if (*text != '\\') {
			*to++ = *text++;
			continue;
		}
		if (text[1] == '\\') {
			*to++ = '\\';
			text += 2;
			continue;
		}
		if (text[1] != 'x' || hex_value(text[2]) < 8 ||
		    hex_value(text[3]) < 0) {
			free(bytes);
			return NULL;
		}
		*to++ = (char)(hex_value(text[2]) << 4 | hex_value(text[3]));
		text += 4;
	}
	*to = '\0';
	return bytes;
}

/* The inverse of json_of_text, or NULL. */
static char *text_of_json(const json_t *value)
{
	const char *text = json_string_value(value);

	/* A NUL inside would cut it short. */
	if (text && strlen(text) == json_string_length(value))
		return xstrdup(text);
	if (text)
		return NULL;
	text = json_string_value(json_object_get(value, "escaped"));
	return text ? unescape(text) : NULL;
}

static json_t *json_of_strings(char *const *strings)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; strings && strings[i]; i++)
		json_array_append_new(array, json_of_text(strings[i]));
	return array;
}

static json_t *json_of_seal(const struct stream_seal *seal)
{
	char sha256[HASH_TEXT_SIZE], table_sha256[HASH_TEXT_SIZE];

	hash_to_text(seal->sha256, sha256);
	hash_to_text(seal->table_sha256, table_sha256);
	return json_pack("{s:I, s:s, s:s}", "size", (json_int_t)seal->size,
			 "sha256", sha256, "table_sha256", table_sha256);
}

static void set_text(json_t *root, const char *name, const char *text)
{
	json_object_set_new(root, name,
			    text ? json_of_text(text) : json_null());
}

static void set_number(json_t *root, const char *name, uint64_t value)
{
	json_object_set_new(root, name, json_integer((json_int_t)value));
}

static json_t *json_of_ids(const uint32_t *ids, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_integer(ids[i]));
	return array;
}

static json_t *json_of_agent(const struct trace_info *info)
{
	json_t *agent = json_object();

	set_number(agent, "calls", info->agent_calls);
	set_number(agent, "sites", info->agent_sites);
	set_number(agent, "failures", info->agent_failures);
	set_text(agent, "reasons", info->agent_reasons);
	return agent;
}

static json_t *json_of_info(const struct trace_info *info,
			    const struct trace_seals *seals)
{
	json_t *root = json_object();

	set_number(root, "format_version", TRACE_FORMAT_VERSION);
	set_text(root, "reel_version", info->reel_version);
	json_object_set_new(root, "arguments",
			    json_of_strings(info->arguments));
	set_text(root, "directory", info->directory);
	set_text(root, "kernel", info->kernel);
	set_text(root, "cpu", info->cpu);
	set_text(root, "cpu_choice", info->cpu_choice);
	set_number(root, "xsave_features", info->xsave_features);
	set_number(root, "xsave_size", info->xsave_size);
	set_number(root, "page_size", info->page_size);
	set_number(root, "core", info->core);
	if (info->is_chaotic)
		set_number(root, "chaos_seed", info->chaos_seed);
	if (info->num_cores)
		set_number(root, "num_cores", info->num_cores);
	json_object_set_new(root, "aslr", json_boolean(info->aslr));
	set_number(root, "start_realtime_ns",
		   (uint64_t)info->start_realtime_ns);
	json_object_set_new(root, "complete",
			    json_boolean(seals && info->complete));
	if (seals) {
		set_number(root, "end_realtime_ns",
			   (uint64_t)info->end_realtime_ns);
		json_object_set_new(root, "exit_status",
				    json_integer(info->exit_status));
		set_number(root, "event_count", info->event_count);
		set_number(root, "task_count", info->task_count);
		set_number(root, "process_count", info->process_count);
		if (info->has_agent)
			json_object_set_new(root, "agent",
					    json_of_agent(info));
		if (info->agent_obstacle)
			set_text(root, "agent_obstacle", info->agent_obstacle);
		if (info->knows_changes)
			json_object_set_new(
				root, "changed_files",
				json_of_ids(info->changed_files,
					    info->changed_file_count));
		json_object_set_new(root, "events",
				    json_of_seal(&seals->events));
		json_object_set_new(root, "memory",
				    json_of_seal(&seals->memory));
	}
	json_object_set_new(root, "environment",
			    json_of_strings(info->environment));
	return root;
}

/* The file's text with its sum; the caller frees. */
static char *info_text(const struct trace_info *info,
		       const struct trace_seals *seals)
{
	json_t *root = json_of_info(info, seals);
	char *body = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	char sum[HASH_TEXT_SIZE];
	uint8_t sha256[HASH_SIZE];
	char *text;
	size_t length;

	json_decref(root);
	bug_unless(body, "trace.json cannot be expressed");
	length = strlen(body);
	bug_unless(length > 2 && !strcmp(body + length - 2, "\n}"),
		   "jansson's layout has changed");
	body[length - 2] = '\0';
	hash_bytes(body, length - 2, sha256);
	hash_to_text(sha256, sum);
	text = xasprintf("%s" SUM_BEFORE "%s" SUM_AFTER, body, sum);
	free(body);
	return text;
}

int trace_info_write(int directory, const struct trace_info *info,
		     const struct trace_seals *seals)
{
	AUTO(heap_free) char *text = info_text(info, seals);
	struct new_file file = NEW_FILE_NONE;
	int err;

	if (fault_injected("write_info"))
		return report(-EIO, "write " INFO_NAME);
	err = new_file_begin(directory, 0666, &file);
	if (!err)
		err = write_all(file.fd, text, strlen(text));
	if (!err)
		err = new_file_commit(&file, INFO_NAME);
	new_file_deinit(&file);
	return err ? report(err, "write " INFO_NAME) : 0;
}

/* Reads members of one JSON object and remembers whether all were right. */
struct members {
	const json_t *root;
	const char *wrong; /* the first member that was not */
};

static char *member_text(struct members *members, const char *name)
{
	const json_t *value = json_object_get(members->root, name);
	char *text = text_of_json(value);

	if (!text && !json_is_null(value) && !members->wrong)
		members->wrong = name;
	return text;
}

static int64_t member_number(struct members *members, const char *name,
			     int64_t lowest, int64_t highest)
{
	const json_t *value = json_object_get(members->root, name);
	int64_t number = json_integer_value(value);

	if ((!json_is_integer(value) || number < lowest || number > highest) &&
	    !members->wrong)
		members->wrong = name;
	return number;
}

static int member_flag(struct members *members, const char *name)
{
	const json_t *value = json_object_get(members->root, name);

	if (!json_is_boolean(value) && !members->wrong)
		members->wrong = name;
	return json_is_true(value);
}

static char **member_strings(struct members *members, const char *name)
{
	const json_t *array = json_object_get(members->root, name);
	size_t i, count = json_array_size(array);
	char **strings;

	if (!json_is_array(array) || count > STRINGS_LIMIT) {
		if (!members->wrong)
			members->wrong = name;
		count = 0;
	}
	strings = xcalloc(count + 1, sizeof(*strings));
	for (i = 0; i < count; i++) {
		strings[i] = text_of_json(json_array_get(array, i));
		if (!strings[i]) {
			if (!members->wrong)
				members->wrong = name;
			break;
		}
	}
	return strings;
}

static void member_ids(struct members *members, const char *name,
		       uint32_t **ids_out, size_t *count_out)
{
	const json_t *array = json_object_get(members->root, name);
	size_t count = json_array_size(array);
	uint32_t *ids;

	ids = xcalloc(count + 1, sizeof(*ids));
	for (size_t i = 0; i < count; i++) {
		json_int_t id = json_integer_value(json_array_get(array, i));

		if ((id < 1 || id > UINT32_MAX || (i && id <= ids[i - 1])) &&
		    !members->wrong)
			members->wrong = name;
		ids[i] = (uint32_t)id;
	}
	if (!json_is_array(array) && !members->wrong)
		members->wrong = name;
	*ids_out = ids;
	*count_out = count;
}

static void member_hash(struct members *members, const char *name,
			uint8_t sha256_out[HASH_SIZE])
{
	const json_t *value = json_object_get(members->root, name);

	if ((json_string_length(value) != 64 ||
	     hash_from_text(json_string_value(value), sha256_out)) &&
	    !members->wrong)
		members->wrong = name;
}

static void member_seal(struct members *members, const char *name,
			struct stream_seal *seal_out)
{
	struct members seal = { json_object_get(members->root, name), NULL };

	seal_out->size = (uint64_t)member_number(&seal, "size", 0, INT64_MAX);
	member_hash(&seal, "sha256", seal_out->sha256);
	member_hash(&seal, "table_sha256", seal_out->table_sha256);
	if (seal.wrong && !members->wrong)
		members->wrong = name;
}

static void read_agent(struct members *members, struct trace_info *info)
{
	struct members agent = {
		json_object_get(members->root, "agent"), NULL,
	};

	if (json_object_get(members->root, "agent_obstacle"))
		info->agent_obstacle = member_text(members, "agent_obstacle");
	info->has_agent = agent.root != NULL;
	if (!info->has_agent)
		return;
	info->agent_calls =
		(uint64_t)member_number(&agent, "calls", 0, INT64_MAX);
	info->agent_sites =
		(uint64_t)member_number(&agent, "sites", 0, INT64_MAX);
	info->agent_failures =
		(uint64_t)member_number(&agent, "failures", 0, INT64_MAX);
	info->agent_reasons = member_text(&agent, "reasons");
	if (agent.wrong && !members->wrong)
		members->wrong = "agent";
}

static void read_end(struct members *members, struct trace_info *info,
		     struct trace_seals *seals)
{
	info->end_realtime_ns =
		member_number(members, "end_realtime_ns", INT64_MIN, INT64_MAX);
	info->exit_status =
		(int)member_number(members, "exit_status", INT_MIN, INT_MAX);
	info->event_count =
		(uint64_t)member_number(members, "event_count", 0, INT64_MAX);
	info->task_count =
		(uint64_t)member_number(members, "task_count", 0, INT64_MAX);
	info->process_count =
		(uint64_t)member_number(members, "process_count", 0, INT64_MAX);
	read_agent(members, info);
	info->knows_changes =
		json_object_get(members->root, "changed_files") != NULL;
	if (info->knows_changes)
		member_ids(members, "changed_files", &info->changed_files,
			   &info->changed_file_count);
	member_seal(members, "events", &seals->events);
	member_seal(members, "memory", &seals->memory);
}

static int read_members(const json_t *root, struct trace_info *info,
			struct trace_seals *seals)
{
	struct members members = { root, NULL };

	info->version = (uint32_t)member_number(&members, "format_version", 1,
						UINT32_MAX);
	if (!members.wrong && (info->version < TRACE_OLDEST_VERSION ||
			       info->version > TRACE_FORMAT_VERSION))
		return report(-EPROTONOSUPPORT,
			      INFO_NAME ": format version %u, not %u to %u",
			      info->version, TRACE_OLDEST_VERSION,
			      TRACE_FORMAT_VERSION);
	info->reel_version = member_text(&members, "reel_version");
	info->arguments = member_strings(&members, "arguments");
	info->environment = member_strings(&members, "environment");
	info->directory = member_text(&members, "directory");
	info->kernel = member_text(&members, "kernel");
	info->cpu = member_text(&members, "cpu");
	info->cpu_choice = member_text(&members, "cpu_choice");
	info->xsave_features = (uint64_t)member_number(
		&members, "xsave_features", INT64_MIN, INT64_MAX);
	info->xsave_size =
		(uint32_t)member_number(&members, "xsave_size", 0, 1 << 20);
	info->page_size =
		(uint64_t)member_number(&members, "page_size", 0, INT64_MAX);
	info->core = (int)member_number(&members, "core", -1, 1 << 20);
	info->is_chaotic = json_object_get(root, "chaos_seed") != NULL;
	if (info->is_chaotic)
		info->chaos_seed = (uint32_t)member_number(
			&members, "chaos_seed", 0, UINT32_MAX);
	if (json_object_get(root, "num_cores"))
		info->num_cores = (unsigned)member_number(
			&members, "num_cores", 1, 1024);
	info->aslr = member_flag(&members, "aslr");
	info->start_realtime_ns = member_number(&members, "start_realtime_ns",
						INT64_MIN, INT64_MAX);
	info->complete = member_flag(&members, "complete");
	seals->present = json_object_get(root, "events") != NULL;
	if (seals->present)
		read_end(&members, info, seals);
	else
		info->complete = 0;
	return members.wrong ? report(-EBADMSG, INFO_NAME ": member %s",
				      members.wrong)
			     : 0;
}

/* The whole file as text; the caller frees *text_out. */
static int read_text(int directory, char **text_out, size_t *length_out)
{
	AUTO(fd_close) int fd = -1;
	uint64_t size;
	int err;

	*text_out = NULL;
	fd = file_open_regular(directory, INFO_NAME, &size);
	if (fd < 0)
		return report(fd, "open " INFO_NAME);
	if (size > INFO_LIMIT)
		return report(-EFBIG, INFO_NAME);
	*text_out = xcalloc(1, size + 1);
	*length_out = size;
	err = pread_all(fd, *text_out, size, 0);
	return err ? report(err, "read " INFO_NAME) : 0;
}

/* True when the last member is the hash of what precedes it. */
static int sum_is_right(const char *text, size_t length)
{
	uint8_t sha256[HASH_SIZE];
	char sum[HASH_TEXT_SIZE];
	char expected[SUM_SIZE + 1];

	if (length < SUM_SIZE)
		return 0;
	hash_bytes(text, length - SUM_SIZE, sha256);
	hash_to_text(sha256, sum);
	snprintf(expected, sizeof(expected), SUM_BEFORE "%s" SUM_AFTER, sum);
	return !memcmp(text + length - SUM_SIZE, expected, SUM_SIZE);
}

int trace_info_read(int directory, struct trace_info *info_out,
		    struct trace_seals *seals_out)
{
	AUTO(heap_free) char *text = NULL;
	json_error_t error;
	size_t length = 0;
	json_t *root;
	int err;

	memset(info_out, 0, sizeof(*info_out));
	memset(seals_out, 0, sizeof(*seals_out));
	err = read_text(directory, &text, &length);
	if (err)
		return err;
	if (!sum_is_right(text, length))
		return report(-EBADMSG, INFO_NAME
			      " is damaged: its sha256 member is not the hash"
			      " of what precedes it");
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return report(-EBADMSG, INFO_NAME ": line %d: %s", error.line,
			      error.text);
	err = read_members(root, info_out, seals_out);
	json_decref(root);
	if (err)
		trace_info_deinit(info_out);
	return err;
}
