/* receiver_tick.c -- makes one frame a tick.
 *
 * peek takes as many packets from the jitter buffer as the frame needs, and
 * checks the delay. pull decodes; skip consumes the frame without decoding it,
 * with the same effect on the jitter buffer.
 */
#include "dsp/level.h"
#include "mix/bridge.h"
#include "rtp/receiver_state.h"

#define MS_PER_S 1000u
#define US_PER_MS 1000

/* Frequent time scaling is audible: NetEQ pauses for 100 ms as well. */
#define CORRECTION_REST_US (120 * US_PER_MS)
/* The time scaler works on this much, and removes less. */
#define SCALED_MS 20
/* So soon after an event a tone is the same digit: its packets end with it,
 * and the audio waits in the jitter buffer. */
#define DOUBLED_US (1000 * US_PER_MS)
#define TONE_FADES_A_FRAME 8          /* 2.5 ms                             */
/* One correction of audio that is not decoded: a short pitch period. */
#define SKIPPED_CORRECTION_MS 5

static size_t samples(const struct mm_receiver *receiver, uint32_t ms)
{
	return mm_frame_samples(mm_voice_sample_rate_hz(&receiver->voice), ms);
}

static size_t tick_samples(const struct mm_receiver *receiver)
{
	return mm_frame_samples(mm_voice_sample_rate_hz(&receiver->voice),
				receiver->config.ptime_ms);
}

static enum mm_jbuf_verdict fetch(struct mm_receiver *receiver)
{
	struct mm_voice *voice = &receiver->voice;
	struct mm_jbuf *jbuf = &receiver->jbuf;
	const struct mm_jbuf_packet *packet;
	enum mm_jbuf_verdict verdict = mm_jbuf_get(jbuf, receiver->now_us,
						   &packet);
	uint32_t sample_rate_hz = mm_voice_sample_rate_hz(voice);
	size_t waiting = mm_voice_waiting(voice);

	switch (verdict) {
	case MM_JBUF_PACKET:
		receiver->held_ms = (float)waiting * MS_PER_S /
				    (float)sample_rate_hz;
		mm_voice_push_packet(voice, packet);
		break;
	case MM_JBUF_LOST:
	case MM_JBUF_EMPTY:
		mm_voice_push_gap(voice,
				  (size_t)((uint64_t)jbuf->conceal_ticks *
					   sample_rate_hz /
					   jbuf->clock_rate_hz),
				  packet);
		break;
	case MM_JBUF_HOLD:
		if (waiting < tick_samples(receiver))
			mm_voice_push_silence(voice, tick_samples(receiver) -
							     waiting);
		break;
	}
	return verdict;
}

/* Samples needed for a frame and its correction. */
static size_t wanted_samples(const struct mm_receiver *receiver)
{
	size_t scaled = samples(receiver, SCALED_MS);

	if (receiver->correction_ms > 0)
		return tick_samples(receiver) + scaled;
	return receiver->correction_ms < 0 ? scaled : tick_samples(receiver);
}

/* Whether there is enough for a frame, and whether the delay needs correction:
 * then as much again as the time scaler works on, taken from what is queued
 * anyway. All is fetched here, because a packet of another codec changes the
 * frame's sample rate. */
static void collect(struct mm_receiver *receiver)
{
	struct mm_voice *voice = &receiver->voice;
	enum mm_jbuf_verdict verdict = MM_JBUF_HOLD;

	receiver->correction_ms = 0;
	while (mm_voice_waiting(voice) < tick_samples(receiver))
		verdict = fetch(receiver);
	if (verdict != MM_JBUF_PACKET ||
	    receiver->now_us - receiver->last_correction_us <
		    CORRECTION_REST_US)
		return;
	receiver->correction_ms = mm_jbuf_correction(&receiver->jbuf,
						     receiver->held_ms);
	while (verdict == MM_JBUF_PACKET && receiver->jbuf.nqueued > 0 &&
	       mm_voice_waiting(voice) < wanted_samples(receiver))
		verdict = fetch(receiver);
	if (mm_voice_waiting(voice) < wanted_samples(receiver))
		receiver->correction_ms = 0;
}

static void note_correction(struct mm_receiver *receiver)
{
	receiver->last_correction_us = receiver->now_us;
	if (receiver->correction_ms > 0)
		receiver->counters->time_shortened++;
	else
		receiver->counters->time_lengthened++;
}

static void correct_decoded(struct mm_receiver *receiver)
{
	struct mm_voice *voice = &receiver->voice;

	if (receiver->correction_ms != 0 &&
	    (receiver->correction_ms > 0 ? mm_voice_shorten(voice)
					 : mm_voice_lengthen(voice)))
		note_correction(receiver);
}

