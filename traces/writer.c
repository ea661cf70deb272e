/* SPDX-License-Identifier: MIT */
/*
 * The writer: append codes events into chunks of memory; a background thread
 * compresses full chunks and writes them as frames.
 *
 * There are CHUNKS chunks in all, so the queue is bounded: who finds it full
 * compresses some of what waits (help()).  A chunk of the memory stream is
 * always queued before the chunk of events that refers to it.
 */
#include "traces/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "traces/call_record.h"
#include "traces/codec.h"
#include "traces/file.h"

#define CHUNKS 8
#define CHUNK_ROOM STREAM_PACKED_ROOM(STREAM_FRAME_SIZE)
/* By how many chunks wait for the thread. */
#define COMPRESSION_LEVEL 3
#define COMPRESSION_LEVEL_LATE 1
#define COMPRESSION_LEVEL_LAST -3
#define CHUNKS_LATE 3
#define CHUNKS_LAST 5
/* What waits longer than this is written although its chunk is not full. */
#define FLUSH_NS 700000000

enum chunk_stream { CHUNK_EVENTS, CHUNK_MEMORY, CHUNK_STREAMS };

struct chunk {
	struct chunk *next;
	enum chunk_stream stream;
	struct buffer content;
	int is_packed;	     /* the content is compressed already */
	int is_being_packed; /* by who waits for a free chunk */
	struct stream_frame frame; /* first event, count, end of memory */
	/* Records of calls whose copy is to be the content; or NULL. */
	const void *records;
	uint64_t call_count;
	int *is_taken;
};

#define CHANGED_LIMIT 65536

struct changed_files {
	uint32_t *ids;
	size_t count, room;
	int are_too_many;
};

struct trace_writer {
	int directory;
	struct store *store;
	pthread_t thread;
	int thread_runs;
	uint64_t event_count;
	uint64_t memory_position; /* end of the memory stream, appended */
	struct codec codec;
	struct changed_files changed;

	pthread_mutex_t lock;
	pthread_cond_t work; /* for the thread: something to do */
	pthread_cond_t done; /* for the others: chunks became free */
	/* under lock */
	struct chunk chunks[CHUNKS];
	struct chunk *free_chunks;
	struct chunk *queue, **queue_end;
	struct chunk *current[CHUNK_STREAMS]; /* being filled, or NULL */
	struct timespec flush_at; /* valid while one is being filled */
	size_t queue_length;
	int busy; /* the thread is writing a chunk */
	int stopping;
	int err; /* of the thread; for good */

	/* the thread's */
	struct stream_writer streams[CHUNK_STREAMS];
	ZSTD_CCtx *context;
	struct buffer output;

	/* of who helps it */
	ZSTD_CCtx *helping_context; /* or NULL */
	struct buffer helping_output;
};

static ZSTD_CCtx *new_context(void)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();

	bug_unless(context, "zstd has no memory");
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	return context;
}

static void enqueue(struct trace_writer *writer, enum chunk_stream stream)
{
	struct chunk *chunk = writer->current[stream];

	if (!chunk)
		return;
	writer->current[stream] = NULL;
	chunk->next = NULL;
	*writer->queue_end = chunk;
	writer->queue_end = &chunk->next;
	writer->queue_length++;
	pthread_cond_signal(&writer->work);
}

/* Events never go before the memory that they refer to. */
static void enqueue_all(struct trace_writer *writer)
{
	enqueue(writer, CHUNK_MEMORY);
	enqueue(writer, CHUNK_EVENTS);
}

static void begin_flush_time(struct trace_writer *writer)
{
	clock_gettime(CLOCK_MONOTONIC, &writer->flush_at);
	writer->flush_at.tv_nsec += FLUSH_NS;
	if (writer->flush_at.tv_nsec >= 1000000000) {
		writer->flush_at.tv_nsec -= 1000000000;
		writer->flush_at.tv_sec++;
	}
	/* The thread may be waiting without a time. */
	pthread_cond_signal(&writer->work);
}

static int help(struct trace_writer *writer);

/* The chunk being filled; waits for a free one.  NULL after an error. */
static struct chunk *current_chunk(struct trace_writer *writer,
				   enum chunk_stream stream)
{
	struct chunk *chunk = writer->current[stream];

