/* tap.c -- stems at the tap's rate, their sum, and the ring to the reader.
 *
 * Each contribution has a stem: a lane to the tap's rate and a delay as long
 * as the limiter's look-ahead. A stem whose talker has stopped rings out
 * before its slot is used for another. More talkers than slots (possible only
 * where everybody is summed) go into the mix together, by one lane.
 */
#include "mix/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/limiter.h"
#include "io/byte_ring.h"
#include "mix/bridge.h"
#include "mix/mix.h"
#include "mix/mix_class.h"
#include "mix/tap_feed.h"

/* Talkers, those just dropped whose filters still ring, and playouts. */
#define MAX_STEMS (2 * MM_BRIDGE_MAX_TALKERS + MM_BRIDGE_MAX_PLAYOUTS)

/* Few members speak at once for long: the ring has room for so many stems. */
#define RING_STREAMS 5

struct stem {
	uint32_t port_id;         /* 0: free                                */
	bool fed;                 /* fed in this tick                       */
	struct mm_lane lane;
	int16_t delay[MM_LIMITER_MAX_LOOKAHEAD_SAMPLES];
};

struct mm_tap {
	struct mm_byte_ring ring;
	_Atomic uint64_t overruns;
	_Atomic uint64_t position;        /* samples                        */
	uint32_t sample_rate_hz;
	bool with_stems;
	/* This tick: */
	uint32_t bridge_rate_hz;
	size_t nsamples_in;               /* a frame at the bridge's rate   */
	size_t nsamples;                  /* a frame at the tap's rate      */
	uint32_t overran;
	bool crowded;                     /* rest[] holds something, or did */
	int32_t rest[MM_MAX_FRAME_SAMPLES]; /* talkers without a slot       */
	int32_t sum[MM_MAX_FRAME_SAMPLES];
	struct mm_lane rest_lane;
	struct mm_limiter limiter;
	struct stem stems[MAX_STEMS];
};

static const int16_t silence[MM_MAX_FRAME_SAMPLES];

int mm_tap_open(struct mm_tap **tap, uint32_t sample_rate_hz, bool stems,
		uint32_t seconds)
{
	size_t streams = stems ? RING_STREAMS : 1;
	size_t ticks = (size_t)seconds * 1000 / MM_TICK_MS;
	size_t record = sizeof(struct mm_tap_record) +
			mm_frame_samples(sample_rate_hz, MM_TICK_MS) *
				sizeof(int16_t);
	struct mm_tap *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return -ENOMEM;
	int rc = mm_lane_init(&opened->rest_lane, sample_rate_hz,
			      sample_rate_hz);

	if (rc == 0)
		rc = mm_byte_ring_init(&opened->ring,
				       streams * ticks * record);
	if (rc < 0) {
		free(opened);
		return rc;
	}
	opened->sample_rate_hz = sample_rate_hz;
	opened->bridge_rate_hz = sample_rate_hz;
	opened->with_stems = stems;
	atomic_init(&opened->overruns, 0);
	atomic_init(&opened->position, 0);
	mm_limiter_init(&opened->limiter, sample_rate_hz);
	*tap = opened;
	return 0;
}

void mm_tap_close(struct mm_tap *tap)
{
	if (tap)
		mm_byte_ring_free(&tap->ring);
	free(tap);
}

void mm_tap_switch(struct mm_tap *tap, uint32_t sample_rate_hz,
		   uint32_t ptime_ms)
{
	tap->bridge_rate_hz = sample_rate_hz;
	tap->nsamples_in = mm_frame_samples(sample_rate_hz, ptime_ms);
	tap->nsamples = mm_frame_samples(tap->sample_rate_hz, ptime_ms);
	mm_lane_switch(&tap->rest_lane, sample_rate_hz, silence,
		       tap->nsamples_in);
	tap->rest_lane.splice = tap->crowded;
	for (size_t i = 0; i < MAX_STEMS; i++) {
		if (tap->stems[i].port_id)
			mm_lane_switch(&tap->stems[i].lane, sample_rate_hz,
				       silence, tap->nsamples_in);
	}
}

void mm_tap_follow(struct mm_tap *tap, uint32_t sample_rate_hz,
		   uint32_t ptime_ms)
{
	if (tap->bridge_rate_hz != sample_rate_hz || !tap->nsamples)
		mm_tap_switch(tap, sample_rate_hz, ptime_ms);
}

void mm_tap_warm(struct mm_tap *tap, uint32_t port_id, const int16_t *pcm)
{
	for (size_t i = 0; pcm && i < MAX_STEMS; i++) {
		if (tap->stems[i].port_id == port_id)
			mm_lane_switch(&tap->stems[i].lane,
				       tap->bridge_rate_hz, pcm,
				       tap->nsamples_in);
	}
}

void mm_tap_begin(struct mm_tap *tap, uint32_t skipped)
{
	tap->overran = 0;
	tap->crowded = false;
	memset(tap->sum, 0, tap->nsamples * sizeof(*tap->sum));
	for (size_t i = 0; i < MAX_STEMS; i++)
		tap->stems[i].fed = false;
	atomic_fetch_add_explicit(&tap->position, skipped * tap->nsamples,
				  memory_order_release);
}

