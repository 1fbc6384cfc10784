/* jbuf.c -- the adaptive jitter buffer.
 *
 * Two clocks. A packet's transit is its arrival on the local clock minus its
 * timestamp on the sender's. The least transit of the last seconds is that of
 * packets without queueing delay, and it follows the drift of the sender's
 * clock. Relative to it every timestamp has a delay at an instant: the time
 * since a packet without queueing delay would have arrived. A packet is in time
 * when its lateness is below the playout delay, so the target is a high quantile
 * of all lateness (as in WebRTC's NetEQ); the time scaler corrects deviations
 * from the target.
 *
 *   lateness   = transit - least transit           (observe)
 *   target     = quantile of lateness, within min .. cap
 *   delay(now) = now - timestamp - least transit   (delay_us)
 *
 * Sequence numbers are extended and compared by their signed difference.
 */
#include "rtp/jbuf.h"

#include <errno.h>
#include <string.h>

#define MS_PER_S 1000u
#define US_PER_MS 1000
#define US_PER_S 1000000

/* NetEQ's window for the fastest packet is 2 s; drift within it is ignored. */
#define WINDOW_US (2 * US_PER_S)
/* A packet later than this, while others pass, was not delayed by a
 * network. */
#define NEW_CLOCK_US US_PER_S
/* NetEQ's quantiles are 0.95 to 0.97. */
#define QUANTILE 0.97f
/* A packet's weight in the histogram halves in 140 packets: 3 s of 20 ms. */
#define FORGET 0.995f
/* A step this large is a restarted sender, not loss: RFC 3550 A.1. */
#define RESTART_STEP 3000
/* After so much concealment it is a pause: the PLC has faded to silence. */
#define STARVED_US (100 * US_PER_MS)
/* Corrections are one pitch period, up to 15 ms. The dead zone is wider, or
 * corrections would alternate. A delay that is too short loses audio, so it is
 * corrected sooner. */
#define TOO_LONG_MS 25.0f
#define TOO_SHORT_MS 5.0f

static struct mm_jbuf_packet *find(struct mm_jbuf *jbuf, uint32_t sequence)
{
	uint8_t kept = jbuf->slots[sequence % MM_JBUF_SLOTS];

	return kept ? &jbuf->packets[kept - 1] : NULL;
}

static struct mm_jbuf_packet *keep(struct mm_jbuf *jbuf, uint32_t sequence)
{
	uint8_t kept = jbuf->spare[--jbuf->nspare];

	jbuf->slots[sequence % MM_JBUF_SLOTS] = kept;
	return &jbuf->packets[kept - 1];
}

static void release(struct mm_jbuf *jbuf, uint32_t sequence)
{
	uint8_t *slot = &jbuf->slots[sequence % MM_JBUF_SLOTS];

	if (*slot)
		jbuf->spare[jbuf->nspare++] = *slot;
	*slot = 0;
}

/* Stack: the first slot is on top. */
static void release_all(struct mm_jbuf *jbuf)
{
	memset(jbuf->slots, 0, sizeof(jbuf->slots));
	jbuf->nspare = MM_JBUF_SLOTS;
	for (size_t i = 0; i < MM_JBUF_SLOTS; i++)
		jbuf->spare[i] = (uint8_t)(MM_JBUF_SLOTS - i);
}

static bool has_audio(const struct mm_jbuf_packet *packet)
{
	return packet && packet->ticks > 0;
}

void mm_jbuf_init(struct mm_jbuf *jbuf, uint32_t clock_rate_hz,
		  uint32_t max_delay_ms)
{
	memset(jbuf, 0, offsetof(struct mm_jbuf, packets));
	jbuf->max_delay_ms = max_delay_ms;
	jbuf->target_delay_ms = MM_JBUF_MIN_DELAY_MS;
	mm_jbuf_reset(jbuf, clock_rate_hz);
}

