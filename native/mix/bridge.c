/* bridge.c -- the members of a bridge, their settings, and the order of a
 * tick. */
#include "mix/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mix/bridge_state.h"
#include "mix/mix.h"
#include "mix/tap_feed.h"

#define LOWEST_RATE_HZ 8000

/* Map the arrays, whose sizes follow from the limits. */
static int open_arrays(struct mm_bridge *bridge)
{
	const struct mm_bridge_config *config = &bridge->config;
	struct mm_pages *pages = &bridge->pages;
	/* All talkers may change in one tick: some fade in, as many fade
	 * out. */
	size_t heard = config->max_talkers > 0 ? 2 * config->max_talkers
					       : config->max_members;
	size_t contributions = heard + config->max_playouts + MM_FADE_OUTS +
			       MM_BRIDGE_MAX_LANES;
#define RESERVE(array, count) \
	mm_pages_reserve(pages, count, sizeof(*bridge->array))
	size_t seats = RESERVE(seats, config->max_members);
	size_t candidates = RESERVE(candidates, config->max_members);
	size_t made = RESERVE(contributions, contributions);
	size_t frames = RESERVE(frames, contributions * MM_MAX_FRAME_SAMPLES);
	size_t cells = RESERVE(hears.cells, MM_HEARS_MAX);
	size_t fade_outs = RESERVE(fade_outs, MM_FADE_OUTS);
	size_t playouts = RESERVE(playouts, config->max_playouts);
#undef RESERVE
	int rc = mm_pages_open(pages);

	if (rc < 0)
		return rc;
	bridge->seats = (struct mm_seat *)(pages->start + seats);
	bridge->candidates = (struct mm_candidate *)(pages->start + candidates);
	bridge->contributions = (struct mm_contribution *)(pages->start + made);
	bridge->frames = (int16_t *)(pages->start + frames);
	bridge->hears.cells = (struct mm_hears_cell *)(pages->start + cells);
	bridge->fade_outs = (struct mm_fade_out *)(pages->start + fade_outs);
	bridge->playouts = (struct mm_bridge_playout *)(pages->start + playouts);
	return 0;
}

int mm_bridge_open(struct mm_bridge **bridge,
		   const struct mm_bridge_config *config,
		   const struct mm_libraries *libraries,
		   struct mm_counters *counters)
{
	struct mm_bridge *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return -ENOMEM;
	opened->config = *config;
	opened->libraries = libraries;
	opened->counters = counters;
	/* An encoder's last tick is 0 until it runs; starting at 2, "ran in
	 * the last tick" is false for it. */
	opened->tick = 2;
	opened->sample_rate_hz = LOWEST_RATE_HZ;
	opened->frame_samples =
		mm_frame_samples(LOWEST_RATE_HZ, config->ptime_ms);
	int rc = mm_talkers_init(&opened->talkers, config->max_talkers,
				 config->ptime_ms);

	if (config->max_members == 0 || config->max_playouts == 0 ||
	    config->ptime_ms > MM_TICK_MS)
		rc = -EINVAL;
	if (rc == 0)
		rc = open_arrays(opened);
	for (size_t i = 0; rc == 0 && i < MM_SHARED_CLASSES; i++)
		rc = mm_mix_class_init(&opened->classes[i], LOWEST_RATE_HZ,
				       opened->frame_samples);
	if (rc < 0) {
		mm_bridge_close(opened);
		return rc;
	}
	*bridge = opened;
	return 0;
}

void mm_bridge_close(struct mm_bridge *bridge)
{
	if (!bridge)
		return;
	for (size_t i = 0; i < bridge->nencoders; i++)
		mm_shared_encoder_close(bridge->encoders[i]);
	mm_pages_close(&bridge->pages);
	free(bridge);
}

static struct mm_shared_encoder *
encoder_of(const struct mm_bridge *bridge, const struct mm_codec_format *format)
{
	for (size_t i = 0; i < bridge->nencoders; i++) {
		if (mm_codec_same_encoding(&bridge->encoders[i]->format,
					   format))
			return bridge->encoders[i];
	}
	return NULL;
}

int mm_bridge_add_encoder(struct mm_bridge *bridge,
			  struct mm_shared_encoder *encoder)
{
	if (encoder_of(bridge, &encoder->format))
		return -EEXIST;
	if (bridge->nencoders == MM_BRIDGE_MAX_FORMATS)
		return -ENOSPC;
	bridge->encoders[bridge->nencoders++] = encoder;
	return 0;
}

