/* receiver.h -- makes one frame a tick of received RTP packets.
 *
 *   packet -> source check -> DTMF | jitter buffer -> decode, FEC, PLC
 *          -> time scale -> frame
 *
 * A receiver is a source (source.h). SRTP, sockets and addresses belong to the
 * port.
 */
#ifndef MM_RECEIVER_H
#define MM_RECEIVER_H

#include "codec/codec.h"
#include "dsp/plc.h"
#include "engine/counters.h"
#include "mix/source.h"
#include "mm.h"
#include "rtp/dtmf.h"
#include "rtp/jbuf.h"
#include "rtp/rtp.h"

#define MM_RECEIVER_MAX_FORMATS 6

struct mm_receiver_config {
	struct mm_codec_format formats[MM_RECEIVER_MAX_FORMATS];
	size_t nformats;
	uint8_t dtmf_payload_type;      /* 0: none                          */
	uint32_t dtmf_clock_rate_hz;
	uint8_t level_extension_id;     /* RFC 6464; 0: none                */
	uint32_t ptime_ms;              /* of our tick                      */
	uint32_t max_delay_ms;          /* hard cap of the jitter buffer    */
	bool faded_spurts;              /* a marker begins a faded spurt    */
};

struct mm_receiver;

/* Allocates all memory of a receiver, decoders of all formats included, off the
 * tick. -ENOMEM, -ENOSYS, -EINVAL. */
int mm_receiver_open(struct mm_receiver **receiver,
		     const struct mm_receiver_config *config,
		     const struct mm_libraries *libraries,
		     struct mm_counters *counters);
void mm_receiver_close(struct mm_receiver *receiver);

/* As newly opened, for another sender whose packets count in `counters`. */
void mm_receiver_lend(struct mm_receiver *receiver,
		      struct mm_counters *counters);

struct mm_source *mm_receiver_source(struct mm_receiver *receiver);
/* Whether the payload type is one of the config's. */
bool mm_receiver_knows(const struct mm_receiver *receiver,
		       uint8_t payload_type);
/* Prefetch what the next packet will need. */
void mm_receiver_prepare_packet(const struct mm_receiver *receiver);
/* One decrypted and parsed RTP packet of `packet_bytes` in all. 0, or -errno
 * and the counter that names why. */
int mm_receiver_packet(struct mm_receiver *receiver, const struct mm_rtp *rtp,
		       size_t packet_bytes, int64_t arrival_us);
/* Whether the last packet was the next one, with a tick of audio at least. */
bool mm_receiver_is_regular(const struct mm_receiver *receiver);
/* A finished digit, 1, or 0; call until 0 every tick. */
int mm_receiver_digit(struct mm_receiver *receiver, int64_t now_us,
		      struct mm_digit *digit);
/* Detect in-band tones; `removes`: and remove them from the audio. Takes effect
 * with the next frame. */
void mm_receiver_set_inband(struct mm_receiver *receiver, bool detects,
			    bool removes);
/* For reports and statistics. */
struct mm_rtp_source *mm_receiver_rtp_source(struct mm_receiver *receiver);
const struct mm_jbuf *mm_receiver_jbuf(const struct mm_receiver *receiver);

#endif