void mm_jbuf_reset(struct mm_jbuf *jbuf, uint32_t clock_rate_hz)
{
	jbuf->clock_rate_hz = clock_rate_hz;
	jbuf->packet_ticks = clock_rate_hz / MS_PER_S * MM_TICK_MS;
	jbuf->counters.overrun += jbuf->nqueued;
	release_all(jbuf);
	jbuf->state = MM_JBUF_FRESH;
	jbuf->nqueued = 0;
	jbuf->queued_ticks = 0;
	jbuf->seen = 0;
	jbuf->starved_ticks = 0;
	jbuf->pausing = false;
	jbuf->estimator.anchored = false;
}

static int64_t ticks_to_us(const struct mm_jbuf *jbuf, int64_t ticks)
{
	return ticks * US_PER_S / jbuf->clock_rate_hz;
}

static int64_t timestamp_us(const struct mm_jbuf *jbuf, uint32_t timestamp)
{
	const struct mm_jbuf_estimator *estimator = &jbuf->estimator;
	int32_t step = (int32_t)(timestamp - estimator->newest_timestamp);

	return ticks_to_us(jbuf, estimator->newest_ticks + step);
}

static int64_t least_transit_us(const struct mm_jbuf *jbuf)
{
	const int64_t *least = jbuf->estimator.least_transit_us;

	return least[0] < least[1] ? least[0] : least[1];
}

static int64_t delay_us(const struct mm_jbuf *jbuf, uint32_t timestamp,
			int64_t now_us)
{
	return now_us - timestamp_us(jbuf, timestamp) - least_transit_us(jbuf);
}

static bool is_early(const struct mm_jbuf *jbuf, uint32_t timestamp,
		     int64_t now_us)
{
	return (float)delay_us(jbuf, timestamp, now_us) <
	       jbuf->target_delay_ms * US_PER_MS;
}

static void anchor(struct mm_jbuf *jbuf, int64_t transit_us, int64_t now_us)
{
	jbuf->estimator.anchored = true;
	jbuf->estimator.least_transit_us[0] = transit_us;
	jbuf->estimator.least_transit_us[1] = transit_us;
	jbuf->estimator.window_start_us = now_us;
}

/* Whether the lateness is not the network's: the sender set its timestamps
 * back, or did not advance them (phones on hold). */
static bool is_new_clock(const struct mm_jbuf *jbuf, int64_t lateness_us)
{
	bool pause = jbuf->nqueued == 0 &&
		     (jbuf->state != MM_JBUF_PLAYING || jbuf->pausing);

	return lateness_us > NEW_CLOCK_US ||
	       (pause &&
		lateness_us > (int64_t)jbuf->max_delay_ms * US_PER_MS);
}

/* Return the lateness of a packet, which may become the new fastest one. */
static int64_t measure_lateness(struct mm_jbuf *jbuf,
				const struct mm_jbuf_packet *header)
{
	struct mm_jbuf_estimator *estimator = &jbuf->estimator;
	int64_t *least = estimator->least_transit_us;
	int64_t transit_us;
	int32_t step = (int32_t)(header->timestamp -
				 estimator->newest_timestamp);

	if (!estimator->anchored || step > 0) {
		estimator->newest_ticks += estimator->anchored ? step : 0;
		estimator->newest_timestamp = header->timestamp;
	}
	transit_us = header->arrival_us -
		     timestamp_us(jbuf, header->timestamp);
	if (!estimator->anchored ||
	    is_new_clock(jbuf, transit_us - least_transit_us(jbuf)))
		anchor(jbuf, transit_us, header->arrival_us);
	if (header->arrival_us - estimator->window_start_us >= WINDOW_US) {
		least[1] = least[0];
		least[0] = transit_us;
		estimator->window_start_us = header->arrival_us;
	}
	if (transit_us < least[0])
		least[0] = transit_us;
	return transit_us - least_transit_us(jbuf);
}

