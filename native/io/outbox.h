/* outbox.h -- outgoing datagrams, sent in batches.
 *
 * Ports that share a mux share its socket, so one sendmmsg sends 64 packets.
 * Ports with their own sockets need a call each; the calls are made one after
 * the other, so that the kernel's code stays in the cache.
 */
#ifndef MM_OUTBOX_H
#define MM_OUTBOX_H

#include "engine/counters.h"
#include "io/udp.h"

struct mm_outbox {
	size_t count;
	struct mm_counters *counters;     /* for packets of several ports   */
	int fds[MM_UDP_BATCH];
	struct mm_counters *senders[MM_UDP_BATCH];
	struct mm_udp_out out[MM_UDP_BATCH];
};

void mm_outbox_init(struct mm_outbox *outbox, struct mm_counters *counters);
/* A slot to write a datagram into; never NULL, may send others. */
struct mm_udp_out *mm_outbox_reserve(struct mm_outbox *outbox);
/* The slot is filled; it is sent on `fd` with the next flush at the latest.
 * Datagrams that the kernel refuses are counted as rtp_send_failed: in the
 * sender's counters if it is alone on its socket, otherwise in the outbox's,
 * because sendmmsg does not return which ones failed. */
void mm_outbox_commit(struct mm_outbox *outbox, int fd,
		      struct mm_counters *sender);
void mm_outbox_flush(struct mm_outbox *outbox);

#endif
