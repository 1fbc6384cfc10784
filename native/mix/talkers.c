/* talkers.c -- one pass over the members, then at most max_talkers swaps. */
#include "mix/talkers.h"

#include <errno.h>

/* The smoothed level follows a rising level in about 40 ms, so that a new
 * speaker is ranked by speech and not by a first click, and a falling one in
 * about 300 ms, so that a pause between words does not rank a talker last. */
#define ATTACK_SHIFT 1
#define RELEASE_SHIFT 4

#define HYSTERESIS_Q8 (MM_TALKERS_HYSTERESIS_DB * 256)

/* At most MM_BRIDGE_MAX_TALKERS candidates, loudest first. */
struct shortlist {
	struct mm_candidate *entries[MM_BRIDGE_MAX_TALKERS];
	size_t count;
	size_t limit;
};

int mm_talkers_init(struct mm_talkers *talkers, uint32_t max_talkers,
		    uint32_t ptime_ms)
{
	if (max_talkers > MM_BRIDGE_MAX_TALKERS || ptime_ms == 0)
		return -EINVAL;
	talkers->max_talkers = max_talkers;
	talkers->hangover_ticks = MM_TALKERS_HANGOVER_MS / ptime_ms;
	return 0;
}

static void smooth(struct mm_candidate *candidate)
{
	int32_t target = (MM_SILENCE_DBOV - candidate->level_dbov) * 256;
	int32_t loudness = candidate->loudness_q8;

	if (target > loudness)
		loudness += (target - loudness + 1) >> ATTACK_SHIFT;
	else
		loudness -= (loudness - target + 15) >> RELEASE_SHIFT;
	candidate->loudness_q8 = (uint16_t)loudness;
}

/* Insert by loudness; return the candidate for which there is no place. */
static struct mm_candidate *shortlist_insert(struct shortlist *list,
					     struct mm_candidate *candidate)
{
	struct mm_candidate *left_out = NULL;
	size_t at = list->count;

	if (at == list->limit) {
		at--;
		if (candidate->loudness_q8 <= list->entries[at]->loudness_q8)
			return candidate;
		left_out = list->entries[at];
	} else {
		list->count++;
	}
	for (; at > 0; at--) {
		struct mm_candidate *above = list->entries[at - 1];

		if (candidate->loudness_q8 <= above->loudness_q8)
			break;
		list->entries[at] = above;
	}
	list->entries[at] = candidate;
	return left_out;
}

static void choose_apart(struct mm_candidate *candidate)
{
	candidate->choice = candidate->eligible ? MM_CHOICE_KEPT
						: MM_CHOICE_UNHEARD;
}

static void choose_all(struct mm_candidate *candidates,
			     size_t ncandidates)
{
	for (size_t i = 0; i < ncandidates; i++) {
		struct mm_candidate *candidate = &candidates[i];
		bool heard = mm_candidate_heard(candidate);

		if (candidate->apart)
			choose_apart(candidate);
		else if (candidate->eligible)
			candidate->choice = heard ? MM_CHOICE_KEPT
						  : MM_CHOICE_ADMITTED;
		else
			candidate->choice = heard ? MM_CHOICE_DROPPED
						  : MM_CHOICE_UNHEARD;
	}
}

/* Whether a talker of the last tick keeps its place. */
static bool keeps_place(const struct mm_talkers *talkers,
			struct mm_candidate *candidate)
{
	if (!candidate->eligible)
		return false;
	if (candidate->level_dbov <= MM_GATE_DBOV)
		candidate->hangover_ticks = (uint16_t)talkers->hangover_ticks;
	else if (candidate->hangover_ticks == 0)
		return false;
	else
		candidate->hangover_ticks--;
	return true;
}

static void admit(const struct mm_talkers *talkers,
		  struct mm_candidate *candidate)
{
	candidate->choice = MM_CHOICE_ADMITTED;
	candidate->hangover_ticks = (uint16_t)talkers->hangover_ticks;
}

/* Loudest newcomers against quietest talkers, until one is not louder by the
 * hysteresis. */
static void displace(const struct mm_talkers *talkers,
		     struct shortlist *heard, struct shortlist *entrants,
		     size_t next)
{
	for (; next < entrants->count && heard->count > 0; next++) {
		struct mm_candidate *weakest = heard->entries[heard->count - 1];

		if (entrants->entries[next]->loudness_q8 <=
		    weakest->loudness_q8 + HYSTERESIS_Q8)
			return;
		weakest->choice = MM_CHOICE_DROPPED;
		heard->count--;
		admit(talkers, entrants->entries[next]);
	}
}

void mm_talkers_choose(const struct mm_talkers *talkers,
		       struct mm_candidate *candidates, size_t ncandidates)
{
	struct shortlist heard = {.limit = talkers->max_talkers};
	struct shortlist entrants = {.limit = talkers->max_talkers};

	if (talkers->max_talkers == 0) {
		choose_all(candidates, ncandidates);
		return;
	}
	for (size_t i = 0; i < ncandidates; i++) {
		struct mm_candidate *candidate = &candidates[i];

		if (candidate->apart) {
			choose_apart(candidate);
			continue;
		}
		smooth(candidate);
		if (mm_candidate_heard(candidate)) {
			if (keeps_place(talkers, candidate)) {
				struct mm_candidate *left_out;

				candidate->choice = MM_CHOICE_KEPT;
				left_out = shortlist_insert(&heard, candidate);
				/* There are fewer places than before. */
				if (left_out)
					left_out->choice = MM_CHOICE_DROPPED;
			} else {
				candidate->choice = MM_CHOICE_DROPPED;
			}
			continue;
		}
		candidate->choice = MM_CHOICE_UNHEARD;
		if (candidate->eligible &&
		    candidate->level_dbov <= MM_GATE_DBOV)
			shortlist_insert(&entrants, candidate);
	}
	size_t next = 0;
	size_t places = talkers->max_talkers - heard.count;

	for (; next < entrants.count && next < places; next++)
		admit(talkers, entrants.entries[next]);
	displace(talkers, &heard, &entrants, next);
}
