/* trunk_link.c -- sends a bridge's contributions to the same room in another
 * engine.
 *
 *   idle --sound--> spurt --no contribution, or--> ending: a frame of silence,
 *    ^                ^     100 ms of silence      then three end packets
 *    |                +---------------sound---------+   |
 *    +---------------------------------after the third--+
 */
#include "trunk/trunk_link.h"

#include <string.h>

#include "dsp/clones.h"
#include "dsp/level.h"
#include "mix/tap.h"
#include "rtp/rtp.h"

#define SILENCE_MS 100                /* sent as sound, then as nothing     */
#define CLOCK_TICKS_PER_MS (MM_TRUNK_CLOCK_RATE_HZ / 1000)
#define EXTENSION_BIT 0x10            /* RFC 3550 section 5.1               */
#define ONE_BYTE_PROFILE 0xbede       /* RFC 8285 section 4.2               */

static struct mm_sender_list *bucket_of(struct mm_trunk_link *link,
					uint32_t port_id)
{
	return &link->buckets[port_id % MM_LINK_BUCKETS];
}

static uint32_t tick_clock(const struct mm_trunk_link *link)
{
	return link->trunk->shard->config.ptime_ms * CLOCK_TICKS_PER_MS;
}

MM_CLONES static void to_network_order(uint8_t *restrict to,
				       const int16_t *restrict pcm,
				       size_t nsamples)
{
	for (size_t i = 0; i < nsamples; i++) {
		uint16_t x = (uint16_t)pcm[i];

		to[2 * i] = (uint8_t)(x >> 8);
		to[2 * i + 1] = (uint8_t)x;
	}
}

static size_t write_header(const struct mm_trunk_link *link,
			   struct mm_trunk_sender *sender, uint8_t *bytes,
			   uint32_t clock, bool marker)
{
	const struct mm_rtp rtp = {
		.payload_type = mm_trunk_payload_type(link->sample_rate_hz),
		.marker = marker,
		.sequence_number = ++sender->sequence_number,
		.timestamp = clock,
		.ssrc = sender->ssrc,
	};

	return mm_rtp_write(bytes, &rtp);
}

static size_t write_level(uint8_t *bytes, uint8_t level_dbov)
{
	const uint8_t extension[] = {
		ONE_BYTE_PROFILE >> 8, ONE_BYTE_PROFILE & 0xff, 0, 1,
		MM_TRUNK_LEVEL_ID << 4, level_dbov, 0, 0,
	};

	memcpy(bytes, extension, sizeof(extension));
	return sizeof(extension);
}

static void seal(struct mm_trunk_link *link, struct mm_trunk_sender *sender,
		 struct mm_udp_out *out, size_t size)
{
	struct mm_shard *shard = link->trunk->shard;
	int sealed = mm_srtp_protect(&sender->srtp, out->bytes, size);

	if (sealed < 0) {
		shard->counters.rtp_send_failed++;
		return;
	}
	out->to = link->remote;
	out->size = (size_t)sealed;
	mm_outbox_commit(&shard->outbox, link->trunk->socket.fd,
			 &shard->counters);
	shard->counters.rtp_sent++;
	shard->counters.trunk_sent++;
	shard->counters.rtp_sent_bytes += (size_t)sealed;
}

static void send_end(struct mm_trunk_link *link, struct mm_trunk_sender *sender)
{
	struct mm_udp_out *out =
		mm_outbox_reserve(&link->trunk->shard->outbox);

	size_t size = write_header(link, sender, out->bytes, link->clock,
				   false);

	out->bytes[size++] = sender->ends;
	seal(link, sender, out, size);
}

/* A frame, in two packets if it is longer than the receiver's. */
static void send_frame(struct mm_trunk_link *link,
		       struct mm_trunk_sender *sender, bool marker)
{
	const struct mm_trunk *trunk = link->trunk;
	size_t bytes = link->nsamples * sizeof(int16_t);
	size_t parts = bytes > MM_JBUF_MAX_PAYLOAD_BYTES ? 2 : 1;

	for (size_t i = 0; i < parts; i++) {
		struct mm_udp_out *out =
			mm_outbox_reserve(&trunk->shard->outbox);
		size_t part = bytes / parts;
		uint32_t clock = link->clock + (uint32_t)(i * tick_clock(link) /
							  parts);
		size_t size = write_header(link, sender, out->bytes, clock,
					   marker && i == 0);

		out->bytes[0] |= EXTENSION_BIT;
		size += write_level(out->bytes + size, trunk->level_dbov);
		memcpy(out->bytes + size, trunk->packed + i * part, part);
		seal(link, sender, out, size + part);
	}
}

static void begin(struct mm_forward *forward, uint32_t sample_rate_hz,
		  uint32_t skipped)
{
	struct mm_trunk_link *link = (struct mm_trunk_link *)forward;

	link->sample_rate_hz = sample_rate_hz;
	link->nsamples = mm_frame_samples(
		sample_rate_hz, link->trunk->shard->config.ptime_ms);
	link->clock += skipped * tick_clock(link);
	link->trunk->packed_of = NULL;
}

/* Level and network order of a contribution; a bridge passes each to all its
 * links, one after the other. */
static void pack(struct mm_trunk *trunk, const int16_t *pcm, size_t nsamples)
{
	if (pcm && trunk->packed_of == pcm)
		return;
	trunk->packed_of = pcm;
	trunk->level_dbov = pcm ? mm_level_dbov(pcm, nsamples)
				: MM_SILENCE_DBOV;
	if (pcm)
		to_network_order(trunk->packed, pcm, nsamples);
	else
		memset(trunk->packed, 0, nsamples * sizeof(*pcm));
}