	if (chunk)
		return chunk;
	while (!writer->free_chunks && !writer->err)
		if (!help(writer))
			pthread_cond_wait(&writer->done, &writer->lock);
	if (writer->err)
		return NULL;
	chunk = writer->free_chunks;
	writer->free_chunks = chunk->next;
	if (!writer->current[CHUNK_EVENTS] && !writer->current[CHUNK_MEMORY])
		begin_flush_time(writer);
	chunk->stream = stream;
	memset(&chunk->frame, 0, sizeof(chunk->frame));
	buffer_reserve(&chunk->content, CHUNK_ROOM);
	writer->current[stream] = chunk;
	return chunk;
}

static void release_chunk(struct trace_writer *writer, struct chunk *chunk)
{
	if (chunk->is_taken)
		__atomic_store_n(chunk->is_taken, 1, __ATOMIC_RELEASE);
	chunk->records = NULL;
	chunk->is_taken = NULL;
	chunk->is_packed = 0;
	chunk->content.length = 0;
	if (chunk->content.room > CHUNK_ROOM) {
		free(chunk->content.bytes);
		memset(&chunk->content, 0, sizeof(chunk->content));
	}
	chunk->next = writer->free_chunks;
	writer->free_chunks = chunk;
	pthread_cond_broadcast(&writer->done);
}

/*
 * The program can still write to the records where they are: their copy is
 * what counts.
 */
static int take_records(struct chunk *chunk)
{
	const char *fault;
	uint64_t count;

	if (!chunk->records)
		return 0;
	memcpy(chunk->content.bytes, chunk->records, chunk->content.length);
	__atomic_store_n(chunk->is_taken, 1, __ATOMIC_RELEASE);
	chunk->is_taken = NULL;
	fault = call_records_check(chunk->content.bytes, chunk->content.length,
				   &count);
	if (!fault && count != chunk->call_count)
		fault = "more or fewer than it says";
	return fault ? report(-EBADMSG, "the program wrote into the memory "
			      "where reel records calls (%s)", fault)
		     : 0;
}

/*
 * A thread that can't keep up does less for each chunk.  Where so many records
 * come that they were handed over, it soon would not; and what is as regular
 * as they are becomes hardly smaller for more.
 */
static int compression_level(const struct chunk *chunk, size_t waiting)
{
	if (waiting >= CHUNKS_LAST)
		return COMPRESSION_LEVEL_LAST;
	return waiting >= CHUNKS_LATE || chunk->records ?
		COMPRESSION_LEVEL_LATE : COMPRESSION_LEVEL;
}

/* Without the lock, as what follows. */
static int pack(struct chunk *chunk, ZSTD_CCtx *context, int level,
		struct buffer *packed)
{
	int err = take_records(chunk);

	if (err)
		return err;
	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
	stream_frame_pack(chunk->content.bytes, chunk->content.length,
			  &chunk->frame, context, packed);
	return 0;
}

static int write_chunk(struct trace_writer *writer, struct chunk *chunk,
		       size_t waiting)
{
	struct stream_writer *stream = &writer->streams[chunk->stream];
	int err;

	if (chunk->is_packed)
		return stream_writer_append(stream, &chunk->frame,
					    &chunk->content);
	err = pack(chunk, writer->context, compression_level(chunk, waiting),
		   &writer->output);
	if (!err)
		err = stream_writer_append(stream, &chunk->frame,
					   &writer->output);
	/* The room for one giant event is not kept. */
	if (writer->output.room > 2 * STREAM_FRAME_SIZE) {
		free(writer->output.bytes);
		memset(&writer->output, 0, sizeof(writer->output));
	}
	return err;
}

/* ---- help ---- */

/* Not the first one, which the thread is about to take. */
static struct chunk *chunk_to_pack(const struct trace_writer *writer)
{
	struct chunk *chunk = writer->queue ? writer->queue->next : NULL;

	while (chunk && (chunk->is_packed ||
			 chunk->content.length > STREAM_FRAME_SIZE))
		chunk = chunk->next;
	return chunk;
}

/*
 * The program stands still, and so does its core, until there is a free chunk:
 * meanwhile another one is compressed.  The thread writes it all the same, in
 * its turn.  False when there is none; the lock is given up for the while.
 */
