/* outbox.c -- datagrams on their way out, sent in batches of one socket. */
#include "outbox.h"

void mm_outbox_init(struct mm_outbox *outbox)
{
	outbox->fd = -1;
	outbox->count = 0;
}

void mm_outbox_flush(struct mm_outbox *outbox)
{
	size_t done = 0;

	/* A datagram that the kernel refuses (no route, a closed port's ICMP
	 * answer) must not hold up those behind it. */
	while (done < outbox->count) {
		int taken = mm_udp_send_batch(outbox->fd, outbox->out + done,
					      outbox->count - done);

		done += taken > 0 ? (size_t)taken : 0;
		if (done < outbox->count)
			outbox->counters[done++]->rtp_send_failed++;
	}
	outbox->count = 0;
}

struct mm_udp_out *mm_outbox_reserve(struct mm_outbox *outbox, int fd)
{
	if (outbox->count &&
	    (outbox->fd != fd || outbox->count == MM_UDP_BATCH))
		mm_outbox_flush(outbox);
	outbox->fd = fd;
	return &outbox->out[outbox->count];
}

void mm_outbox_commit(struct mm_outbox *outbox, struct mm_counters *counters)
{
	outbox->counters[outbox->count++] = counters;
}
