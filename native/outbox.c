/* outbox.c -- datagrams on their way out, sent in batches of one socket. */
#include "outbox.h"

void mm_outbox_init(struct mm_outbox *outbox, struct mm_counters *counters)
{
	outbox->fd = -1;
	outbox->count = 0;
	outbox->counters = counters;
}

void mm_outbox_flush(struct mm_outbox *outbox)
{
	struct mm_counters *blamed = outbox->count == 1 ? outbox->sender :
							  outbox->counters;

	if (!outbox->count)
		return;
	blamed->rtp_send_failed +=
		outbox->count - (size_t)mm_udp_send_batch(outbox->fd,
							  outbox->out,
							  outbox->count);
	outbox->count = 0;
}

struct mm_udp_out *mm_outbox_reserve(struct mm_outbox *outbox, int fd)
{
	if (outbox->fd != fd || outbox->count == MM_UDP_BATCH)
		mm_outbox_flush(outbox);
	outbox->fd = fd;
	return &outbox->out[outbox->count];
}

void mm_outbox_commit(struct mm_outbox *outbox, struct mm_counters *sender)
{
	outbox->sender = sender;
	outbox->count++;
}
