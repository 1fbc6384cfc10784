/* ghost.c -- a port whose audio comes by a trunk.
 *
 *   no lane --its first packet--> lane --600 ms without audio, or off the
 *      ^                           |     bridge--> no lane
 *      +---------------------------+
 *
 * A room has many members and few talkers, so the jitter buffers are lent.
 */
#include "trunk/ghost.h"

#include <errno.h>
#include <stdlib.h>

#include "dsp/clones.h"
#include "mix/talkers.h"
#include "rtp/rtp.h"

#define HANGOVER_US (MM_TALKERS_HANGOVER_MS * 1000)
#define IDLE_RATE_HZ 8000             /* needs nothing of the bridge        */
#define MS_PER_S 1000

static struct mm_ghost *ghost_of(struct mm_port *port)
{
	return (struct mm_ghost *)port;
}

static struct mm_ghost *ghost_of_source(struct mm_source *source)
{
	return (struct mm_ghost *)((char *)source -
				   offsetof(struct mm_ghost, source));
}

static struct mm_source *lane_of(struct mm_source *source)
{
	struct mm_ghost *ghost = ghost_of_source(source);

	return ghost->lane ? mm_receiver_source(ghost->lane) : NULL;
}

static uint8_t peek(struct mm_source *source, int64_t now_us)
{
	struct mm_source *lane = lane_of(source);
	uint8_t level;

	if (!lane)
		return MM_SILENCE_DBOV;
	level = lane->ops->peek(lane, now_us);
	source->sample_rate_hz = lane->sample_rate_hz;
	return level;
}

static const int16_t *pull(struct mm_source *source)
{
	struct mm_source *lane = lane_of(source);

	return lane ? lane->ops->pull(lane) : NULL;
}

static void skip(struct mm_source *source)
{
	struct mm_source *lane = lane_of(source);

	if (lane)
		lane->ops->skip(lane);
}

static const struct mm_source_ops source_ops = {
	.peek = peek,
	.pull = pull,
	.skip = skip,
};

static void adopt(struct mm_port *port)
{
	struct mm_ghost *ghost = ghost_of(port);
	struct mm_trunk *trunk = ghost->trunk;

	LIST_INSERT_HEAD(&trunk->ghosts[ghost->ssrc % MM_TRUNK_BUCKETS], ghost,
			 in_bucket);
}

static bool borrow_lane(struct mm_ghost *ghost, const struct mm_rtp *rtp)
{
	struct mm_trunk *trunk = ghost->trunk;

	if (!trunk->nspare) {
		ghost->port.counters.trunk_no_lane++;
		return false;
	}
	ghost->lane = trunk->spare[--trunk->nspare];
	ghost->port.counters.trunk_lanes_lent++;
	ghost->port.member->present = true;
	mm_receiver_lend(ghost->lane, &ghost->port.counters);
	ghost->passed = (uint16_t)(rtp->sequence_number - 1);
	return true;
}

/* A ghost has nothing but what comes by its lanes. */
static void count(struct mm_counters *counters)
{
	counters->trunk_received = counters->rtp_received;
	counters->trunk_lost = counters->jbuf_lost;
}

static void return_lane(struct mm_ghost *ghost)
{
	struct mm_trunk *trunk = ghost->trunk;

	if (!ghost->lane)
		return;
	count(&ghost->port.counters);
	ghost->port.counters.trunk_lanes_returned++;
	trunk->spare[trunk->nspare++] = ghost->lane;
	ghost->lane = NULL;
	ghost->port.member->present = false;
	ghost->source.sample_rate_hz = IDLE_RATE_HZ;
}

static void release(struct mm_port *port, bool last)
{
	struct mm_ghost *ghost = ghost_of(port);

	return_lane(ghost);
	LIST_REMOVE(ghost, in_bucket);
}

static void receive(struct mm_port *port, int64_t now_us)
{
	struct mm_ghost *ghost = ghost_of(port);

	if (!ghost->lane)
		return;
	count(&port->counters);
	if (!port->place || now_us - ghost->last_packet_us > HANGOVER_US)
		return_lane(ghost);
}

static void transmit(struct mm_port *port, int64_t now_us)
{
}

static void measure(const struct mm_port *port, struct mm_measures *measures)
{
	const struct mm_ghost *ghost = (const struct mm_ghost *)port;

	if (!ghost->lane)
		return;
	measures->delay_ms = mm_jbuf_depth_ms(mm_receiver_jbuf(ghost->lane));
	measures->jitter_ms =
		mm_receiver_rtp_source(ghost->lane)->jitter * MS_PER_S /
		MM_TRUNK_CLOCK_RATE_HZ;
}

static void free_ghost(struct mm_port *port)
{
	struct mm_ghost *ghost = ghost_of(port);

	if (port->member)
		mm_member_close(port->member);
	free(port->member);
	mm_srtp_close(&ghost->srtp);
	free(port->control.hears);
	mm_suppressor_close(port->suppressor);
	free(ghost);
}

