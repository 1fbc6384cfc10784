/* bridge_rx.c -- from sources to contributions and their sum. */
#include <string.h>

#include "mix/bridge_state.h"
#include "mix/mix.h"
#include "mix/playout_source.h"

/* 2.5 ms: long enough to avoid a click, short enough to keep every
 * consonant. */
#define FADES_PER_SECOND 400

/* Those of a small bridge; a tick of a large one prefetches as it goes. */
#define PREFETCHED_SEATS 4

static const int16_t silence[MM_MAX_FRAME_SAMPLES];

static uint32_t highest(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Prefetch what the next seats will need: first the pointers, then what they
 * point to. */
static void prepare_next(const struct mm_bridge *bridge, size_t at)
{
	const struct mm_seat *seats = bridge->seats;
	const struct mm_source *source;

	if (at + 2 < bridge->nseats) {
		__builtin_prefetch(seats[at + 2].source);
		__builtin_prefetch(seats[at + 2].member, 1);
	}
	if (at + 1 < PREFETCHED_SEATS || at + 1 >= bridge->nseats)
		return;
	source = seats[at + 1].source;
	if (source && source->ops->prepare)
		source->ops->prepare(source);
}

void mm_bridge_prefetch_seats(const struct mm_bridge *bridge)
{
	size_t nseats = bridge->nseats < PREFETCHED_SEATS ? bridge->nseats :
							    PREFETCHED_SEATS;

	mm_prefetch(bridge->seats, nseats * sizeof(*bridge->seats));
	mm_prefetch(bridge->candidates, nseats * sizeof(*bridge->candidates));
	mm_prefetch(bridge->contributions, MM_CACHE_LINE_BYTES);
}

void mm_bridge_prefetch_members(const struct mm_bridge *bridge)
{
	for (size_t i = 0; i < bridge->nseats && i < PREFETCHED_SEATS; i++) {
		const struct mm_seat *seat = &bridge->seats[i];

		mm_prefetch(seat->member, sizeof(*seat->member));
		mm_prefetch(seat->source, MM_CACHE_LINE_BYTES);
	}
}

void mm_bridge_prefetch_sources(const struct mm_bridge *bridge)
{
	for (size_t i = 0; i < bridge->nseats && i < PREFETCHED_SEATS; i++) {
		const struct mm_source *source = bridge->seats[i].source;

		if (source && source->ops->prepare)
			source->ops->prepare(source);
	}
}

static void choose_talkers(struct mm_bridge *bridge)
{
	struct mm_talkers talkers = bridge->talkers;

	if (bridge->shed >= MM_SHED_TALKERS &&
	    (!talkers.max_talkers || talkers.max_talkers > MM_SHED_MAX_TALKERS))
		talkers.max_talkers = MM_SHED_MAX_TALKERS;
	mm_talkers_choose(&talkers, bridge->candidates, bridge->nseats);
}

/* At most MM_BRIDGE_MAX_LANES are heard; there are no places for more. */
static void admit_ghost(struct mm_bridge *bridge, const struct mm_member *member,
			struct mm_candidate *candidate, size_t *nlanes)
{
	candidate->eligible = member->present && *nlanes < MM_BRIDGE_MAX_LANES;
	*nlanes += candidate->eligible;
	bridge->counters->trunk_crowded += member->present &&
					   !candidate->eligible;
}

void mm_bridge_peek(struct mm_bridge *bridge, int64_t now_us)
{
	uint32_t needed_hz = 0;
	size_t nlanes = 0;

	for (size_t i = 0; i < bridge->nseats; i++) {
		struct mm_seat *seat = &bridge->seats[i];
		struct mm_candidate *candidate = &bridge->candidates[i];
		struct mm_member *member = seat->member;
		struct mm_source *source = seat->source;
		uint8_t level = MM_SILENCE_DBOV;

		prepare_next(bridge, i);
		if (source) {
			level = source->ops->peek(source, now_us);
			needed_hz = highest(needed_hz, source->sample_rate_hz);
		}
		needed_hz = highest(needed_hz,
				    member->tx_format.sample_rate_hz);
		if (member->ghost)
			admit_ghost(bridge, member, candidate, &nlanes);
		candidate->level_dbov = level;
		member->level_dbov = level;
		member->talking_changed = mm_spurt_observe(
			&seat->spurt,
			candidate->eligible ? level : MM_SILENCE_DBOV);
		member->talking = seat->spurt.talking;
	}
	for (size_t i = 0; i < bridge->nplayouts; i++) {
		struct mm_playout *playout = bridge->playouts[i].playout;

		if (!playout)
			continue;
		struct mm_source *source = mm_playout_source(playout);

		source->ops->peek(source, now_us);
		needed_hz = highest(needed_hz, source->sample_rate_hz);
		if (mm_playout_underran(playout))
			bridge->counters->playout_underrun++;
	}
	bridge->needed_hz = needed_hz;
	choose_talkers(bridge);
}

static bool follow_source(const struct mm_bridge *bridge,
			  struct mm_resampler *resampler, uint32_t from_hz)
{
	return (resampler->from_hz == from_hz &&
		resampler->to_hz == bridge->sample_rate_hz) ||
	       mm_resampler_init(resampler, from_hz,
				 bridge->sample_rate_hz) == 0;
}

static void remember(struct mm_lane_in *lane_in, uint32_t from_hz,
		     const int16_t *pcm, size_t nsamples)
{
	lane_in->last_hz = from_hz;
	lane_in->last_samples = pcm ? nsamples : 0;
	if (pcm)
		memcpy(lane_in->last, pcm, nsamples * sizeof(*pcm));
}

/* A source's frame at the bridge's rate, in `frame` unless it needs no
 * resampling; NULL is silence. A source may change its rate at any time. */
static const int16_t *at_bridge_rate(const struct mm_bridge *bridge,
				     struct mm_lane_in *lane_in, uint32_t from_hz,
				     const int16_t *pcm, int16_t *frame)
{
	size_t nsamples = mm_frame_samples(from_hz, bridge->config.ptime_ms);

	remember(lane_in, from_hz, pcm, nsamples);
	if (from_hz == bridge->sample_rate_hz)
		return pcm;
	if (!follow_source(bridge, &lane_in->resampler, from_hz) ||
	    (!pcm && !mm_resampler_ringing(&lane_in->resampler)))
		return NULL;
	mm_resample(&lane_in->resampler, pcm ? pcm : silence, nsamples, frame);
	return frame;
}

/* Without talker selection the set changes only by mute and unmute, which
 * ramp; otherwise a talker's first and last frames are faded. */
static const int16_t *shape(const struct mm_bridge *bridge,
			    const struct mm_candidate *candidate,
			    struct mm_member_state *state, const int16_t *pcm,
			    int16_t *frame)
{
	size_t nsamples = bridge->frame_samples;
	size_t faded = bridge->sample_rate_hz / FADES_PER_SECOND;
	bool gated = bridge->config.max_talkers > 0;
	bool fades_in = gated && candidate->choice == MM_CHOICE_ADMITTED;
	int32_t to_q8 = mm_member_applied_gain(state);
	bool fades_out = gated && candidate->choice == MM_CHOICE_DROPPED &&
			 to_q8 != 0;
	int32_t from_q8 = fades_in ? to_q8 : state->gain_now_q8;

	state->gain_now_q8 = to_q8;
	if (!pcm || (from_q8 == MM_GAIN_UNITY_Q8 && to_q8 == from_q8 &&
		     !fades_in && !fades_out))
		return pcm;
	if (pcm != frame)
		memcpy(frame, pcm, nsamples * sizeof(*frame));
	mm_gain_ramp(frame, nsamples, from_q8, to_q8);
	if (fades_in)
		mm_gain_ramp(frame, faded, 0, MM_GAIN_UNITY_Q8);
	if (fades_out) {
		mm_gain_ramp(frame, faded, MM_GAIN_UNITY_Q8, 0);
		memset(frame + faded, 0, (nsamples - faded) * sizeof(*frame));
	}
	return frame;
}

static void contribute(struct mm_bridge *bridge, uint32_t port_id,
		       const int16_t *pcm)
{
	struct mm_contribution *contribution =
		&bridge->contributions[bridge->ncontributions++];

	contribution->port_id = port_id;
	contribution->pcm = pcm;
	if (pcm)
		mm_mix_add(bridge->sum, pcm, bridge->frame_samples);
}

static int16_t *next_frame(const struct mm_bridge *bridge)
{
	return bridge->frames + bridge->ncontributions * MM_MAX_FRAME_SAMPLES;
}

static void feed_taps(const struct mm_bridge *bridge,
		      const struct mm_member *member, const int16_t *pcm)
{
	if (member->tapped)
		mm_tapped_says(member->tapped, member->port_id, pcm,
			       bridge->sample_rate_hz, bridge->config.ptime_ms,
			       bridge->skipped);
}

/* No other member hears this one; only its own taps do. */
static void feed_own_taps(const struct mm_bridge *bridge, const struct mm_seat *seat)
{
	struct mm_lane_in *lane_in = &seat->member->state->lane_in;
	struct mm_source *source = seat->source;

	if (!source || seat->member->tapped->muted) {
		if (source)
			source->ops->skip(source);
		feed_taps(bridge, seat->member, NULL);
		return;
	}
	feed_taps(bridge, seat->member,
		  at_bridge_rate(bridge, lane_in, source->sample_rate_hz,
				 source->ops->pull(source),
				 next_frame(bridge)));
	lane_in->last_samples = 0;
}

static const int16_t *suppress(const struct mm_bridge *bridge,
			       const struct mm_candidate *candidate,
			       struct mm_suppressor *suppressor,
			       const int16_t *pcm, int16_t *frame)
{
	bool wanted = bridge->shed < MM_SHED_SUPPRESSION;

	if (candidate->choice == MM_CHOICE_ADMITTED)
		mm_suppressor_interrupt(suppressor);
	return mm_suppressor_run(suppressor, pcm, bridge->sample_rate_hz,
				 bridge->config.ptime_ms, wanted, frame);
}

static void level(const struct mm_bridge *bridge, const struct mm_seat *seat,
		  const struct mm_candidate *candidate, const int16_t *pcm)
{
	struct mm_leveller *leveller = &seat->member->state->leveller;

	if (candidate->choice == MM_CHOICE_ADMITTED)
		mm_leveller_interrupt(leveller);
	mm_leveller_run(leveller, pcm, bridge->sample_rate_hz,
			bridge->config.ptime_ms, seat->spurt.talking);
}

static void gather_member(struct mm_bridge *bridge, struct mm_seat *seat,
			  const struct mm_candidate *candidate)
{
	struct mm_member_state *state = seat->member->state;
	struct mm_source *source = seat->source;
	int16_t *frame = next_frame(bridge);
	const int16_t *pcm = source->ops->pull(source);

	/* The filter's history is older than the silence since. */
	if (candidate->choice == MM_CHOICE_ADMITTED && !seat->member->tapped)
		state->lane_in.resampler.from_hz = 0;
	pcm = at_bridge_rate(bridge, &state->lane_in, source->sample_rate_hz,
			     pcm, frame);
	feed_taps(bridge, seat->member, pcm);
	if (seat->member->suppressor)
		pcm = suppress(bridge, candidate, seat->member->suppressor, pcm,
			       frame);
	if (state->levelled)
		level(bridge, seat, candidate, pcm);
	if (candidate->choice == MM_CHOICE_DROPPED)
		state->lane_in.last_samples = 0;
	seat->contribution = (int32_t)bridge->ncontributions;
	contribute(bridge, seat->member->port_id,
		   shape(bridge, candidate, state, pcm, frame));
}

static void contribute_playout(struct mm_bridge *bridge, size_t index)
{
	struct mm_bridge_playout *slot = &bridge->playouts[index];

	if (!slot->pcm)
		return;
	if (slot->only)
		bridge->seats[slot->only->state->seat_index].playouts++;
	else
		contribute(bridge, MM_TAP_PLAYOUT + (uint32_t)index,
			   slot->pcm);
}

static void gather_playout(struct mm_bridge *bridge, size_t index)
{
	struct mm_bridge_playout *slot = &bridge->playouts[index];
	struct mm_source *source = mm_playout_source(slot->playout);

	slot->pcm = at_bridge_rate(bridge, &slot->lane_in,
				   source->sample_rate_hz,
				   source->ops->pull(source), slot->frame);
	contribute_playout(bridge, index);
}

void mm_bridge_fade_out(struct mm_bridge *bridge, uint32_t port_id,
		    const int16_t *pcm)
{
	size_t faded = bridge->sample_rate_hz / FADES_PER_SECOND;
	const int16_t *end = pcm + bridge->frame_samples;
	struct mm_fade_out *fade_out = &bridge->fade_outs[bridge->nfade_outs];

	if (bridge->config.max_talkers == 0 ||
	    bridge->nfade_outs == MM_FADE_OUTS)
		return;
	bridge->nfade_outs++;
	fade_out->port_id = port_id;
	memset(fade_out->pcm, 0, sizeof(fade_out->pcm));
	for (size_t i = 0; i < faded; i++)
		fade_out->pcm[i] = *--end;
	mm_gain_ramp(fade_out->pcm, faded, MM_GAIN_UNITY_Q8, 0);
}

static void begin_sum(struct mm_bridge *bridge)
{
	memset(bridge->sum, 0, bridge->frame_samples * sizeof(*bridge->sum));
	bridge->ncontributions = 0;
}

void mm_bridge_gather(struct mm_bridge *bridge)
{
	begin_sum(bridge);
	for (size_t i = 0; i < bridge->nseats; i++) {
		struct mm_seat *seat = &bridge->seats[i];
		const struct mm_candidate *candidate = &bridge->candidates[i];

		prepare_next(bridge, i);
		seat->contribution = MM_NO_CONTRIBUTION;
		seat->playouts = 0;
		if (candidate->choice != MM_CHOICE_UNHEARD)
			gather_member(bridge, seat, candidate);
		else if (seat->member->tapped)
			feed_own_taps(bridge, seat);
		else if (seat->source)
			seat->source->ops->skip(seat->source);
	}
	for (size_t i = 0; i < bridge->nplayouts; i++) {
		if (bridge->playouts[i].playout)
			gather_playout(bridge, i);
	}
	for (size_t i = 0; i < bridge->nfade_outs; i++)
		contribute(bridge, bridge->fade_outs[i].port_id,
			   bridge->fade_outs[i].pcm);
	bridge->nfade_outs = 0;
}

/* The last frame through a filter without history. */
static const int16_t *replay_frame(const struct mm_bridge *bridge,
				   struct mm_lane_in *lane_in, int16_t *frame)
{
	if (lane_in->last_samples == 0)
		return NULL;
	if (lane_in->last_hz == bridge->sample_rate_hz)
		return lane_in->last;
	if (mm_resampler_init(&lane_in->resampler, lane_in->last_hz,
			      bridge->sample_rate_hz) < 0)
		return NULL;
	mm_resample(&lane_in->resampler, lane_in->last, lane_in->last_samples,
		    frame);
	return frame;
}

static void replay_member(struct mm_bridge *bridge, struct mm_seat *seat)
{
	struct mm_member_state *state = seat->member->state;
	int16_t *frame = next_frame(bridge);
	const int16_t *pcm = replay_frame(bridge, &state->lane_in, frame);

	if (pcm && state->gain_now_q8 != MM_GAIN_UNITY_Q8) {
		memmove(frame, pcm, bridge->frame_samples * sizeof(*frame));
		mm_gain_ramp(frame, bridge->frame_samples, state->gain_now_q8,
			     state->gain_now_q8);
		pcm = frame;
	}
	seat->contribution = (int32_t)bridge->ncontributions;
	contribute(bridge, seat->member->port_id, pcm);
}

void mm_bridge_replay(struct mm_bridge *bridge)
{
	begin_sum(bridge);
	bridge->nfade_outs = 0; /* they were made at the old rate   */
	for (size_t i = 0; i < bridge->nseats; i++) {
		struct mm_seat *seat = &bridge->seats[i];

		seat->playouts = 0;
		if (seat->contribution >= 0)
			replay_member(bridge, seat);
	}
	for (size_t i = 0; i < bridge->nplayouts; i++) {
		struct mm_bridge_playout *slot = &bridge->playouts[i];

		if (!slot->playout)
			continue;
		slot->pcm = replay_frame(bridge, &slot->lane_in, slot->frame);
		contribute_playout(bridge, i);
	}
}