static int help(struct trace_writer *writer)
{
	struct chunk *chunk = chunk_to_pack(writer);
	struct buffer packed;
	int err;

	if (!chunk)
		return 0;
	chunk->is_being_packed = 1;
	pthread_mutex_unlock(&writer->lock);
	if (!writer->helping_context) {
		writer->helping_context = new_context();
		buffer_reserve(&writer->helping_output, CHUNK_ROOM);
	}
	err = pack(chunk, writer->helping_context, COMPRESSION_LEVEL_LAST,
		   &writer->helping_output);
	pthread_mutex_lock(&writer->lock);
	packed = writer->helping_output;
	writer->helping_output = chunk->content;
	chunk->content = packed;
	chunk->is_packed = 1;
	chunk->is_being_packed = 0;
	if (err && !writer->err)
		writer->err = err;
	pthread_cond_signal(&writer->work);
	return 1;
}

/* ---- the thread ---- */

static void write_first_of_queue(struct trace_writer *writer)
{
	struct chunk *chunk = writer->queue;
	int err = writer->err;

	size_t waiting = --writer->queue_length;

	writer->queue = chunk->next;
	if (!writer->queue)
		writer->queue_end = &writer->queue;
	if (!err) {
		writer->busy = 1;
		pthread_mutex_unlock(&writer->lock);
		err = write_chunk(writer, chunk, waiting);
		pthread_mutex_lock(&writer->lock);
		writer->busy = 0;
	}
	if (err)
		writer->err = err;
	release_chunk(writer, chunk);
}

/* Asked between chunks, too: there may be no end of full ones. */
static int is_flush_due(const struct trace_writer *writer)
{
	const struct timespec *due = &writer->flush_at;
	struct timespec now;

	if (!writer->current[CHUNK_EVENTS] && !writer->current[CHUNK_MEMORY])
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > due->tv_sec ||
	       (now.tv_sec == due->tv_sec && now.tv_nsec >= due->tv_nsec);
}