static void write_record(struct mm_tap *tap, uint32_t port_id,
			 const int16_t *pcm)
{
	size_t bytes = tap->nsamples * sizeof(*pcm);
	struct mm_tap_record record = {
		.first_sample = mm_tap_position(tap),
		.port_id = port_id,
		.nsamples = (uint32_t)tap->nsamples,
	};

	if (tap->ring.capacity_bytes - mm_byte_ring_pending(&tap->ring) <
	    sizeof(record) + bytes) {
		atomic_fetch_add_explicit(&tap->overruns, 1,
					  memory_order_relaxed);
		tap->overran++;
		return;
	}
	mm_byte_ring_put(&tap->ring, 0, &record, sizeof(record));
	mm_byte_ring_put(&tap->ring, sizeof(record), pcm, bytes);
	mm_byte_ring_publish(&tap->ring, sizeof(record) + bytes);
}

static bool sounds(const int16_t *pcm, size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		if (pcm[i])
			return true;
	}
	return false;
}

/* The delayed samples first; the end of this frame is kept for the next
 * one. */
static void write_stem(struct mm_tap *tap, struct stem *stem,
		       const int16_t *pcm)
{
	size_t held = tap->limiter.lookahead_samples;
	size_t direct = tap->nsamples - held;
	int16_t delayed[MM_MAX_FRAME_SAMPLES];

	memcpy(delayed, stem->delay, held * sizeof(*pcm));
	memcpy(delayed + held, pcm, direct * sizeof(*pcm));
	memcpy(stem->delay, pcm + direct, held * sizeof(*pcm));
	if (tap->with_stems && sounds(delayed, tap->nsamples))
		write_record(tap, stem->port_id, delayed);
}

static void run_stem(struct mm_tap *tap, struct stem *stem, const int16_t *pcm)
{
	int16_t resampled[MM_MAX_FRAME_SAMPLES];

	mm_lane_run(&stem->lane, pcm, tap->nsamples_in, resampled);
	mm_mix_add(tap->sum, resampled, tap->nsamples);
	write_stem(tap, stem, resampled);
}

/* The port's own slot, else a free one, else NULL. */
static struct stem *find_stem(struct mm_tap *tap, uint32_t port_id)
{
	struct stem *unused = NULL;

	for (size_t i = 0; i < MAX_STEMS; i++) {
		struct stem *stem = &tap->stems[i];

		if (stem->port_id == port_id)
			return stem;
		if (!stem->port_id && !unused)
			unused = stem;
	}
	if (unused) {
		unused->port_id = port_id;
		memset(unused->delay, 0, sizeof(unused->delay));
		mm_lane_init(&unused->lane, tap->bridge_rate_hz,
			     tap->sample_rate_hz);
	}
	return unused;
}

void mm_tap_stem(struct mm_tap *tap, uint32_t port_id, const int16_t *pcm)
{
	if (!pcm)
		return; /* its stem, if it has one, rings out */
	struct stem *stem = find_stem(tap, port_id);

	if (stem) {
		stem->fed = true;
		run_stem(tap, stem, pcm);
		return;
	}
	if (!tap->crowded)
		memset(tap->rest, 0, tap->nsamples_in * sizeof(*tap->rest));
	tap->crowded = true;
	mm_mix_add(tap->rest, pcm, tap->nsamples_in);
}

static void ring_out(struct mm_tap *tap, struct stem *stem)
{
	if (mm_resampler_ringing(&stem->lane.resampler) ||
	    stem->lane.splice ||
	    sounds(stem->delay, tap->limiter.lookahead_samples))
		run_stem(tap, stem, silence);
	else
		stem->port_id = 0;
}

static void add_rest(struct mm_tap *tap)
{
	int16_t pcm[MM_MAX_FRAME_SAMPLES];
	int16_t resampled[MM_MAX_FRAME_SAMPLES];

	if (!tap->crowded && !mm_resampler_ringing(&tap->rest_lane.resampler))
		return;
	if (tap->crowded)
		mm_mix_saturate(pcm, tap->rest, tap->nsamples_in);
	mm_lane_run(&tap->rest_lane, tap->crowded ? pcm : silence,
		    tap->nsamples_in, resampled);
	mm_mix_add(tap->sum, resampled, tap->nsamples);
}

uint32_t mm_tap_end(struct mm_tap *tap)
{
	int16_t mix[MM_MAX_FRAME_SAMPLES];

	for (size_t i = 0; i < MAX_STEMS; i++) {
		if (tap->stems[i].port_id && !tap->stems[i].fed)
			ring_out(tap, &tap->stems[i]);
	}
	add_rest(tap);
	mm_limiter_run(&tap->limiter, tap->sum, mix, tap->nsamples);
	write_record(tap, MM_TAP_MIX, mix);
	atomic_fetch_add_explicit(&tap->position, tap->nsamples,
				  memory_order_release);
	return tap->overran;
}

int mm_tap_read(struct mm_tap *tap, struct mm_tap_record *record, int16_t *pcm,
		size_t max)
{
	if (mm_byte_ring_pending(&tap->ring) == 0)
		return 0;
	mm_byte_ring_look(&tap->ring, 0, record, sizeof(*record));
	if (record->nsamples > max)
		return -ENOSPC;
	size_t bytes = record->nsamples * sizeof(*pcm);

	mm_byte_ring_look(&tap->ring, sizeof(*record), pcm, bytes);
	mm_byte_ring_release(&tap->ring, sizeof(*record) + bytes);
	return (int)record->nsamples;
}

uint64_t mm_tap_overruns(const struct mm_tap *tap)
{
	return atomic_load_explicit(&tap->overruns, memory_order_relaxed);
}

uint64_t mm_tap_position(const struct mm_tap *tap)
{
	return atomic_load_explicit(&tap->position, memory_order_acquire);
}
