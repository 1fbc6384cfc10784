/* inbox.h -- packets on their way from the mux thread to a port's shard. */
#ifndef MM_INBOX_H
#define MM_INBOX_H

#include "engine/ring.h"
#include "io/udp.h"

#define MM_INBOX_PACKETS 64
#define MM_INBOX_PACKET_BYTES 1500

struct mm_inbox_packet {
	struct mm_address from;
	int64_t arrival_us;
	uint32_t size;
	uint8_t bytes[MM_INBOX_PACKET_BYTES];
};

struct mm_inbox {
	struct mm_ring ring;              /* of mm_inbox_packet             */
};

#endif
