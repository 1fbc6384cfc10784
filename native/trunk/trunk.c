/* trunk.c -- the socket of a trunk, its lanes, and commands about trunks. */
#include "trunk/trunk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "rtp/rtp.h"
#include "trunk/ghost.h"
#include "trunk/trunk_link.h"

#define FIRST_PAYLOAD_TYPE 96
#define RECEIVE_BUFFER_BYTES (1 << 20) /* 56 talkers' packets of 150 ms     */

static const uint32_t rates_hz[] = { 8000, 16000, 24000, 32000, 48000 };

#define NRATES (sizeof(rates_hz) / sizeof(rates_hz[0]))

_Static_assert(NRATES <= MM_RECEIVER_MAX_FORMATS, "a format for each rate");

uint8_t mm_trunk_payload_type(uint32_t sample_rate_hz)
{
	uint8_t type = FIRST_PAYLOAD_TYPE;

	for (size_t i = 0; i < NRATES && rates_hz[i] != sample_rate_hz; i++)
		type++;
	return type;
}

static struct mm_ghost *find(const struct mm_trunk *trunk, uint32_t ssrc)
{
	struct mm_ghost *ghost;

	LIST_FOREACH(ghost, &trunk->ghosts[ssrc % MM_TRUNK_BUCKETS], in_bucket)
		if (ghost->ssrc == ssrc)
			return ghost;
	return NULL;
}

static void receive(struct mm_shard_socket *socket,
		    struct mm_datagram *datagram)
{
	struct mm_trunk *trunk = socket->owner;
	struct mm_counters *counters = &trunk->shard->counters;
	struct mm_ghost *ghost;
	struct mm_rtp rtp;

	/* Not authenticated yet: only the SSRC is used. */
	if (mm_rtp_parse(&rtp, datagram->bytes, datagram->size) < 0) {
		counters->rtp_malformed++;
		return;
	}
	ghost = find(trunk, rtp.ssrc);
	if (ghost)
		mm_ghost_datagram(ghost, datagram);
	else
		counters->trunk_unknown_talker++;
}

static int open_lane(struct mm_trunk *trunk, struct mm_receiver **lane,
		     const struct mm_libraries *libraries)
{
	struct mm_receiver_config config = {
		.nformats = NRATES,
		.level_extension_id = MM_TRUNK_LEVEL_ID,
		.ptime_ms = trunk->shard->config.ptime_ms,
		.max_delay_ms = MM_JBUF_MAX_DELAY_MS,
		.faded_spurts = true,
	};

	for (size_t i = 0; i < NRATES; i++)
		config.formats[i] = (struct mm_codec_format){
			.id = MM_CODEC_L16,
			.clock_rate_hz = MM_TRUNK_CLOCK_RATE_HZ,
			.sample_rate_hz = rates_hz[i],
			.ptime_ms = config.ptime_ms,
			.payload_type = mm_trunk_payload_type(rates_hz[i]),
			.channels = 1,
		};
	return mm_receiver_open(lane, &config, libraries,
				&trunk->shard->counters);
}

static int lanes_open(struct mm_trunk *trunk, size_t nlanes,
		      const struct mm_libraries *libraries)
{
	int rc = 0;

	trunk->lanes = calloc(nlanes, sizeof(struct mm_receiver *));
	trunk->spare = calloc(nlanes, sizeof(struct mm_receiver *));
	if (!trunk->lanes || !trunk->spare)
		return -ENOMEM;
	while (!rc && trunk->nlanes < nlanes) {
		rc = open_lane(trunk, &trunk->lanes[trunk->nlanes], libraries);
		if (rc < 0)
			break;
		trunk->spare[trunk->nspare++] = trunk->lanes[trunk->nlanes++];
	}
	return rc;
}

int mm_trunk_open(struct mm_trunk **opened, const struct mm_address *local,
		  size_t nlanes, struct mm_shard *shard,
		  const struct mm_libraries *libraries)
{
	struct mm_trunk *trunk;
	int rc;

	if (nlanes == 0 || nlanes > MM_TRUNK_MAX_LANES)
		return -EINVAL;
	trunk = calloc(1, sizeof(*trunk));
	if (!trunk)
		return -ENOMEM;
	trunk->shard = shard;
	trunk->socket.owner = trunk;
	trunk->socket.receive = receive;
	trunk->socket.fd = mm_udp_open(local, RECEIVE_BUFFER_BYTES);
	rc = trunk->socket.fd < 0 ? trunk->socket.fd : 0;
	if (!rc)
		rc = lanes_open(trunk, nlanes, libraries);
	if (rc < 0) {
		mm_trunk_close(trunk);
		return rc;
	}
	trunk->local_port = mm_udp_port(trunk->socket.fd);
	*opened = trunk;
	return 0;
}

void mm_trunk_close(struct mm_trunk *trunk)
{
	for (size_t i = 0; i < trunk->nlanes; i++)
		mm_receiver_close(trunk->lanes[i]);
	free(trunk->lanes);
	free(trunk->spare);
	if (trunk->socket.fd >= 0)
		close(trunk->socket.fd);
	free(trunk);
}

void mm_trunk_apply(struct mm_shard *shard, const struct mm_command *command)
{
	struct mm_trunk_sender *sender = command->u.sender;
	struct mm_trunk_link *link = command->u.link;
	struct mm_trunk *trunk = command->u.trunk;

	switch (command->type) {
	case MM_COMMAND_ADOPT_TRUNK:
		/* Fails only without memory; then nothing is received. */
		mm_shard_watch(shard, &trunk->socket);
		break;
	case MM_COMMAND_RELEASE_TRUNK:
		mm_shard_unwatch(shard, &trunk->socket);
		mm_shard_retire(shard, MM_RETIRED_TRUNK, trunk);
		break;
	case MM_COMMAND_ADD_LINK:
		mm_bridge_add_forward(command->bridge->bridge, &link->forward);
		break;
	case MM_COMMAND_REMOVE_LINK:
		mm_bridge_remove_forward(command->bridge->bridge,
					 &link->forward);
		mm_shard_retire(shard, MM_RETIRED_LINK, link);
		break;
	case MM_COMMAND_ADD_SENDER:
		mm_link_add_sender(sender->link, sender);
		break;
	case MM_COMMAND_REMOVE_SENDER:
		mm_link_remove_sender(sender->link, sender);
		break;
	default:
		break;
	}
}
