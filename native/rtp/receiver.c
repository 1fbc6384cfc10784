/* receiver.c -- checks the source of each packet and passes it on by type. */
#include "rtp/receiver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/receiver_state.h"

#define US_PER_MS 1000
#define US_PER_S 1000000

/* A new SSRC after this much silence of the old one is a transferred phone,
 * not a stray packet: it is accepted immediately. */
#define SSRC_SILENT_US (200 * US_PER_MS)
/* In-band tones of a digit trail its events by the delay and two ticks. */
#define DTMF_TAIL_MS (2 * MM_TICK_MS)

int mm_receiver_open(struct mm_receiver **opened,
		     const struct mm_receiver_config *config,
		     const struct mm_libraries *libraries,
		     struct mm_counters *counters)
{
	struct mm_receiver *receiver;
	int rc;

	_Static_assert(MM_VOICE_MAX_FORMATS == MM_RECEIVER_MAX_FORMATS,
		       "a voice for every format");
	if (config->ptime_ms == 0 || config->ptime_ms > MM_TICK_MS ||
	    config->max_delay_ms < 2 * MM_JBUF_MIN_DELAY_MS ||
	    (config->dtmf_payload_type && config->dtmf_clock_rate_hz == 0))
		return -EINVAL;
	receiver = calloc(1, sizeof(*receiver));
	if (!receiver)
		return -ENOMEM;
	rc = mm_voice_open(&receiver->voice, config->formats, config->nformats,
			   libraries, counters);
	if (rc < 0) {
		free(receiver);
		return rc;
	}
	receiver->source.ops = &mm_receiver_ops;
	receiver->source.sample_rate_hz =
		mm_voice_sample_rate_hz(&receiver->voice);
	receiver->config = *config;
	receiver->counters = counters;
	mm_jbuf_init(&receiver->jbuf, config->formats[0].clock_rate_hz,
		     config->max_delay_ms);
	mm_dtmf_rx_init(&receiver->dtmf, config->dtmf_clock_rate_hz);
	*opened = receiver;
	return 0;
}

void mm_receiver_close(struct mm_receiver *receiver)
{
	if (!receiver)
		return;
	mm_voice_close(&receiver->voice);
	free(receiver);
}

void mm_receiver_lend(struct mm_receiver *receiver,
		      struct mm_counters *counters)
{
	const struct mm_receiver_config *config = &receiver->config;

	receiver->counters = counters;
	mm_voice_lend(&receiver->voice, counters);
	mm_jbuf_init(&receiver->jbuf, config->formats[0].clock_rate_hz,
		     config->max_delay_ms);
	memset(&receiver->counted, 0, sizeof(receiver->counted));
	receiver->rtp_source.started = false;
	receiver->candidate.started = false;
	receiver->last_correction_us = 0;
	receiver->held_ms = 0;
	receiver->frame_state = MM_FRAME_SILENT;
}

struct mm_source *mm_receiver_source(struct mm_receiver *receiver)
{
	return &receiver->source;
}

struct mm_rtp_source *mm_receiver_rtp_source(struct mm_receiver *receiver)
{
	return &receiver->rtp_source;
}

const struct mm_jbuf *mm_receiver_jbuf(const struct mm_receiver *receiver)
{
	return &receiver->jbuf;
}

void mm_receiver_count(struct mm_receiver *receiver)
{
	const struct mm_jbuf_counters *now = &receiver->jbuf.counters;
	struct mm_jbuf_counters *counted = &receiver->counted;

	/* The port's counters are seldom in the cache. */
	if (memcmp(now, counted, sizeof(*now)) == 0)
		return;
	receiver->counters->jbuf_late += now->late - counted->late;
	receiver->counters->jbuf_lost += now->lost - counted->lost;
	receiver->counters->jbuf_reordered += now->reordered - counted->reordered;
	receiver->counters->jbuf_duplicate += now->duplicate - counted->duplicate;
	receiver->counters->jbuf_overrun += now->overrun - counted->overrun;
	receiver->counters->jbuf_underrun += now->underrun - counted->underrun;
	*counted = *now;
}

void mm_receiver_prepare_packet(const struct mm_receiver *receiver)
{
	/* To the end of a short packet in the jitter buffer's first slot. */
	mm_prefetch(receiver, offsetof(struct mm_receiver, jbuf.packets) +
				      MM_PREPARED_BYTES);
	mm_prefetch(&receiver->voice, offsetof(struct mm_voice, decoders));
}

static void restart(struct mm_receiver *receiver, uint32_t clock_rate_hz)
{
	mm_jbuf_reset(&receiver->jbuf, clock_rate_hz);
	mm_voice_restart(&receiver->voice);
}