int mm_bridge_join(struct mm_bridge *bridge, struct mm_member *member)
{
	struct mm_shared_encoder *shared =
		encoder_of(bridge, &member->tx_format);
	uint32_t index = (uint32_t)bridge->nseats;
	struct mm_seat *seat = &bridge->seats[index];

	if (member->state->seat_index != MM_NO_SEAT)
		return -EALREADY;
	if (index == bridge->config.max_members)
		return -ENOSPC;
	if (!shared && !member->ghost)
		return -ENOENT;
	*seat = (struct mm_seat){
		.source = member->source,
		.member = member,
		.shared = shared,
		.contribution = MM_NO_CONTRIBUTION,
		.exception = MM_HEARS_NONE,
		.tx_state = MM_TX_FRESH,
	};
	mm_spurt_init(&seat->spurt, bridge->config.ptime_ms);
	bridge->candidates[index] = (struct mm_candidate){
		.level_dbov = MM_SILENCE_DBOV,
		.eligible = member->source != NULL,
		.apart = member->ghost,
		.choice = MM_CHOICE_UNHEARD,
	};
	member->tx_payload = NULL;
	member->tx_bytes = 0;
	member->talking = false;
	member->talking_changed = false;
	member->state->seat_index = index;
	member->state->gain_q8 = MM_GAIN_UNITY_Q8;
	member->state->gain_now_q8 = MM_GAIN_UNITY_Q8;
	member->state->muted = false;
	member->state->levelled = false;
	member->state->lane_in.last_samples = 0;
	bridge->nseats++;
	mm_bridge_raise_rate(bridge, member->tx_format.sample_rate_hz);
	if (member->source)
		mm_bridge_raise_rate(bridge, member->source->sample_rate_hz);
	return 0;
}

static void fade_out_member(struct mm_bridge *bridge,
			const struct mm_member *member)
{
	const struct mm_seat *seat = &bridge->seats[member->state->seat_index];
	const int16_t *pcm;

	/* The last samples are faded out for everyone: a member with
	 * exceptions has none faded out. */
	if (seat->contribution < 0 ||
	    mm_hears_excepts(&bridge->hears, member))
		return;
	pcm = bridge->contributions[seat->contribution].pcm;
	if (pcm)
		mm_bridge_fade_out(bridge, member->port_id, pcm);
}

void mm_bridge_leave(struct mm_bridge *bridge, struct mm_member *member)
{
	uint32_t index = member->state->seat_index;
	size_t last = bridge->nseats - 1;

	if (index == MM_NO_SEAT)
		return;
	for (size_t i = 0; i < bridge->nplayouts; i++) {
		if (bridge->playouts[i].only == member)
			bridge->playouts[i].playout = NULL;
	}
	fade_out_member(bridge, member);
	mm_hears_forget(&bridge->hears, member);
	bridge->seats[index] = bridge->seats[last];
	bridge->candidates[index] = bridge->candidates[last];
	bridge->seats[index].member->state->seat_index = index;
	bridge->nseats = last;
	member->state->seat_index = MM_NO_SEAT;
	member->tx_payload = NULL;
	member->tx_bytes = 0;
}

/* Gain or mute has changed. A member that was not heard has no gain to start a
 * ramp from. */
static void update_gain(struct mm_bridge *bridge, struct mm_member *member)
{
	struct mm_candidate *candidate =
		&bridge->candidates[member->state->seat_index];
	int32_t gain_q8 = mm_member_gain(member->state);

	candidate->eligible = member->source != NULL && gain_q8 > 0;
	if (gain_q8 == 0 && !mm_candidate_heard(candidate))
		member->state->gain_now_q8 = 0;
}

void mm_bridge_set_gain(struct mm_bridge *bridge, struct mm_member *member,
			int32_t gain_q8)
{
	if (member->state->seat_index == MM_NO_SEAT)
		return;
	member->state->gain_q8 = gain_q8 > 0 ? gain_q8 : 0;
	update_gain(bridge, member);
}

void mm_bridge_set_muted(struct mm_bridge *bridge, struct mm_member *member,
			 bool muted)
{
	if (member->state->seat_index == MM_NO_SEAT)
		return;
	member->state->muted = muted;
	update_gain(bridge, member);
}

void mm_bridge_set_levelled(struct mm_bridge *bridge, struct mm_member *member,
			    bool levelled)
{
	struct mm_member_state *state = member->state;

	if (state->seat_index == MM_NO_SEAT)
		return;
	if (levelled && !state->levelled)
		mm_leveller_init(&state->leveller, bridge->sample_rate_hz);
	state->levelled = levelled;
}

void mm_bridge_set_deafened(struct mm_bridge *bridge, struct mm_member *member,
			    bool deafened)
{
	if (member->state->seat_index == MM_NO_SEAT)
		return;
	struct mm_seat *seat = &bridge->seats[member->state->seat_index];

	seat->deafened = deafened;
	/* Deafened from the start: there is nothing to fade out. */
	if (seat->tx_state == MM_TX_FRESH)
		seat->was_deafened = deafened;
}

void mm_bridge_set_hears_itself(struct mm_bridge *bridge,
				struct mm_member *member, bool on)
{
	if (member->state->seat_index != MM_NO_SEAT)
		bridge->seats[member->state->seat_index].hears_itself = on;
}

int mm_bridge_set_hears(struct mm_bridge *bridge, struct mm_member *listener,
			struct mm_member *speaker, int32_t gain_q8)
{
	uint32_t hearing = listener->state->seat_index;
	uint32_t speaking = speaker->state->seat_index;

