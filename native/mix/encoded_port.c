/* encoded_port.c -- a port that only hears, and keeps the packets of a codec. */
#include "mix/encoded_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEARD_FRAMES 256       /* power of two: 5 s of 20 ms frames         */

static void idle(struct mm_port *port)
{
}

static void let_go(struct mm_port *port, bool last)
{
}

static void transmit(struct mm_port *base, int64_t now_us)
{
	struct mm_encoded_port *port = (struct mm_encoded_port *)base;
	const struct mm_member *member = base->member;
	struct mm_encoded_frame *frame;

	if (!base->place || !member->tx_payload ||
	    member->tx_bytes > MM_ENCODED_BYTES)
		return;
	frame = mm_ring_reserve(&port->heard);
	if (!frame) {
		base->counters.encoded_overrun++;
		return;
	}
	frame->bytes = (uint16_t)member->tx_bytes;
	memcpy(frame->payload, member->tx_payload, member->tx_bytes);
	mm_ring_commit(&port->heard);
}

static void free_port(struct mm_port *base)
{
	struct mm_encoded_port *port = (struct mm_encoded_port *)base;

	if (base->member)
		mm_member_close(base->member);
	free(base->member);
	mm_ring_free(&port->heard);
	free(base->control.hears);
	mm_suppressor_close(base->suppressor);
	free(port);
}

static const struct mm_port_ops encoded_ops = {
	.adopt = idle,
	.release = let_go,
	.transmit = transmit,
	.free = free_port,
};

static int parts_open(struct mm_encoded_port *port,
		      const struct mm_codec_format *format, uint32_t ptime_ms,
		      const struct mm_libraries *libraries)
{
	struct mm_codec_format *heard = &port->port.control.tx_format;
	int rc = mm_ring_init(&port->heard, HEARD_FRAMES,
			      sizeof(struct mm_encoded_frame));

	if (rc < 0)
		return rc;
	*heard = *format;
	heard->ptime_ms = ptime_ms;
	port->port.member = calloc(1, sizeof(*port->port.member));
	if (!port->port.member)
		return -ENOMEM;
	return mm_member_open(port->port.member, port->port.id, NULL, heard,
			      ptime_ms, libraries);
}

int mm_encoded_port_open(struct mm_encoded_port **opened, uint32_t id,
			 const struct mm_codec_format *format,
			 uint32_t ptime_ms,
			 const struct mm_libraries *libraries)
{
	struct mm_encoded_port *port;
	int rc;

	if (format->id != MM_CODEC_OPUS)
		return -EINVAL;
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	mm_port_init(&port->port, &encoded_ops, id);
	rc = parts_open(port, format, ptime_ms, libraries);
	if (rc < 0) {
		free_port(&port->port);
		return rc;
	}
	*opened = port;
	return 0;
}

const struct mm_encoded_frame *
mm_encoded_port_front(struct mm_encoded_port *port)
{
	return mm_ring_front(&port->heard);
}

void mm_encoded_port_release(struct mm_encoded_port *port)
{
	mm_ring_release(&port->heard);
}
