/* outbox.c -- outgoing datagrams, sent in batches. */
#include "io/outbox.h"

void mm_outbox_init(struct mm_outbox *outbox, struct mm_counters *counters)
{
	outbox->count = 0;
	outbox->counters = counters;
}

static void send_one(struct mm_outbox *outbox, size_t at)
{
	const struct mm_udp_out *out = &outbox->out[at];

	if (mm_udp_send(outbox->fds[at], &out->to, out->bytes, out->size) < 0)
		outbox->senders[at]->rtp_send_failed++;
}

static void send_run(struct mm_outbox *outbox, size_t first, size_t count)
{
	int taken = mm_udp_send_batch(outbox->fds[first], &outbox->out[first],
				      count);

	outbox->counters->rtp_send_failed += count - (size_t)taken;
}

void mm_outbox_flush(struct mm_outbox *outbox)
{
	size_t first = 0;

	while (first < outbox->count) {
		size_t end = first + 1;

		while (end < outbox->count &&
		       outbox->fds[end] == outbox->fds[first])
			end++;
		if (end == first + 1)
			send_one(outbox, first);
		else
			send_run(outbox, first, end - first);
		first = end;
	}
	outbox->count = 0;
}

struct mm_udp_out *mm_outbox_reserve(struct mm_outbox *outbox)
{
	if (outbox->count == MM_UDP_BATCH)
		mm_outbox_flush(outbox);
	return &outbox->out[outbox->count];
}

void mm_outbox_commit(struct mm_outbox *outbox, int fd,
		      struct mm_counters *sender)
{
	outbox->fds[outbox->count] = fd;
	outbox->senders[outbox->count] = sender;
	outbox->count++;
}