	if (hearing == MM_NO_SEAT || speaking == MM_NO_SEAT)
		return -ENOENT;
	if (listener == speaker)
		return -EINVAL;
	bool heard = bridge->seats[hearing].tx_state != MM_TX_FRESH &&
		     mm_candidate_heard(&bridge->candidates[speaking]);

	return mm_hears_set(&bridge->hears, listener, speaker, gain_q8, heard);
}

int mm_bridge_add_tap(struct mm_bridge *bridge, struct mm_tap *tap)
{
	if (bridge->ntaps == MM_BRIDGE_MAX_TAPS)
		return -ENOSPC;
	mm_tap_switch(tap, bridge->sample_rate_hz, bridge->config.ptime_ms);
	bridge->taps[bridge->ntaps++] = tap;
	return 0;
}

void mm_bridge_remove_tap(struct mm_bridge *bridge, struct mm_tap *tap)
{
	for (size_t i = 0; i < bridge->ntaps; i++) {
		if (bridge->taps[i] == tap) {
			bridge->taps[i] = bridge->taps[--bridge->ntaps];
			return;
		}
	}
}

void mm_bridge_add_forward(struct mm_bridge *bridge, struct mm_forward *forward)
{
	if (bridge->nforwards < MM_BRIDGE_MAX_FORWARDS)
		bridge->forwards[bridge->nforwards++] = forward;
}

void mm_bridge_remove_forward(struct mm_bridge *bridge,
			      struct mm_forward *forward)
{
	for (size_t i = 0; i < bridge->nforwards; i++) {
		if (bridge->forwards[i] == forward) {
			bridge->forwards[i] =
				bridge->forwards[--bridge->nforwards];
			return;
		}
	}
}

int mm_bridge_add_playout(struct mm_bridge *bridge, struct mm_playout *playout,
			  struct mm_member *only)
{
	if (only && only->state->seat_index == MM_NO_SEAT)
		return -ENOENT;
	size_t i = 0;

	while (i < bridge->nplayouts && bridge->playouts[i].playout)
		i++;
	if (i == bridge->config.max_playouts)
		return -ENOSPC;
	if (i == bridge->nplayouts)
		bridge->nplayouts++;
	struct mm_bridge_playout *slot = &bridge->playouts[i];

	slot->playout = playout;
	slot->only = only;
	slot->pcm = NULL;
	slot->lane_in.resampler.from_hz = 0; /* starts from an empty history */
	slot->lane_in.last_samples = 0;
	return 0;
}

void mm_bridge_remove_playout(struct mm_bridge *bridge,
			      struct mm_playout *playout)
{
	for (size_t i = 0; i < bridge->nplayouts; i++) {
		struct mm_bridge_playout *slot = &bridge->playouts[i];

		if (slot->playout != playout)
			continue;
		if (slot->pcm && !slot->only)
			mm_bridge_fade_out(bridge, MM_TAP_PLAYOUT + (uint32_t)i,
				       slot->pcm);
		slot->playout = NULL;
	}
	while (bridge->nplayouts &&
	       !bridge->playouts[bridge->nplayouts - 1].playout)
		bridge->nplayouts--;
}

static void feed_tap(const struct mm_bridge *bridge, struct mm_tap *tap,
		     uint32_t skipped)
{
	mm_tap_begin(tap, skipped);
	for (size_t i = 0; i < bridge->ncontributions; i++)
		mm_tap_stem(tap, bridge->contributions[i].port_id,
			    bridge->contributions[i].pcm);
	bridge->counters->tap_overrun += mm_tap_end(tap);
}

static void feed_forwards(const struct mm_bridge *bridge, uint32_t skipped)
{
	struct mm_forward *const *forwards = bridge->forwards;

	for (size_t i = 0; i < bridge->nforwards; i++)
		forwards[i]->ops->begin(forwards[i], bridge->sample_rate_hz,
					skipped);
	for (size_t i = 0; i < bridge->ncontributions; i++) {
		const struct mm_contribution *what = &bridge->contributions[i];

		for (size_t j = 0; j < bridge->nforwards; j++)
			forwards[j]->ops->carry(forwards[j], what->port_id,
						what->pcm);
	}
	for (size_t i = 0; i < bridge->nforwards; i++)
		forwards[i]->ops->end(forwards[i]);
}

void mm_bridge_set_shed(struct mm_bridge *bridge, enum mm_shed shed)
{
	bridge->shed = shed;
}

void mm_bridge_tick(struct mm_bridge *bridge, int64_t now_us, uint32_t skipped)
{
	bridge->skipped = skipped;
	mm_bridge_peek(bridge, now_us);
	mm_bridge_follow_rate(bridge);
	mm_bridge_gather(bridge);
	mm_bridge_serve(bridge);
	for (size_t i = 0; i < bridge->ntaps; i++)
		feed_tap(bridge, bridge->taps[i], skipped);
	if (bridge->nforwards)
		feed_forwards(bridge, skipped);
	bridge->tick++;
}

uint32_t mm_bridge_sample_rate_hz(const struct mm_bridge *bridge)
{
	return bridge->sample_rate_hz;
}
