/* hears.h -- the exceptions to the minus-one mix: gains of listener and speaker.
 *
 * Coaching, whispering, side conversations and individual gains are cells of
 * one matrix, listener x speaker -> gain. Nearly all cells are unity, so only the
 * others are kept, and the cost of a tick is linear in their number.
 */
#ifndef MM_HEARS_H
#define MM_HEARS_H

#include "mix/bridge.h"

#define MM_HEARS_MAX 1024             /* exceptions in one bridge           */
#define MM_HEARS_MAX_GAIN_Q8 4096     /* +24 dB                             */
#define MM_HEARS_NONE (-1)

struct mm_hears_cell {
	const struct mm_member *listener;
	const struct mm_member *speaker;
	int32_t from_q8;          /* last tick's gain                       */
	int32_t to_q8;
	int16_t next;             /* active cell of the same listener       */
};

struct mm_hears {
	size_t count;
	struct mm_hears_cell *cells;      /* MM_HEARS_MAX                   */
};

/* `heard`: the listener hears the speaker now, so the change must be
 * ramped. */
int mm_hears_set(struct mm_hears *hears, const struct mm_member *listener,
		 const struct mm_member *speaker, int32_t gain_q8, bool heard);
/* Whether some listener hears this speaker other than at unity. */
bool mm_hears_excepts(const struct mm_hears *hears,
		      const struct mm_member *speaker);
/* Remove the exceptions of a member that leaves. */
void mm_hears_forget(struct mm_hears *hears, const struct mm_member *member);
/* End a tick: ramps are complete, and exceptions back at unity are removed. */
void mm_hears_advance(struct mm_hears *hears);
/* mix += (gain - 1) * speaker's frame, rounded once. */
void mm_hears_apply(const struct mm_hears_cell *cell, int32_t *mix,
		    const int16_t *pcm, size_t nsamples);
/* mix *= gain, ramped from one to the other over the frame. */
void mm_hears_fade(int32_t *mix, size_t nsamples, int32_t from_q8,
		   int32_t to_q8);

#endif
