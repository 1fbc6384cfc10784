/* talkers.h -- selects the members that are heard in a tick.
 *
 * Of hundreds of members a few speak at a time; summing the others adds their
 * noise and costs their decoding. Up to max_talkers are heard:
 *
 *   - a frame louder than the gate gets a free place immediately, in its own
 *     tick, so that no first syllable is lost;
 *   - a talker keeps its place during pauses (hangover);
 *   - when all places are taken, a louder member replaces the quietest talker
 *     only if its smoothed level is MM_TALKERS_HYSTERESIS_DB above; otherwise
 *     two equally loud members would alternate with every frame.
 *
 * Members apart are outside of the election: always heard while eligible, and
 * never faded. They were elected, and faded, in another engine.
 *
 * max_talkers 0: all eligible members are always heard.
 */
#ifndef MM_TALKERS_H
#define MM_TALKERS_H

#include "mix/bridge.h"

#define MM_TALKERS_HANGOVER_MS 600    /* longer than the pauses in a phrase */
#define MM_TALKERS_HYSTERESIS_DB 6

enum mm_choice {
	MM_CHOICE_UNHEARD,
	MM_CHOICE_ADMITTED,   /* heard from this tick on                    */
	MM_CHOICE_KEPT,
	MM_CHOICE_DROPPED,    /* heard for the last time: fade out          */
};

/* What the selection knows about one member; small, because it is read for
 * every member in every tick. */
struct mm_candidate {
	uint16_t loudness_q8;     /* 127 - level in dB, smoothed            */
	uint16_t hangover_ticks;  /* remaining                              */
	uint8_t level_dbov;       /* in: of this tick's frame               */
	bool eligible;            /* in: can speak and is not muted         */
	uint8_t choice;           /* out: enum mm_choice                    */
	bool apart;               /* in: outside of the election            */
};

struct mm_talkers {
	uint32_t max_talkers;
	uint32_t hangover_ticks;
};

int mm_talkers_init(struct mm_talkers *talkers, uint32_t max_talkers,
		    uint32_t ptime_ms);
void mm_talkers_choose(const struct mm_talkers *talkers,
		       struct mm_candidate *candidates, size_t ncandidates);

static inline bool mm_candidate_heard(const struct mm_candidate *candidate)
{
	return candidate->choice == MM_CHOICE_ADMITTED ||
	       candidate->choice == MM_CHOICE_KEPT;
}

#endif
