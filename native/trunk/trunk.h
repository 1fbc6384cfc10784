/* trunk.h -- the audio of rooms that several engines share.
 *
 * A trunk carries talkers, not a sum: each contribution of a local seat, and the
 * room's playouts, is an RTP stream of its own. So every engine forms the same
 * sum, subtracts each listener's own voice exactly, and has stems, levels and
 * exceptions of all speakers.
 *
 *   bridge -> link (one for each other engine) -> senders -> RTP, SRTP -> socket
 *   socket -> SSRC -> ghost -> SRTP -> lane (jitter buffer) -> bridge
 *
 * A ghost is a port without a phone: the place on this bridge of a talker of
 * another engine. What came by a trunk never leaves by one: only ports that a
 * link was made to carry leave, and a ghost is refused there.
 *
 * On the wire: RTP under SRTP AES-128-GCM; SSRC = receiver's tag << 16 | talker;
 * level by RFC 6464; L16 in network order (RFC 3551 section 4.5.11) at the
 * bridge's rate, which the payload type names. Timestamps count the sender's
 * ticks in 48 kHz at every rate, so that another rate continues them. A marker
 * begins a spurt. Three packets of one byte end it, in case one is lost: the
 * byte is how many came before.
 *
 * A trunk belongs to one shard: its links' bridges are there.
 */
#ifndef MM_TRUNK_H
#define MM_TRUNK_H

#include <sys/queue.h>

#include "engine/shard.h"
#include "rtp/receiver.h"

#define MM_TRUNK_BUCKETS 1024         /* power of two                       */
#define MM_TRUNK_MAX_LANES 1024
#define MM_TRUNK_KEY_BYTES 28         /* AES-128-GCM: key, salt             */
#define MM_TRUNK_TALKERS 65536        /* numbers of talkers in a link       */
#define MM_TRUNK_CLOCK_RATE_HZ 48000
#define MM_TRUNK_LEVEL_ID 1           /* of the RFC 6464 extension          */
#define MM_TRUNK_ENDS 3

struct mm_ghost;
struct mm_trunk_link;

LIST_HEAD(mm_link_list, mm_trunk_link);
LIST_HEAD(mm_trunk_list, mm_trunk);

LIST_HEAD(mm_ghost_list, mm_ghost);

struct mm_trunk {
	struct mm_shard_socket socket;    /* first                          */
	struct mm_shard *shard;
	uint16_t local_port;
	size_t nlanes, nspare;
	struct mm_receiver **lanes;       /* all                            */
	struct mm_receiver **spare;       /* a stack of those not lent      */
	struct mm_ghost_list ghosts[MM_TRUNK_BUCKETS];  /* by SSRC          */
	/* The contribution that is sent now, packed once for all links. */
	const int16_t *packed_of;
	uint8_t level_dbov;
	uint8_t packed[MM_MAX_FRAME_SAMPLES * sizeof(int16_t)];

	/* The control thread's fields. */
	struct mm_engine *engine;
	LIST_ENTRY(mm_trunk) in_engine;
	struct mm_link_list links;
	uint16_t last_tag;
};

/* trunk.c */
int mm_trunk_open(struct mm_trunk **trunk, const struct mm_address *local,
		  size_t nlanes, struct mm_shard *shard,
		  const struct mm_libraries *libraries);
void mm_trunk_close(struct mm_trunk *trunk);
/* Shard's thread: apply a command about trunks; others are ignored. */
void mm_trunk_apply(struct mm_shard *shard, const struct mm_command *command);
uint8_t mm_trunk_payload_type(uint32_t sample_rate_hz);

#endif
