/* quiet.h -- knows from an Opus packet's head that it is quiet, so that a phone
 * which signals no level (RFC 6464) is not decoded to learn that it is silent.
 *
 * Readings of packets (codec/opus_loudness.h) have no absolute level, so they are
 * compared with what was decoded: a packet is quiet when it is no louder than
 * packets whose decoded level was below the gate. All others are decoded:
 *
 *   voice, and the 200 ms after it (the decoder rings)      decoded
 *   louder than what is known to be quiet                   decoded, learnt from
 *   no louder                                               level known
 *
 * What is known fades by 1 dB a second and is learnt anew, so that the beginning
 * of a word stands out even where a click was learnt.
 */
#ifndef MM_QUIET_H
#define MM_QUIET_H

#include "codec/opus_loudness.h"

#define MM_QUIET_UNKNOWN_DBOV 255

struct mm_quiet {
	struct mm_opus_loudness loudness;
	enum mm_opus_mode mode;
	uint32_t inactive;        /* packets in a row                       */
	bool silent;              /* the last was digital silence           */
	bool learnt;
	float loudest_db;         /* of what is known to be quiet           */
	uint8_t level_dbov;       /* as decoded last                        */
};

/* One packet, as judged. */
struct mm_quiet_verdict {
	uint8_t level_dbov;       /* or UNKNOWN: decode it                  */
	bool teaches;             /* its decoded level is of use            */
	float db;
};

void mm_quiet_restart(struct mm_quiet *quiet);
/* A packet was lost. */
void mm_quiet_gap(struct mm_quiet *quiet);
/* Judge the next Opus packet. */
struct mm_quiet_verdict mm_quiet_judge(struct mm_quiet *quiet,
				       const uint8_t *packet, size_t size);
/* The level that a judged packet was decoded to. */
void mm_quiet_learn(struct mm_quiet *quiet,
		    const struct mm_quiet_verdict *verdict, uint8_t level_dbov);

#endif
