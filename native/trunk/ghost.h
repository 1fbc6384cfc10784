/* ghost.h -- the place on this bridge of another engine's talker: a port whose
 * audio comes by a trunk (trunk.h).
 */
#ifndef MM_GHOST_H
#define MM_GHOST_H

#include "mix/port.h"
#include "rtp/srtp.h"
#include "trunk/trunk.h"

/* The place of another engine's talker. */
struct mm_ghost {
	struct mm_port port;              /* first                          */
	struct mm_source source;
	struct mm_trunk *trunk;
	uint32_t ssrc;
	struct mm_srtp srtp;
	struct mm_receiver *lane;         /* NULL: it says nothing          */
	int64_t last_packet_us;           /* of audio                       */
	uint16_t passed;                  /* to the lane: newest sequence   */
	LIST_ENTRY(mm_ghost) in_bucket;

	struct mm_trunk_link *link;       /* the control thread's           */
};

int mm_ghost_open(struct mm_ghost **ghost, uint32_t id, struct mm_trunk *trunk,
		  uint32_t ssrc, const struct mm_srtp_key *key,
		  const struct mm_libraries *libraries);
/* One datagram with its SSRC, which is changed in place. */
void mm_ghost_datagram(struct mm_ghost *ghost, struct mm_datagram *datagram);

#endif