static float quantile_ms(const struct mm_jbuf_estimator *estimator)
{
	float sum = 0;
	uint32_t bucket = 0;

	while (bucket < MM_JBUF_BUCKETS - 1 &&
	       (sum += estimator->histogram[bucket]) < QUANTILE)
		bucket++;
	return (float)((bucket + 1) * MM_JBUF_BUCKET_MS);
}

static void observe(struct mm_jbuf *jbuf, const struct mm_jbuf_packet *header)
{
	struct mm_jbuf_estimator *estimator = &jbuf->estimator;
	int64_t bucket = measure_lateness(jbuf, header) /
			 (MM_JBUF_BUCKET_MS * US_PER_MS);
	float most_ms = (float)jbuf->max_delay_ms -
			(float)(jbuf->packet_ticks * MS_PER_S /
				jbuf->clock_rate_hz);
	float target_ms;
	float keep;

	if (bucket >= MM_JBUF_BUCKETS)
		bucket = MM_JBUF_BUCKETS - 1;
	/* The first packets have equal weights, whatever FORGET is. */
	keep = (float)estimator->nobserved / (float)(estimator->nobserved + 1);
	if (keep > FORGET)
		keep = FORGET;
	else
		estimator->nobserved++;
	for (size_t i = 0; i < MM_JBUF_BUCKETS; i++)
		estimator->histogram[i] *= keep;
	estimator->histogram[bucket] += 1 - keep;
	target_ms = quantile_ms(estimator);
	/* One packet plays while the next is awaited. */
	if (target_ms > most_ms)
		target_ms = most_ms;
	if (target_ms < MM_JBUF_MIN_DELAY_MS)
		target_ms = MM_JBUF_MIN_DELAY_MS;
	jbuf->target_delay_ms = target_ms;
}

/* Advance beyond next_sequence, whatever its slot holds. */
static void step_over(struct mm_jbuf *jbuf)
{
	const struct mm_jbuf_packet *packet = find(jbuf, jbuf->next_sequence);

	if (has_audio(packet)) {
		jbuf->nqueued--;
		jbuf->queued_ticks -= packet->ticks;
		jbuf->next_timestamp = packet->timestamp + packet->ticks;
	}
	jbuf->seen = jbuf->seen << 1 | (packet != NULL);
	release(jbuf, jbuf->next_sequence);
	jbuf->next_sequence++;
}

/* The same for a packet that will not be played, and count it. */
static void give_up(struct mm_jbuf *jbuf)
{
	const struct mm_jbuf_packet *packet = find(jbuf, jbuf->next_sequence);

	if (has_audio(packet))
		jbuf->counters.overrun++;
	else if (!packet)
		jbuf->counters.lost++;
	step_over(jbuf);
	if (jbuf->state == MM_JBUF_FRESH)
		jbuf->state = MM_JBUF_FILLING;
}

static void drop_oldest(struct mm_jbuf *jbuf)
{
	uint32_t before = jbuf->nqueued;

	while (jbuf->nqueued == before)
		give_up(jbuf);
}

/* Count a sequence number from before the playout as duplicate or late. */
static int refuse(struct mm_jbuf *jbuf, const struct mm_jbuf_packet *header)
{
	uint32_t age = jbuf->next_sequence - 1 - header->extended_sequence;

	if (age < 64 && jbuf->seen >> age & 1) {
		jbuf->counters.duplicate += header->ticks > 0;
		return -EEXIST;
	}
	if (header->ticks > 0) {
		jbuf->counters.late++;
		observe(jbuf, header);
	}
	return -ESTALE;
}

/* Set next_sequence such that `sequence` has a slot, or is older. */
static void move_window(struct mm_jbuf *jbuf, uint32_t sequence)
{
	int32_t ahead;

	if (jbuf->state == MM_JBUF_FRESH && jbuf->nqueued == 0) {
		jbuf->next_sequence = sequence;
		jbuf->newest_sequence = sequence;
	}
	ahead = (int32_t)(sequence - jbuf->next_sequence);
	if (ahead < 0 && jbuf->state == MM_JBUF_FRESH &&
	    jbuf->newest_sequence - sequence < MM_JBUF_SLOTS)
		jbuf->next_sequence = sequence;
	if (ahead >= RESTART_STEP) {
		while (jbuf->nqueued > 0)
			drop_oldest(jbuf);
		release_all(jbuf);
		jbuf->seen = 0;
		jbuf->next_sequence = sequence;
		return;
	}
	for (; ahead >= MM_JBUF_SLOTS; ahead--)
		give_up(jbuf);
}

