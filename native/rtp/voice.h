/* voice.h -- the audio of one receiver: packets from the jitter buffer, in
 * order, decoded only when a listener needs them.
 *
 *   push packet | gap | silence -> items -> decode, FEC, PLC -> PCM -> take
 *                                     \---------- skip (not decoded) ---/
 *
 * Steps between sounds that do not follow each other are smoothed by a ramp.
 */
#ifndef MM_VOICE_H
#define MM_VOICE_H

#include "codec/codec.h"
#include "engine/counters.h"
#include "mm.h"
#include "rtp/jbuf.h"
#include "rtp/quiet.h"

#define MM_VOICE_MAX_FORMATS 6
#define MM_VOICE_SHORTEST_US 2500     /* of an item, except silence         */
#define MM_VOICE_ITEMS 18             /* two ticks of the shortest and over */
#define MM_VOICE_PRIMING_ITEMS 2      /* Opus' prediction settles in two    */
#define MM_VOICE_UNKNOWN_DBOV MM_QUIET_UNKNOWN_DBOV
/* What is left of a tick, a packet of 120 ms, and the time scaler's stretch. */
#define MM_VOICE_MAX_SAMPLES (2 * MM_MAX_PACKET_SAMPLES)

enum mm_voice_kind {
	MM_VOICE_PACKET,
	MM_VOICE_GAP,             /* payload, if any: the packet after it   */
	MM_VOICE_SILENCE,
};

struct mm_voice_item {
	enum mm_voice_kind kind;
	bool seam;                /* does not follow what was before it     */
	bool begins;              /* a spurt, which its sender fades in     */
	uint8_t level_dbov;
	struct mm_quiet_verdict quiet;    /* Opus without a signalled level */
	uint16_t size;
	size_t nsamples;
	size_t skipped_samples;   /* of these: skipped, not decoded         */
	uint8_t payload[MM_JBUF_MAX_PAYLOAD_BYTES];
};

struct mm_voice {
	struct mm_codec_format formats[MM_VOICE_MAX_FORMATS];
	struct mm_decoder *decoders[MM_VOICE_MAX_FORMATS];
	size_t nformats;
	size_t format;            /* in use                                 */
	const struct mm_libraries *libraries;
	struct mm_counters *counters;
	size_t first, nitems;
	size_t npassed;           /* that the decoder has missed            */
	size_t owed_samples;      /* in items                               */
	uint8_t level_dbov;       /* last known, signalled (RFC 6464) or not */
	struct mm_quiet quiet;
	uint32_t next_sequence;   /* extended; follows what was pushed last */
	bool broken;              /* nothing follows what was pushed last   */
	bool unheard;             /* the last sound was skipped             */
	size_t concealed_samples; /* in this gap                            */
	int16_t last_sample;      /* decoded: ramps start from it           */
	size_t npcm;
	size_t ntaken;            /* of these: passed to the caller         */
	struct mm_voice_item items[MM_VOICE_ITEMS];
	struct mm_voice_item passed[MM_VOICE_PRIMING_ITEMS]; /* last first  */
	int16_t pcm[MM_VOICE_MAX_SAMPLES];
};

/* Decoders for all formats; -ENOMEM, -ENOSYS, -EINVAL. */
int mm_voice_open(struct mm_voice *voice, const struct mm_codec_format *formats,
		  size_t nformats, const struct mm_libraries *libraries,
		  struct mm_counters *counters);
void mm_voice_close(struct mm_voice *voice);
/* Index of the format with that payload type, or -ENOENT. */
int mm_voice_find_format(const struct mm_voice *voice, uint8_t payload_type);
uint32_t mm_voice_sample_rate_hz(const struct mm_voice *voice);
/* Another sender: reset the decoder and drop queued audio. */
void mm_voice_restart(struct mm_voice *voice);

/* As newly opened, for another sender whose frames count in `counters`. */
void mm_voice_lend(struct mm_voice *voice, struct mm_counters *counters);

/* Items may be pushed while less than two ticks are queued. A packet of
 * another format than the one before discards what is left of that (less than
 * a tick): a frame has one sample rate. */
void mm_voice_push_packet(struct mm_voice *voice,
			  const struct mm_jbuf_packet *packet);
/* `next` (or NULL) is the packet right after the gap. */
void mm_voice_push_gap(struct mm_voice *voice, size_t nsamples,
		       const struct mm_jbuf_packet *next);
void mm_voice_push_silence(struct mm_voice *voice, size_t nsamples);

/* Samples not yet taken or skipped, decoded or not. */
size_t mm_voice_waiting(const struct mm_voice *voice);
/* Loudest level of the queued audio, as signalled or read from the packets
 * (quiet.h), or UNKNOWN. */
uint8_t mm_voice_level_dbov(const struct mm_voice *voice);
/* Nothing is queued, or only silence after the last sound has faded out. */
bool mm_voice_is_silent(const struct mm_voice *voice);

void mm_voice_decode(struct mm_voice *voice);
/* Shorten or lengthen the decoded audio by one pitch period; false when that
 * was not possible. */
bool mm_voice_shorten(struct mm_voice *voice);
bool mm_voice_lengthen(struct mm_voice *voice);
/* The next frame; it belongs to the caller until it is returned. */
int16_t *mm_voice_take(struct mm_voice *voice, size_t nsamples);
void mm_voice_give_back(struct mm_voice *voice);
void mm_voice_skip(struct mm_voice *voice, size_t nsamples);

#endif