static const struct mm_port_ops ghost_ops = {
	.adopt = adopt,
	.release = release,
	.receive = receive,
	.transmit = transmit,
	.measure = measure,
	.free = free_ghost,
};

/* Its member is sent nothing; the format is the one that asks least. */
static int member_open(struct mm_ghost *ghost,
		       const struct mm_libraries *libraries)
{
	uint32_t ptime_ms = ghost->trunk->shard->config.ptime_ms;
	const struct mm_codec_format nothing = {
		.id = MM_CODEC_L16,
		.clock_rate_hz = IDLE_RATE_HZ,
		.sample_rate_hz = IDLE_RATE_HZ,
		.ptime_ms = ptime_ms,
		.channels = 1,
	};
	struct mm_member *member = calloc(1, sizeof(*member));
	int rc;

	ghost->port.member = member;
	if (!member)
		return -ENOMEM;
	rc = mm_member_open(member, ghost->port.id, &ghost->source, &nothing,
			    ptime_ms, libraries);
	member->ghost = true;
	member->receives = false;
	return rc;
}

int mm_ghost_open(struct mm_ghost **opened, uint32_t id, struct mm_trunk *trunk,
		  uint32_t ssrc, const struct mm_srtp_key *key,
		  const struct mm_libraries *libraries)
{
	struct mm_ghost *ghost = calloc(1, sizeof(*ghost));
	int rc;

	if (!ghost)
		return -ENOMEM;
	mm_port_init(&ghost->port, &ghost_ops, id);
	ghost->trunk = trunk;
	ghost->ssrc = ssrc;
	ghost->source.ops = &source_ops;
	ghost->source.sample_rate_hz = IDLE_RATE_HZ;
	rc = member_open(ghost, libraries);
	if (!rc)
		rc = mm_srtp_open_stream(&ghost->srtp, libraries,
					 MM_SRTP_AEAD_AES_128_GCM, false, ssrc,
					 key);
	if (rc < 0) {
		free_ghost(&ghost->port);
		return rc;
	}
	*opened = ghost;
	return 0;
}

static int unprotect(struct mm_ghost *ghost, struct mm_datagram *datagram)
{
	struct mm_counters *counters = &ghost->port.counters;
	int rc = mm_srtp_unprotect(&ghost->srtp, datagram->bytes,
				   datagram->size);

	if (rc == -EALREADY)
		counters->srtp_replayed++;
	else if (rc < 0)
		counters->srtp_unauthenticated++;
	return rc;
}

MM_CLONES static void to_host_order(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2) {
		int16_t x = (int16_t)(bytes[i] << 8 | bytes[i + 1]);

		__builtin_memcpy(bytes + i, &x, sizeof(x));
	}
}

static void pass(struct mm_ghost *ghost, const struct mm_rtp *rtp, size_t size,
		 int64_t arrival_us)
{
	if ((int16_t)(rtp->sequence_number - ghost->passed) > 0)
		ghost->passed = rtp->sequence_number;
	mm_receiver_packet(ghost->lane, rtp, size, arrival_us);
}

/* An end, and those before it that are lost: to the jitter buffer, what follows
 * a missing packet is not there yet. */
static void pass_end(struct mm_ghost *ghost, struct mm_rtp *rtp,
		     int64_t arrival_us)
{
	uint16_t before = rtp->payload[0] % MM_TRUNK_ENDS;
	uint16_t last = rtp->sequence_number;

	rtp->payload_bytes = 0;
	for (uint16_t i = 0; ghost->lane && i <= before; i++) {
		rtp->sequence_number = (uint16_t)(last - before + i);
		if ((int16_t)(rtp->sequence_number - ghost->passed) > 0)
			pass(ghost, rtp, MM_RTP_HEADER_BYTES, arrival_us);
	}
}

void mm_ghost_datagram(struct mm_ghost *ghost, struct mm_datagram *datagram)
{
	struct mm_counters *counters = &ghost->port.counters;
	int size = unprotect(ghost, datagram);
	struct mm_rtp rtp;

	if (size < 0)
		return;
	if (mm_rtp_parse(&rtp, datagram->bytes, (size_t)size) < 0) {
		counters->rtp_malformed++;
		return;
	}
	if (!ghost->port.place) {
		counters->rtp_on_hold++;
		return;
	}
	if (rtp.payload_bytes == 1) {
		pass_end(ghost, &rtp, datagram->arrival_us);
		return;
	}
	if (!ghost->lane && !borrow_lane(ghost, &rtp))
		return;
	ghost->last_packet_us = datagram->arrival_us;
	to_host_order(datagram->bytes + (rtp.payload - datagram->bytes),
		      rtp.payload_bytes);
	pass(ghost, &rtp, (size_t)size, datagram->arrival_us);
}