/* RFC 3550 A.1, and which SSRC is current: a new one that appears while another
 * is sending must send two packets in sequence before it replaces that one. */
static int check_source(struct mm_receiver *receiver, const struct mm_rtp *rtp,
			int64_t arrival_us, uint32_t *extended)
{
	struct mm_rtp_source *current = &receiver->rtp_source;
	struct mm_rtp_source *candidate = &receiver->candidate;
	uint32_t clock_rate_hz = receiver->jbuf.clock_rate_hz;

	if (!current->started)
		mm_rtp_source_init(current, rtp->ssrc, clock_rate_hz);
	if (rtp->ssrc == current->ssrc) {
		candidate->started = false;
		return mm_rtp_source_update(current, rtp->sequence_number,
					    extended);
	}
	if (!candidate->started || candidate->ssrc != rtp->ssrc) {
		mm_rtp_source_init(candidate, rtp->ssrc, clock_rate_hz);
		if (arrival_us - receiver->last_packet_us < SSRC_SILENT_US)
			mm_rtp_source_probation(candidate);
	}
	if (mm_rtp_source_update(candidate, rtp->sequence_number, extended) < 0)
		return -EAGAIN;
	*current = *candidate;
	candidate->started = false;
	restart(receiver, clock_rate_hz);
	mm_dtmf_rx_init(&receiver->dtmf, receiver->config.dtmf_clock_rate_hz);
	receiver->counters->rtp_ssrc_changed++;
	return 0;
}

void mm_receiver_keep_digit(struct mm_receiver *receiver,
			    const struct mm_digit *digit)
{
	if (receiver->ndigits == MM_RECEIVER_DIGITS) {
		receiver->counters->events_dropped++;
		return;
	}
	receiver->digits[(receiver->first_digit + receiver->ndigits++) %
			 MM_RECEIVER_DIGITS] = *digit;
}

static int receive_event(struct mm_receiver *receiver, const struct mm_rtp *rtp,
			 int64_t arrival_us)
{
	int64_t tail_ms = (int64_t)receiver->jbuf.target_delay_ms +
			  DTMF_TAIL_MS;
	struct mm_digit digit;
	int rc = mm_dtmf_rx_packet(&receiver->dtmf, rtp->timestamp, rtp->marker,
				   rtp->payload, rtp->payload_bytes, arrival_us,
				   &digit);

	if (rc < 0) {
		receiver->counters->rtp_malformed++;
		return rc;
	}
	if (rc > 0)
		mm_receiver_keep_digit(receiver, &digit);
	receiver->last_event_us = arrival_us;
	receiver->quiet_until_us = arrival_us + tail_ms * US_PER_MS;
	return 0;
}

/* A packet without audio still counts in the sequence numbers. */
static void keep_place(struct mm_receiver *receiver, uint32_t extended,
		       int64_t arrival_us)
{
	const struct mm_jbuf_packet header = {
		.extended_sequence = extended,
		.arrival_us = arrival_us,
	};

	(void)mm_jbuf_put(&receiver->jbuf, &header, NULL, 0);
}

/* A codec with another RTP clock rate begins a new timeline; a late packet of
 * the old one is dropped. */
static bool follow_clock(struct mm_receiver *receiver, uint32_t extended,
			 uint32_t clock_rate_hz)
{
	if (receiver->jbuf.clock_rate_hz == clock_rate_hz)
		return true;
	if (receiver->jbuf.nqueued > 0 &&
	    (int32_t)(extended - receiver->jbuf.newest_sequence) < 0)
		return false;
	restart(receiver, clock_rate_hz);
	receiver->rtp_source.clock_rate_hz = clock_rate_hz;
	receiver->rtp_source.measured = false;
	receiver->rtp_source.jitter = 0;
	return true;
}

/* No codec sends less than Opus' 2.5 ms or more than its 120 ms; shorter packets
 * would let a sender cause unbounded work. */
static bool is_plausible(const struct mm_codec_format *format, int nsamples)
{
	int64_t least = (int64_t)format->sample_rate_hz * MM_VOICE_SHORTEST_US;

	return nsamples <= MM_MAX_PACKET_SAMPLES &&
	       (int64_t)nsamples * US_PER_S >= least;
}

