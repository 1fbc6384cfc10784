/* pcm_port.c -- a port whose audio is PCM in rings.
 *
 * Its source is a playout; the mix that it hears is sent as the frames of an L16
 * encoder.
 */
#include "mix/pcm_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/resample.h"

#define SPEECH_SECONDS 10
#define HEARD_FRAMES 1024      /* power of two: 20 s of 20 ms frames        */

static void idle(struct mm_port *port)
{
}

static void let_go(struct mm_port *port, bool last)
{
}

static void receive(struct mm_port *port, int64_t now_us)
{
}

static void transmit(struct mm_port *base, int64_t now_us)
{
	struct mm_pcm_port *port = (struct mm_pcm_port *)base;
	const struct mm_member *member = base->member;
	int16_t *frame;

	if (!base->place || !member->tx_payload ||
	    member->tx_bytes != port->heard.element_bytes)
		return;
	frame = mm_ring_reserve(&port->heard);
	if (!frame) {
		base->counters.pcm_overrun++;
		return;
	}
	memcpy(frame, member->tx_payload, member->tx_bytes);
	mm_ring_commit(&port->heard);
}

static void free_port(struct mm_port *base)
{
	struct mm_pcm_port *port = (struct mm_pcm_port *)base;

	if (base->member)
		mm_member_close(base->member);
	free(base->member);
	if (port->speech)
		mm_playout_close(port->speech);
	mm_ring_free(&port->heard);
	free(base->control.hears);
	mm_suppressor_close(base->suppressor);
	free(port);
}

static const struct mm_port_ops pcm_ops = {
	.adopt = idle,
	.release = let_go,
	.receive = receive,
	.transmit = transmit,
	.free = free_port,
};

static int parts_open(struct mm_pcm_port *port, uint32_t sample_rate_hz,
		      uint32_t ptime_ms, const struct mm_libraries *libraries)
{
	struct mm_codec_format *format = &port->port.control.tx_format;
	int rc;

	format->id = MM_CODEC_L16;
	format->clock_rate_hz = sample_rate_hz;
	format->sample_rate_hz = sample_rate_hz;
	format->ptime_ms = ptime_ms;
	format->channels = 1;
	port->frame_samples = mm_frame_samples(sample_rate_hz, ptime_ms);
	rc = mm_playout_open(&port->speech, sample_rate_hz, ptime_ms,
			     SPEECH_SECONDS);
	if (!rc)
		rc = mm_ring_init(&port->heard, HEARD_FRAMES,
				  port->frame_samples * sizeof(int16_t));
	if (rc < 0)
		return rc;
	port->port.member = calloc(1, sizeof(*port->port.member));
	if (!port->port.member)
		return -ENOMEM;
	return mm_member_open(port->port.member, port->port.id,
			      mm_playout_source(port->speech), format, ptime_ms,
			      libraries);
}

int mm_pcm_port_open(struct mm_pcm_port **opened, uint32_t id,
		     uint32_t sample_rate_hz, uint32_t ptime_ms,
		     const struct mm_libraries *libraries)
{
	struct mm_pcm_port *port;
	int rc;

	if (!mm_is_rate(sample_rate_hz))
		return -EINVAL;
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	mm_port_init(&port->port, &pcm_ops, id);
	rc = parts_open(port, sample_rate_hz, ptime_ms, libraries);
	if (rc < 0) {
		free_port(&port->port);
		return rc;
	}
	*opened = port;
	return 0;
}

size_t mm_pcm_port_write(struct mm_pcm_port *port, const int16_t *pcm,
			 size_t nsamples)
{
	return mm_playout_write(port->speech, pcm, nsamples);
}

void mm_pcm_port_clear(struct mm_pcm_port *port)
{
	mm_playout_clear(port->speech);
}

size_t mm_pcm_port_pending(const struct mm_pcm_port *port)
{
	return mm_playout_pending(port->speech);
}

size_t mm_pcm_port_waiting(const struct mm_pcm_port *port)
{
	return mm_ring_count(&port->heard) * port->frame_samples;
}

size_t mm_pcm_port_read(struct mm_pcm_port *port, int16_t *pcm, size_t max)
{
	size_t done = 0;

	while (done + port->frame_samples <= max &&
	       mm_ring_pop(&port->heard, pcm + done))
		done += port->frame_samples;
	return done;
}