/* Exactly once a tick: this frame, or NULL if it was not decoded. */
static void listen_for_tones(struct mm_receiver *receiver, const int16_t *pcm,
			     size_t nsamples)
{
	uint32_t sample_rate_hz = mm_voice_sample_rate_hz(&receiver->voice);
	struct mm_inband *inband = &receiver->inband;
	struct mm_digit digit;

	if (!receiver->detects_tones)
		return;
	if (inband->sample_rate_hz != sample_rate_hz)
		mm_inband_init(inband, sample_rate_hz);
	if (!mm_inband_listen(inband, pcm, nsamples, &digit))
		return;
	/* Some gateways send a digit both ways. The event is received first,
	 * because it does not wait in the jitter buffer. */
	if (receiver->last_event_us &&
	    receiver->now_us - receiver->last_event_us < DOUBLED_US) {
		receiver->counters->digits_doubled++;
		return;
	}
	receiver->counters->digits_inband++;
	mm_receiver_keep_digit(receiver, &digit);
}

static bool removes_tone(const struct mm_receiver *receiver)
{
	return receiver->removes_tones && mm_inband_sounds(&receiver->inband);
}

/* Silence the frame during a digit whose tone is also sent as audio. A tone that
 * was only detected in-band is faded out quickly: 23 ms of it are not detected
 * as a digit downstream. */
static void silence_digit(struct mm_receiver *receiver, int16_t *frame,
			  size_t nsamples)
{
	bool signalled = receiver->now_us < receiver->quiet_until_us;
	bool quiet = signalled || removes_tone(receiver);
	size_t fade = quiet && !signalled
			      ? nsamples / TONE_FADES_A_FRAME
			      : nsamples;

	for (size_t i = 0; i < nsamples && (quiet || receiver->quiet); i++) {
		size_t kept = i;

		if (quiet)
			kept = receiver->quiet || i >= fade ? 0 : fade - 1 - i;
		frame[i] = (int16_t)(frame[i] * (int32_t)kept / (int32_t)fade);
	}
	receiver->quiet = quiet;
}

static void decode_frame(struct mm_receiver *receiver)
{
	size_t nsamples = tick_samples(receiver);
	int16_t *frame;

	mm_voice_decode(&receiver->voice);
	correct_decoded(receiver);
	frame = mm_voice_take(&receiver->voice, nsamples);
	listen_for_tones(receiver, frame, nsamples);
	silence_digit(receiver, frame, nsamples);
	receiver->frame = frame;
	receiver->frame_state = MM_FRAME_DECODED;
}

static uint8_t peek(struct mm_source *source, int64_t now_us)
{
	struct mm_receiver *receiver = (struct mm_receiver *)source;
	uint8_t level;

	receiver->now_us = now_us;
	mm_voice_give_back(&receiver->voice);
	collect(receiver);
	mm_receiver_count(receiver);
	source->sample_rate_hz = mm_voice_sample_rate_hz(&receiver->voice);
	if (mm_voice_is_silent(&receiver->voice)) {
		mm_voice_skip(&receiver->voice, tick_samples(receiver));
		listen_for_tones(receiver, NULL, tick_samples(receiver));
		receiver->quiet = now_us < receiver->quiet_until_us;
		receiver->frame_state = MM_FRAME_SILENT;
		return MM_SILENCE_DBOV;
	}
	receiver->frame_state = MM_FRAME_UNDECODED;
	level = mm_voice_level_dbov(&receiver->voice);
	/* Tones are loud: a quiet frame is not decoded to detect them. */
	if (level != MM_VOICE_UNKNOWN_DBOV &&
	    !(receiver->detects_tones && level <= MM_GATE_DBOV))
		return now_us < receiver->quiet_until_us ? MM_SILENCE_DBOV
							 : level;
	decode_frame(receiver);
	return mm_level_dbov(receiver->frame, tick_samples(receiver));
}

static const int16_t *pull(struct mm_source *source)
{
	struct mm_receiver *receiver = (struct mm_receiver *)source;

	if (receiver->frame_state == MM_FRAME_UNDECODED)
		decode_frame(receiver);
	return receiver->frame_state == MM_FRAME_SILENT ? NULL
							: receiver->frame;
}

static void skip(struct mm_source *source)
{
	struct mm_receiver *receiver = (struct mm_receiver *)source;
	size_t nsamples = tick_samples(receiver);
	size_t step = samples(receiver, SKIPPED_CORRECTION_MS);

	if (receiver->frame_state != MM_FRAME_UNDECODED)
		return;
	if (receiver->correction_ms != 0) {
		nsamples = receiver->correction_ms > 0 ? nsamples + step
						       : nsamples - step;
		note_correction(receiver);
	}
	listen_for_tones(receiver, NULL, tick_samples(receiver));
	mm_voice_skip(&receiver->voice, nsamples);
}

static void prepare(const struct mm_source *source)
{
	const struct mm_receiver *receiver = (const struct mm_receiver *)source;
	const struct mm_voice *voice = &receiver->voice;

	mm_prefetch(receiver, offsetof(struct mm_receiver, jbuf.packets) +
				      MM_PREPARED_BYTES);
	mm_prefetch(voice, offsetof(struct mm_voice, items) + MM_PREPARED_BYTES);
	mm_prefetch(voice->passed, MM_PREPARED_BYTES);
	mm_prefetch(voice->passed + 1, MM_PREPARED_BYTES);
}

const struct mm_source_ops mm_receiver_ops = {
	.prepare = prepare,
	.peek = peek,
	.pull = pull,
	.skip = skip,
};