static struct mm_trunk_sender *free_stream(struct mm_trunk_link *link,
					   uint32_t port_id)
{
	for (size_t i = 0; i < MM_LINK_PLAYOUTS; i++) {
		struct mm_trunk_sender *sender = link->playouts[i];

		if (sender && !sender->port_id) {
			sender->port_id = port_id;
			LIST_INSERT_HEAD(bucket_of(link, port_id), sender,
					 in_bucket);
			return sender;
		}
	}
	if (link->playouts[0])
		link->trunk->shard->counters.trunk_no_stream++;
	return NULL;
}

static struct mm_trunk_sender *sender_of(struct mm_trunk_link *link,
					 uint32_t port_id)
{
	struct mm_trunk_sender *sender;

	LIST_FOREACH(sender, bucket_of(link, port_id), in_bucket)
		if (sender->port_id == port_id)
			return sender;
	return port_id >= MM_TAP_PLAYOUT ? free_stream(link, port_id) : NULL;
}

static void start(struct mm_trunk_link *link, struct mm_trunk_sender *sender)
{
	if (!sender->active)
		LIST_INSERT_HEAD(&link->active, sender, in_active);
	sender->active = true;
	sender->ends = 0;
}

static void carry(struct mm_forward *forward, uint32_t port_id,
		  const int16_t *pcm)
{
	struct mm_trunk_link *link = (struct mm_trunk_link *)forward;
	struct mm_trunk_sender *sender = sender_of(link, port_id);
	struct mm_trunk *trunk = link->trunk;
	uint32_t most = SILENCE_MS / trunk->shard->config.ptime_ms;
	bool within;

	if (!sender)
		return;
	pack(trunk, pcm, link->nsamples);
	within = sender->active && sender->ends == 0;
	if (trunk->level_dbov != MM_SILENCE_DBOV)
		sender->silent_ticks = 0;
	else if (!within || sender->silent_ticks >= most)
		return;
	else
		sender->silent_ticks++;
	start(link, sender);
	sender->fed = true;
	send_frame(link, sender, !within);
}

/* Take it out of what the shard uses, if it is in there. */
static void forget(struct mm_trunk_link *link, struct mm_trunk_sender *sender)
{
	if (sender->port_id)
		LIST_REMOVE(sender, in_bucket);
	sender->port_id = 0;
	for (size_t i = 0; i < MM_LINK_PLAYOUTS; i++)
		if (link->playouts[i] == sender && sender->closing)
			link->playouts[i] = NULL;
}

static void rest(struct mm_trunk_link *link, struct mm_trunk_sender *sender)
{
	struct mm_shard *shard = link->trunk->shard;

	if (sender->closing &&
	    mm_ring_count(&shard->retired) >= shard->retired.capacity)
		return; /* the next tick tries again */
	LIST_REMOVE(sender, in_active);
	sender->active = false;
	if (sender->of_playouts || sender->closing)
		forget(link, sender);
	if (sender->closing)
		mm_shard_retire(shard, MM_RETIRED_SENDER, sender);
}

/* After a tick. */
static void finish_tick(struct mm_trunk_link *link, struct mm_trunk_sender *sender)
{
	bool fed = sender->fed;

	sender->fed = false;
	/* What its port has faded out in this tick was its last. */
	if (sender->closing)
		forget(link, sender);
	if (fed)
		return;
	if (sender->ends == 0 && sender->silent_ticks == 0) {
		/* So that the end is as it is here: the receiver smooths
		 * what breaks off. */
		pack(link->trunk, NULL, link->nsamples);
		send_frame(link, sender, false);
		sender->silent_ticks++;
		return;
	}
	if (sender->ends < MM_TRUNK_ENDS) {
		send_end(link, sender);
		sender->ends++;
	}
	if (sender->ends == MM_TRUNK_ENDS)
		rest(link, sender);
}

static void end(struct mm_forward *forward)
{
	struct mm_trunk_link *link = (struct mm_trunk_link *)forward;
	struct mm_trunk_sender *sender, *next;

	for (sender = LIST_FIRST(&link->active); sender; sender = next) {
		next = LIST_NEXT(sender, in_active);
		finish_tick(link, sender);
	}
	link->clock += tick_clock(link);
}

static const struct mm_forward_ops link_ops = {
	.begin = begin,
	.carry = carry,
	.end = end,
};

void mm_link_init(struct mm_trunk_link *link, struct mm_trunk *trunk)
{
	link->forward.ops = &link_ops;
	link->trunk = trunk;
}

void mm_link_add_sender(struct mm_trunk_link *link,
			struct mm_trunk_sender *sender)
{
	if (!sender->of_playouts) {
		LIST_INSERT_HEAD(bucket_of(link, sender->port_id), sender,
				 in_bucket);
		return;
	}
	for (size_t i = 0; i < MM_LINK_PLAYOUTS; i++) {
		if (!link->playouts[i]) {
			link->playouts[i] = sender;
			return;
		}
	}
}

void mm_link_remove_sender(struct mm_trunk_link *link,
			   struct mm_trunk_sender *sender)
{
	sender->closing = true;
	if (sender->active)
		return;
	forget(link, sender);
	mm_shard_retire(link->trunk->shard, MM_RETIRED_SENDER, sender);
}