int mm_jbuf_put(struct mm_jbuf *jbuf, const struct mm_jbuf_packet *header,
		const uint8_t *payload, size_t size)
{
	uint32_t sequence = header->extended_sequence;
	struct mm_jbuf_packet *packet;

	if (size > MM_JBUF_MAX_PAYLOAD_BYTES)
		return -EMSGSIZE;
	/* Before the first audio there is no position to keep. */
	if (header->ticks == 0 && jbuf->state == MM_JBUF_FRESH &&
	    jbuf->nqueued == 0)
		return 0;
	move_window(jbuf, sequence);
	if ((int32_t)(sequence - jbuf->next_sequence) < 0)
		return refuse(jbuf, header);
	if (find(jbuf, sequence)) {
		jbuf->counters.duplicate += header->ticks > 0;
		return -EEXIST;
	}
	if ((int32_t)(sequence - jbuf->newest_sequence) >= 0)
		jbuf->newest_sequence = sequence;
	else if (header->ticks > 0)
		jbuf->counters.reordered++;
	if (header->ticks > 0) {
		jbuf->packet_ticks = header->ticks;
		observe(jbuf, header);
		jbuf->nqueued++;
		jbuf->queued_ticks += header->ticks;
	}
	packet = keep(jbuf, sequence);
	memcpy(packet, header, offsetof(struct mm_jbuf_packet, payload));
	if (size > 0)
		memcpy(packet->payload, payload, size);
	packet->size = (uint16_t)size;
	while (jbuf->nqueued > 1 &&
	       mm_jbuf_depth_ms(jbuf) > (float)jbuf->max_delay_ms)
		drop_oldest(jbuf);
	return 0;
}

/* The first packet with audio, or NULL. */
static const struct mm_jbuf_packet *find_head(struct mm_jbuf *jbuf)
{
	uint32_t sequence = jbuf->next_sequence;

	if (jbuf->nqueued == 0)
		return NULL;
	while (!has_audio(find(jbuf, sequence)))
		sequence++;
	return find(jbuf, sequence);
}

/* Skip sequence numbers without audio: events, and packets lost among them. */
static void pass_events(struct mm_jbuf *jbuf)
{
	const struct mm_jbuf_packet *packet;

	while ((packet = find(jbuf, jbuf->next_sequence)) &&
	       !has_audio(packet)) {
		step_over(jbuf);
		jbuf->pausing = true;
	}
}

static enum mm_jbuf_verdict starve(struct mm_jbuf *jbuf, int64_t now_us)
{
	if (jbuf->state != MM_JBUF_PLAYING || jbuf->pausing)
		return MM_JBUF_HOLD;
	if (now_us - jbuf->audio_end_us >= STARVED_US) {
		jbuf->state = MM_JBUF_FILLING;
		return MM_JBUF_HOLD;
	}
	jbuf->counters.underrun++;
	jbuf->conceal_ticks = jbuf->clock_rate_hz / MS_PER_S * MM_TICK_MS;
	if (jbuf->conceal_ticks > jbuf->packet_ticks)
		jbuf->conceal_ticks = jbuf->packet_ticks;
	jbuf->starved_ticks += jbuf->conceal_ticks;
	return MM_JBUF_EMPTY;
}

