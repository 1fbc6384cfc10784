/* pcm_port.h -- a port whose audio is PCM in rings: media streams, tests. */
#ifndef MM_PCM_PORT_H
#define MM_PCM_PORT_H

#include "engine/ring.h"
#include "mix/playout.h"
#include "mix/port.h"

struct mm_pcm_port {
	struct mm_port port;              /* first                          */
	struct mm_playout *speech;        /* written by Python              */
	struct mm_ring heard;             /* frames, read by Python         */
	size_t frame_samples;
};

/* Control thread; rates: 8000, 16000, 24000, 32000, 48000, else -EINVAL. */
int mm_pcm_port_open(struct mm_pcm_port **port, uint32_t id,
		     uint32_t sample_rate_hz, uint32_t ptime_ms,
		     const struct mm_libraries *libraries);
size_t mm_pcm_port_write(struct mm_pcm_port *port, const int16_t *pcm,
			 size_t nsamples);
/* Drop what was written and not sent. */
void mm_pcm_port_clear(struct mm_pcm_port *port);
/* Samples written and not sent. */
size_t mm_pcm_port_pending(const struct mm_pcm_port *port);
/* Whole frames, up to max samples; returns samples. */
size_t mm_pcm_port_read(struct mm_pcm_port *port, int16_t *pcm, size_t max);
size_t mm_pcm_port_waiting(const struct mm_pcm_port *port);

#endif