static void *writer_thread(void *context)
{
	struct trace_writer *writer = context;

	pthread_mutex_lock(&writer->lock);
	while (writer->queue || !writer->stopping) {
		if (is_flush_due(writer))
			enqueue_all(writer);
		if (writer->queue && !writer->busy &&
		    !writer->queue->is_being_packed)
			write_first_of_queue(writer);
		else if (writer->queue) /* trace_writer_finish() or help() */
			pthread_cond_wait(&writer->work, &writer->lock);
		else if (!writer->current[CHUNK_EVENTS] &&
			 !writer->current[CHUNK_MEMORY])
			pthread_cond_wait(&writer->work, &writer->lock);
		else if (pthread_cond_timedwait(&writer->work, &writer->lock,
						&writer->flush_at) == ETIMEDOUT)
			enqueue_all(writer);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

static int start_thread(struct trace_writer *writer)
{
	pthread_condattr_t monotonic;
	sigset_t all, before;
	int err;

	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->work, &monotonic);
	pthread_cond_init(&writer->done, NULL);
	pthread_condattr_destroy(&monotonic);
	/* Signals are the main thread's; SIGXFSZ becomes EFBIG here. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&writer->thread, NULL, writer_thread, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return report(-err, "start the thread that writes the trace");
	writer->thread_runs = 1;
	return 0;
}

static void init_chunks(struct trace_writer *writer)
{
	size_t i;

	writer->queue_end = &writer->queue;
	for (i = 0; i < CHUNKS; i++) {
		writer->chunks[i].next = writer->free_chunks;
		writer->free_chunks = &writer->chunks[i];
	}
}

static int is_empty_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int entries = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory)))
		entries += strcmp(entry->d_name, ".") &&
			   strcmp(entry->d_name, "..");
	closedir(directory);
	return entries == 0;
}

/* An empty directory may be there: who chose the name reserved it so. */
static int make_directory(const char *path)
{
	int err = mkdir(path, 0777) ? -errno : 0;

	if (!err || (err == -EEXIST && is_empty_directory(path)))
		return 0;
	return report(err, "make the trace directory %s", path);
}

static int open_files(struct trace_writer *writer, const char *path,
		      const struct trace_info *info)
{
	int err = make_directory(path);

	if (err)
		return err;
	writer->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (writer->directory < 0)
		return report(-errno, "open the trace directory %s", path);
	err = trace_info_write(writer->directory, info, NULL);
	if (err)
		return err;
	err = stream_writer_open(&writer->streams[CHUNK_MEMORY],
				 writer->directory, "memory");
	if (err)
		return err;
	return stream_writer_open(&writer->streams[CHUNK_EVENTS],
				  writer->directory, "events");
}

static int open_store(struct trace_writer *writer, const char *path)
{
	AUTO(heap_free) char *objects = xasprintf("%s/objects", path);

	return store_open(objects, NULL, &writer->store);
}

int trace_writer_create(const char *path, const struct trace_info *info,
			struct trace_writer **writer_out)
{
	struct trace_writer *writer = xcalloc(1, sizeof(*writer));
	int err;

	*writer_out = NULL;
	writer->directory = -1;
	init_chunks(writer);
	writer->context = new_context();
	err = open_files(writer, path, info);
	if (!err)
		err = open_store(writer, path);
	if (!err)
		err = start_thread(writer);
	if (err) {
		trace_writer_destroy(writer);
		return err;
	}
	*writer_out = writer;
	return 0;
}

void trace_writer_share(struct trace_writer *writer, const char *shared)
{
	store_share(writer->store, shared);
}

/* Appends bytes to the memory stream, in as many chunks as it takes. */
static int append_memory(struct trace_writer *writer, const uint8_t *bytes,
			 size_t length)
{
	while (length > 0) {
		struct chunk *chunk = current_chunk(writer, CHUNK_MEMORY);
		size_t piece;

		if (!chunk)
			return writer->err;
		piece = STREAM_FRAME_SIZE - chunk->content.length;
		if (piece > length)
			piece = length;
		memcpy(chunk->content.bytes + chunk->content.length, bytes,
		       piece);
		chunk->content.length += piece;
		writer->memory_position += piece;
		bytes += piece;
		length -= piece;
		if (chunk->content.length == STREAM_FRAME_SIZE)
			enqueue(writer, CHUNK_MEMORY);
	}
	return 0;
}

static int append_bulk(struct trace_writer *writer, const struct event *event)
{
	static const uint8_t padding[8];
	int err = 0;
	size_t i;

	for (i = 0; i < event->effect_count && !err; i++) {
		const struct effect *effect = &event->effects[i];

		if (!codec_effect_is_bulk(effect))
			continue;
		err = append_memory(writer, effect->bytes, effect->length);
		if (!err)
			err = append_memory(writer, padding,
					    codec_bulk_size(effect) -
						    effect->length);
	}
	return err;
}

/*
 * The chunk for the events from `number` on, count of them, which take at most
 * bound bytes: a frame is larger than STREAM_FRAME_SIZE only for a single one.
 */
static struct chunk *event_chunk(struct trace_writer *writer, size_t bound,
				 uint64_t count, uint64_t time_ns,
				 uint64_t memory_start)
{
	struct chunk *chunk = writer->current[CHUNK_EVENTS];

	if (chunk && (chunk->content.length + bound > STREAM_FRAME_SIZE ||
		      chunk->frame.event_count > UINT32_MAX - count))
		enqueue_all(writer);
	chunk = current_chunk(writer, CHUNK_EVENTS);
	if (!chunk || chunk->content.length)
		return chunk;
	chunk->frame.first_event = writer->event_count + 1;
	codec_write_start(&writer->codec, chunk->frame.first_event, time_ns,
			  memory_start, &chunk->content);
	return chunk;
}

/* Follows what was written into the chunk. */
static void end_record(struct trace_writer *writer, struct chunk *chunk,
		       uint64_t count)
{
	chunk->frame.event_count += (uint32_t)count;
	chunk->frame.memory_end = writer->codec.memory_position;
	writer->event_count += count;
	if (chunk->content.length > STREAM_FRAME_SIZE)
		enqueue_all(writer);
}

static int append_record(struct trace_writer *writer, const struct event *event,
			 uint64_t memory_start)
{
	struct chunk *chunk = event_chunk(writer, codec_bound(event), 1,
					  event->time_ns, memory_start);

	if (!chunk)
		return writer->err;
	codec_write(&writer->codec, event, &chunk->content);
	end_record(writer, chunk, 1);
	return 0;
}

/* What the reader would refuse is refused here. */
static int check_event(const struct event *event)
{
	const char *fault = event_fault(event);
	uint64_t bulk = 0;
	size_t i;

	if (!fault && event->is_buffered)
		fault = "a buffered call alone";
	for (i = 0; i < event->effect_count; i++)
		if (codec_effect_is_bulk(&event->effects[i]))
			bulk += codec_bulk_size(&event->effects[i]);
	if (!fault && (bulk > CODEC_EVENT_BULK_LIMIT ||
		       codec_bound(event) > STREAM_FRAME_LIMIT))
		fault = "an event too large";
	return fault ? report(-EINVAL, "event %llu cannot be written: %s",
			      (unsigned long long)event->number, fault)
		     : 0;
}

/* What is mapped shared changes by stores, which are no effects. */
static int changes_file(const struct effect *effect)
{
	struct event_file file;

	switch (effect->kind) {
	case EFFECT_FILE_WRITE:
	case EFFECT_FILE_SIZE:
	case EFFECT_FILE_PUNCH:
		return 1;
	case EFFECT_FILE:
		memcpy(&file, effect->bytes, sizeof(file));
		return (file.use & FILE_SHARED) != 0;
	default:
		return 0;
	}
}

/* In ascending order, each once. */
static void note_change(struct trace_writer *writer, uint32_t id)
{
	struct changed_files *changed = &writer->changed;
	size_t low = 0, high = changed->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (changed->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < changed->count && changed->ids[low] == id)
		return;
	if (changed->count == CHANGED_LIMIT) {
		changed->are_too_many = 1;
		return;
	}
	if (changed->count == changed->room) {
		changed->room = changed->room * 2 + 16;
		changed->ids = xrealloc(changed->ids, changed->room *
					sizeof(*changed->ids));
	}
	memmove(changed->ids + low + 1, changed->ids + low,
		(changed->count - low) * sizeof(*changed->ids));
	changed->ids[low] = id;
	changed->count++;
}

static void note_changes(struct trace_writer *writer, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++)
		if (changes_file(&event->effects[i]))
			note_change(writer, event->effects[i].id);
}

int trace_writer_append(struct trace_writer *writer, struct event *event)
{
	uint64_t memory_start;
	int err;

	event->number = writer->event_count + 1;
	err = check_event(event);
	if (err)
		return err;
	pthread_mutex_lock(&writer->lock);
	memory_start = writer->memory_position;
	err = writer->err;
	if (!err)
		err = append_bulk(writer, event);
	if (!err)
		err = append_record(writer, event, memory_start);
	pthread_mutex_unlock(&writer->lock);
	note_changes(writer, event);
	return err;
}

/* The event of calls whose records are in the memory stream already. */
static int append_call_event(struct trace_writer *writer, uint32_t task,
			     uint64_t time_ns, size_t length, uint64_t count)
{
	struct chunk *chunk =
		event_chunk(writer, CODEC_CALLS_BOUND, count, time_ns,
			    writer->memory_position - length);

	if (!chunk)
		return writer->err;
	codec_write_calls(&writer->codec, task, time_ns, length, count,
			  &chunk->content);
	end_record(writer, chunk, count);
	return 0;
}

static int check_calls(uint32_t task, size_t length, uint64_t count)
{
	if (task && count && length <= CALL_RECORDS_LIMIT && !(length % 8) &&
	    count <= length / sizeof(struct call_record))
		return 0;
	return report(-EINVAL, "%llu calls in %zu bytes of task %u"
		      " cannot be written",
		      (unsigned long long)count, length, task);
}

int trace_writer_append_calls(struct trace_writer *writer, uint32_t task,
			      uint64_t time_ns, const void *bytes,
			      size_t length, uint64_t count)
{
	int err = check_calls(task, length, count);

	if (err)
		return err;
	pthread_mutex_lock(&writer->lock);
	err = writer->err;
	if (!err)
		err = append_memory(writer, bytes, length);
	if (!err)
		err = append_call_event(writer, task, time_ns, length, count);
	pthread_mutex_unlock(&writer->lock);
	return err;
}

/* A chunk of their own: the thread knows where they begin and end. */
static int hand_over(struct trace_writer *writer, const void *bytes,
		     size_t length, uint64_t count, int *is_taken)
{
	struct chunk *chunk;

	enqueue(writer, CHUNK_MEMORY);
	chunk = current_chunk(writer, CHUNK_MEMORY);
	if (!chunk)
		return writer->err;
	*is_taken = 0;
	chunk->records = bytes;
	chunk->call_count = count;
	chunk->is_taken = is_taken;
	chunk->content.length = length;
	writer->memory_position += length;
	enqueue(writer, CHUNK_MEMORY);
	return 0;
}

int trace_writer_hand_over_calls(struct trace_writer *writer, uint32_t task,
				 uint64_t time_ns, const void *bytes,
				 size_t length, uint64_t count, int *is_taken)
{
	int err = check_calls(task, length, count);

	_Static_assert(CALL_RECORDS_LIMIT <= STREAM_FRAME_SIZE, "one chunk");
	if (err)
		return err;
	pthread_mutex_lock(&writer->lock);
	err = writer->err;
	if (!err)
		err = hand_over(writer, bytes, length, count, is_taken);
	if (!err)
		err = append_call_event(writer, task, time_ns, length, count);
	pthread_mutex_unlock(&writer->lock);
	return err;
}

int trace_writer_flush(struct trace_writer *writer)
{
	int err;

	pthread_mutex_lock(&writer->lock);
	enqueue_all(writer);
	while (writer->queue || writer->busy)
		pthread_cond_wait(&writer->done, &writer->lock);
	err = writer->err;
	pthread_mutex_unlock(&writer->lock);
	return err;
}

struct store *trace_writer_store(struct trace_writer *writer)
{
	return writer->store;
}

uint64_t trace_writer_event_count(const struct trace_writer *writer)
{
	return writer->event_count;
}

uint64_t trace_writer_size(const struct trace_writer *writer)
{
	uint64_t size = 0;
	int i;

	for (i = 0; i < CHUNK_STREAMS; i++)
		size += __atomic_load_n(&writer->streams[i].offset,
					__ATOMIC_RELAXED);
	return size;
}

static void stop_thread(struct trace_writer *writer)
{
	if (!writer->thread_runs)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->stopping = 1;
	pthread_cond_signal(&writer->work);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	writer->thread_runs = 0;
	pthread_cond_destroy(&writer->work);
	pthread_cond_destroy(&writer->done);
	pthread_mutex_destroy(&writer->lock);
}

/*
 * The rest is written here: to wake the thread for it and to wait would take
 * longer than a small trace.
 */
static int write_rest(struct trace_writer *writer)
{
	int err;

	pthread_mutex_lock(&writer->lock);
	enqueue_all(writer);
	while (writer->queue || writer->busy) {
		if (writer->busy)
			pthread_cond_wait(&writer->done, &writer->lock);
		else
			write_first_of_queue(writer);
	}
	err = writer->err;
	pthread_mutex_unlock(&writer->lock);
	return err;
}

int trace_writer_finish(struct trace_writer *writer,
			const struct trace_info *info)
{
	struct trace_info end = *info;
	struct trace_seals seals;
	int err;

	err = write_rest(writer);
	stop_thread(writer);
	if (!err)
		err = stream_writer_finish(&writer->streams[CHUNK_MEMORY],
					   &seals.memory);
	if (!err)
		err = stream_writer_finish(&writer->streams[CHUNK_EVENTS],
					   &seals.events);
	if (err)
		return err;
	seals.present = 1;
	end.event_count = writer->event_count;
	end.knows_changes = !writer->changed.are_too_many;
	end.changed_files = writer->changed.ids;
	end.changed_file_count = writer->changed.count;
	return trace_info_write(writer->directory, &end, &seals);
}

void trace_writer_destroy(struct trace_writer *writer)
{
	int i;

	if (!writer)
		return;
	stop_thread(writer);
	for (i = 0; i < CHUNK_STREAMS; i++)
		stream_writer_deinit(&writer->streams[i]);
	for (i = 0; i < CHUNKS; i++)
		free(writer->chunks[i].content.bytes);
	codec_deinit(&writer->codec);
	free(writer->changed.ids);
	ZSTD_freeCCtx(writer->context);
	ZSTD_freeCCtx(writer->helping_context);
	free(writer->output.bytes);
	free(writer->helping_output.bytes);
	store_close(writer->store);
	fd_close(&writer->directory);
	free(writer);
}
