/* outbox.h -- datagrams on their way out, sent in batches of one socket.
 *
 * Ports that share a mux share its socket, so a tick's packets leave by one
 * sendmmsg in 64; ports with sockets of their own make batches of one.
 */
#ifndef MM_OUTBOX_H
#define MM_OUTBOX_H

#include "counters.h"
#include "udp.h"

struct mm_outbox {
	int fd;                           /* of everything that waits       */
	size_t count;
	struct mm_counters *sender;       /* of the newest datagram         */
	struct mm_counters *counters;     /* of nobody in particular        */
	struct mm_udp_out out[MM_UDP_BATCH];
};

void mm_outbox_init(struct mm_outbox *outbox, struct mm_counters *counters);
/* A slot to write a datagram for `fd` into; never NULL, may send others. */
struct mm_udp_out *mm_outbox_reserve(struct mm_outbox *outbox, int fd);
/* The slot is filled: it goes out now or with the batch. What the kernel does
 * not take is counted as rtp_send_failed: by the sender if it was alone, else
 * by the outbox, for sendmmsg does not say whose it was. */
void mm_outbox_commit(struct mm_outbox *outbox, struct mm_counters *sender);
void mm_outbox_flush(struct mm_outbox *outbox);

#endif
