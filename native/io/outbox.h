/* outbox.h -- datagrams on their way out, sent many at a time.
 *
 * Ports that share a mux share its socket, so their packets leave by one
 * sendmmsg in 64. Ports with sockets of their own need a call each; those are
 * made one right after the other, while the kernel's code and ours do not push
 * each other out of the caches.
 */
#ifndef MM_OUTBOX_H
#define MM_OUTBOX_H

#include "engine/counters.h"
#include "io/udp.h"

struct mm_outbox {
	size_t count;
	struct mm_counters *counters;     /* of nobody in particular        */
	int fds[MM_UDP_BATCH];
	struct mm_counters *senders[MM_UDP_BATCH];
	struct mm_udp_out out[MM_UDP_BATCH];
};

void mm_outbox_init(struct mm_outbox *outbox, struct mm_counters *counters);
/* A slot to write a datagram into; never NULL, may send others. */
struct mm_udp_out *mm_outbox_reserve(struct mm_outbox *outbox);
/* The slot is filled, to go out by `fd` with the next flush at the latest.
 * What the kernel does not take is counted as rtp_send_failed: by the sender if
 * it was alone on its socket, else by the outbox, for sendmmsg does not say
 * whose it was. */
void mm_outbox_commit(struct mm_outbox *outbox, int fd,
		      struct mm_counters *sender);
void mm_outbox_flush(struct mm_outbox *outbox);

#endif
