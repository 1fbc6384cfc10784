/* playout.c -- samples from Python, one frame of them a tick. */
#include "mix/playout.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/level.h"
#include "io/byte_ring.h"
#include "mix/playout_source.h"

struct mm_playout {
	struct mm_source source;          /* first: a source is its playout */
	struct mm_byte_ring ring;         /* of int16_t samples             */
	size_t frame_samples;
	size_t capacity_samples;
	atomic_bool finished;
	size_t written;                   /* samples, the writer's count    */
	size_t taken;                     /* samples, the reader's count    */
	atomic_size_t cleared;            /* samples up to here are dropped */
	bool loaded;                      /* frame[] is this tick's         */
	bool flowing;                     /* the last tick had samples      */
	bool underran;                    /* became empty in this tick      */
	int16_t frame[MM_MAX_FRAME_SAMPLES];
};

/* A remainder shorter than a frame waits until the rest of it is written; only
 * the last frame of a finished playout is padded with silence. */
static void drop_cleared(struct mm_playout *playout)
{
	size_t cleared = atomic_load_explicit(&playout->cleared,
					      memory_order_acquire);
	size_t count = cleared - playout->taken;

	if (count == 0 || count > mm_playout_pending(playout))
		return;               /* nothing, or passed long ago        */
	mm_byte_ring_release(&playout->ring, count * sizeof(int16_t));
	playout->taken = cleared;
}

static uint8_t playout_peek(struct mm_source *source, int64_t now_us)
{
	struct mm_playout *playout = (struct mm_playout *)source;
	bool finished = atomic_load_explicit(&playout->finished,
					     memory_order_acquire);
	size_t wanted = playout->frame_samples;
	size_t waiting;

	(void)now_us;
	drop_cleared(playout);
	waiting = mm_playout_pending(playout);
	playout->loaded = waiting >= wanted || (finished && waiting > 0);
	playout->underran = !playout->loaded && playout->flowing && !finished;
	playout->flowing = playout->loaded;
	if (!playout->loaded)
		return MM_SILENCE_DBOV;
	if (waiting > wanted)
		waiting = wanted;
	mm_byte_ring_look(&playout->ring, 0, playout->frame,
			  waiting * sizeof(int16_t));
	mm_byte_ring_release(&playout->ring, waiting * sizeof(int16_t));
	playout->taken += waiting;
	memset(playout->frame + waiting, 0,
	       (wanted - waiting) * sizeof(playout->frame[0]));
	return mm_level_dbov(playout->frame, wanted);
}

static const int16_t *playout_pull(struct mm_source *source)
{
	struct mm_playout *playout = (struct mm_playout *)source;

	return playout->loaded ? playout->frame : NULL;
}

static void playout_skip(struct mm_source *source)
{
	(void)source;
}

static const struct mm_source_ops playout_ops = {
	.peek = playout_peek,
	.pull = playout_pull,
	.skip = playout_skip,
};

int mm_playout_open(struct mm_playout **playout, uint32_t sample_rate_hz,
		    uint32_t ptime_ms, uint32_t seconds)
{
	size_t frame_samples = mm_frame_samples(sample_rate_hz, ptime_ms);
	size_t capacity = (size_t)sample_rate_hz * seconds;

	if (frame_samples == 0 || frame_samples > MM_MAX_FRAME_SAMPLES ||
	    capacity < frame_samples)
		return -EINVAL;
	struct mm_playout *opened = calloc(1, sizeof(*opened));
	int rc = opened ? mm_byte_ring_init(&opened->ring,
					    capacity * sizeof(int16_t))
			: -ENOMEM;

	if (rc < 0) {
		free(opened);
		return rc;
	}
	opened->source.ops = &playout_ops;
	opened->source.sample_rate_hz = sample_rate_hz;
	opened->frame_samples = frame_samples;
	opened->capacity_samples = capacity;
	atomic_init(&opened->finished, false);
	atomic_init(&opened->cleared, 0);
	*playout = opened;
	return 0;
}

void mm_playout_close(struct mm_playout *playout)
{
	if (playout)
		mm_byte_ring_free(&playout->ring);
	free(playout);
}

struct mm_source *mm_playout_source(struct mm_playout *playout)
{
	return &playout->source;
}

size_t mm_playout_write(struct mm_playout *playout, const int16_t *pcm,
			size_t nsamples)
{
	size_t room = playout->capacity_samples - mm_playout_pending(playout);

	if (nsamples > room)
		nsamples = room;
	mm_byte_ring_put(&playout->ring, 0, pcm, nsamples * sizeof(*pcm));
	mm_byte_ring_publish(&playout->ring, nsamples * sizeof(*pcm));
	playout->written += nsamples;
	return nsamples;
}

void mm_playout_clear(struct mm_playout *playout)
{
	atomic_store_explicit(&playout->cleared, playout->written,
			      memory_order_release);
}

void mm_playout_finish(struct mm_playout *playout)
{
	atomic_store_explicit(&playout->finished, true, memory_order_release);
}

bool mm_playout_done(const struct mm_playout *playout)
{
	return atomic_load_explicit(&playout->finished,
				    memory_order_acquire) &&
	       mm_playout_pending(playout) == 0;
}

size_t mm_playout_pending(const struct mm_playout *playout)
{
	return mm_byte_ring_pending(&playout->ring) / sizeof(int16_t);
}

bool mm_playout_underran(const struct mm_playout *playout)
{
	return playout->underran;
}