static int receive_audio(struct mm_receiver *receiver, const struct mm_rtp *rtp,
			 size_t format_index, uint32_t extended,
			 int64_t arrival_us)
{
	const struct mm_codec_format *format =
		&receiver->voice.formats[format_index];
	uint32_t newest = receiver->jbuf.newest_sequence;
	int nsamples = mm_codec_payload_samples(format, rtp->payload,
						rtp->payload_bytes);
	int level = mm_rtp_audio_level(rtp, receiver->config.level_extension_id,
				       NULL);
	struct mm_jbuf_packet header = {
		.extended_sequence = extended,
		.timestamp = rtp->timestamp,
		.arrival_us = arrival_us,
		.payload_type = rtp->payload_type,
		.level_dbov = level < 0 ? MM_VOICE_UNKNOWN_DBOV
					: (uint8_t)level,
		.begins = receiver->config.faded_spurts && rtp->marker,
		/* RFC 6716: a TOC alone is DTX; libopus writes up to 2. */
		.pauses = format->id == MM_CODEC_OPUS &&
			  rtp->payload_bytes <= 2,
	};

	if (!is_plausible(format, nsamples) ||
	    rtp->payload_bytes > MM_JBUF_MAX_PAYLOAD_BYTES) {
		receiver->counters->frames_undecodable++;
		return -EBADMSG;
	}
	if (!follow_clock(receiver, extended, format->clock_rate_hz))
		return -ESTALE;
	mm_rtp_source_measure(&receiver->rtp_source, rtp->timestamp,
			      arrival_us);
	header.ticks = (uint32_t)((uint64_t)nsamples * format->clock_rate_hz /
				  format->sample_rate_hz);
	receiver->regular = extended == newest + 1 &&
			    header.ticks >= mm_frame_samples(
						    format->clock_rate_hz,
						    receiver->config.ptime_ms);
	return mm_jbuf_put(&receiver->jbuf, &header, rtp->payload,
			   rtp->payload_bytes);
}

bool mm_receiver_knows(const struct mm_receiver *receiver,
		       uint8_t payload_type)
{
	const struct mm_receiver_config *config = &receiver->config;

	if (config->dtmf_payload_type &&
	    config->dtmf_payload_type == payload_type)
		return true;
	return mm_voice_find_format(&receiver->voice, payload_type) >= 0;
}

/* Comfort noise (RFC 3389) and other payload types that were not negotiated count
 * in the sequence of a running stream, but do not start or change one. */
static bool is_stray(const struct mm_receiver *receiver,
		     const struct mm_rtp *rtp)
{
	const struct mm_rtp_source *source = &receiver->rtp_source;

	return !mm_receiver_knows(receiver, rtp->payload_type) &&
	       !(source->started && source->ssrc == rtp->ssrc);
}

int mm_receiver_packet(struct mm_receiver *receiver, const struct mm_rtp *rtp,
		       size_t packet_bytes, int64_t arrival_us)
{
	struct mm_counters *counters = receiver->counters;
	uint32_t extended;
	int format, rc;

	receiver->regular = false;
	if (is_stray(receiver, rtp)) {
		counters->rtp_unknown_payload_type++;
		return -ENOENT;
	}
	if (check_source(receiver, rtp, arrival_us, &extended) < 0) {
		counters->rtp_probation++;
		return -EAGAIN;
	}
	counters->rtp_received++;
	counters->rtp_received_bytes += packet_bytes;
	receiver->last_packet_us = arrival_us;
	format = mm_voice_find_format(&receiver->voice, rtp->payload_type);
	if (format >= 0 && rtp->payload_bytes > 0) {
		rc = receive_audio(receiver, rtp, (size_t)format, extended,
				   arrival_us);
		mm_receiver_count(receiver);
		return rc;
	}
	keep_place(receiver, extended, arrival_us);
	if (receiver->config.dtmf_payload_type &&
	    rtp->payload_type == receiver->config.dtmf_payload_type)
		return receive_event(receiver, rtp, arrival_us);
	/* An empty packet is a keep-alive (RFC 6263). */
	if (rtp->payload_bytes > 0)
		counters->rtp_unknown_payload_type++;
	return 0;
}

bool mm_receiver_is_regular(const struct mm_receiver *receiver)
{
	return receiver->regular;
}

int mm_receiver_digit(struct mm_receiver *receiver, int64_t now_us,
		      struct mm_digit *digit)
{
	if (receiver->ndigits > 0) {
		*digit = receiver->digits[receiver->first_digit];
		receiver->first_digit = (receiver->first_digit + 1) %
					MM_RECEIVER_DIGITS;
		receiver->ndigits--;
	} else if (mm_dtmf_rx_poll(&receiver->dtmf, now_us, digit) == 0) {
		return 0;
	}
	receiver->counters->digits_received++;
	return 1;
}

void mm_receiver_set_inband(struct mm_receiver *receiver, bool detects,
			    bool removes)
{
	if (detects && !receiver->detects_tones)
		mm_inband_init(&receiver->inband,
			       mm_voice_sample_rate_hz(&receiver->voice));
	receiver->detects_tones = detects;
	receiver->removes_tones = detects && removes;
}