static enum mm_jbuf_verdict play(struct mm_jbuf *jbuf,
				 const struct mm_jbuf_packet *head,
				 int64_t now_us)
{
	while (jbuf->next_sequence != head->extended_sequence)
		give_up(jbuf);
	jbuf->playout_delay_us = delay_us(jbuf, head->timestamp, now_us);
	jbuf->audio_end_us = now_us + ticks_to_us(jbuf, head->ticks);
	jbuf->starved_ticks = 0;
	jbuf->pausing = head->pauses;
	jbuf->state = MM_JBUF_PLAYING;
	step_over(jbuf);
	return MM_JBUF_PACKET;
}

/* next_sequence is missing and `head` is present. Its playout time has come,
 * so waiting would only delay all packets after it. */
static enum mm_jbuf_verdict lose(struct mm_jbuf *jbuf, int64_t now_us)
{
	give_up(jbuf);
	jbuf->next_timestamp += jbuf->packet_ticks;
	jbuf->audio_end_us = now_us + ticks_to_us(jbuf, jbuf->packet_ticks);
	jbuf->conceal_ticks = jbuf->packet_ticks;
	return MM_JBUF_LOST;
}

/* Clock ticks between the last packet played and `head`, less what was already
 * concealed while the buffer was empty: at the least delay a lost packet first
 * shows as an empty buffer. */
static int32_t resolve_gap(struct mm_jbuf *jbuf,
			  const struct mm_jbuf_packet *head)
{
	while (jbuf->next_sequence != head->extended_sequence &&
	       jbuf->starved_ticks >= jbuf->packet_ticks) {
		give_up(jbuf);
		jbuf->next_timestamp += jbuf->packet_ticks;
		jbuf->starved_ticks -= jbuf->packet_ticks;
	}
	return (int32_t)(head->timestamp - jbuf->next_timestamp);
}

enum mm_jbuf_verdict mm_jbuf_get(struct mm_jbuf *jbuf, int64_t now_us,
				 const struct mm_jbuf_packet **packet)
{
	const int64_t cap_us = (int64_t)jbuf->max_delay_ms * US_PER_MS;
	const struct mm_jbuf_packet *head;
	int32_t gap_ticks;

	*packet = NULL;
	pass_events(jbuf);
	while ((head = find_head(jbuf)) && now_us - head->arrival_us > cap_us)
		drop_oldest(jbuf);
	if (!head)
		return starve(jbuf, now_us);
	if (jbuf->state != MM_JBUF_PLAYING) {
		if (is_early(jbuf, head->timestamp, now_us))
			return MM_JBUF_HOLD;
		*packet = head;
		return play(jbuf, head, now_us);
	}
	gap_ticks = resolve_gap(jbuf, head);
	/* Lost packets for which the timestamps leave no time, or which were
	 * among events, carried no audio. */
	if (head->extended_sequence != jbuf->next_sequence &&
	    gap_ticks >= (int32_t)jbuf->packet_ticks / 2 && !jbuf->pausing) {
		if (head->extended_sequence == jbuf->next_sequence + 1)
			*packet = head;
		return lose(jbuf, now_us);
	}
	if (gap_ticks >= (int32_t)jbuf->packet_ticks / 2 &&
	    is_early(jbuf, head->timestamp, now_us))
		return MM_JBUF_HOLD;
	*packet = head;
	return play(jbuf, head, now_us);
}

float mm_jbuf_depth_ms(const struct mm_jbuf *jbuf)
{
	return (float)jbuf->queued_ticks * MS_PER_S /
	       (float)jbuf->clock_rate_hz;
}

int mm_jbuf_correction(const struct mm_jbuf *jbuf, float held_ms)
{
	float over_ms = (float)jbuf->playout_delay_us / US_PER_MS -
			jbuf->target_delay_ms;

	if (jbuf->state != MM_JBUF_PLAYING)
		return 0;
	/* Packets are judged in time or late when they are taken, so a delay
	 * that is too short is judged without the audio held outside the
	 * buffer. */
	if (over_ms < -TOO_SHORT_MS)
		return (int)over_ms;
	if (over_ms + held_ms > TOO_LONG_MS)
		return (int)(over_ms + held_ms);
	return 0;
}
