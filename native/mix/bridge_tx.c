/* bridge_tx.c -- from contributions to the payload that each member is
 * sent. */
#include <math.h>
#include <string.h>

#include "mix/bridge_state.h"
#include "mix/mix.h"

/* Limiters whose gains differ by less than this can be switched inaudibly. */
#define SAME_GAIN 0.01f

enum mix_need { NEED_ALL, NEED_SILENCE, NEED_OWN };

_Static_assert((int)NEED_ALL == (int)MM_CLASS_ALL &&
		       (int)NEED_SILENCE == (int)MM_CLASS_SILENCE,
	       "a need for a class is that class");

/* Link the exceptions whose speaker is heard to their listeners. */
static void link_exceptions(struct mm_bridge *bridge)
{
	struct mm_hears *hears = &bridge->hears;

	for (size_t i = 0; i < hears->count; i++) {
		struct mm_hears_cell *cell = &hears->cells[i];
		struct mm_seat *seats = bridge->seats;

		if (seats[cell->speaker->state->seat_index].contribution < 0)
			continue;
		struct mm_seat *listener = &seats[cell->listener->state->seat_index];

		cell->next = listener->exception;
		listener->exception = (int16_t)i;
	}
}

static void unlink_exceptions(struct mm_bridge *bridge)
{
	struct mm_hears *hears = &bridge->hears;

	for (size_t i = 0; i < hears->count; i++) {
		uint32_t seat = hears->cells[i].listener->state->seat_index;

		bridge->seats[seat].exception = MM_HEARS_NONE;
	}
}

static enum mix_need mix_need_of(const struct mm_seat *seat)
{
	if (seat->deafened != seat->was_deafened)
		return NEED_OWN; /* fading */
	if (seat->deafened && seat->playouts == 0)
		return NEED_SILENCE;
	if (seat->contribution >= 0 || seat->playouts > 0 ||
	    seat->exception != MM_HEARS_NONE)
		return NEED_OWN;
	return NEED_ALL;
}

static void attach(struct mm_seat *seat, uint8_t shared_class)
{
	seat->tx_state = MM_TX_SHARED;
	seat->tx_class = shared_class;
	seat->shared->outlets[shared_class].members++;
}

static void run_parallel(const struct mm_bridge *bridge, struct mm_seat *seat,
			 uint8_t shared_class)
{
	seat->tx_state = MM_TX_PARALLEL;
	seat->tx_class = shared_class;
	seat->parallel_ticks =
		(uint16_t)(MM_PARALLEL_MS / bridge->config.ptime_ms);
}

static void choose_from_fresh(struct mm_bridge *bridge, struct mm_seat *seat,
			 enum mix_need need)
{
	struct mm_shared_encoder *shared = seat->shared;
	struct mm_member_state *state = seat->member->state;

	if (need == NEED_OWN) {
		mm_encoder_init(state->encoder, &shared->format,
				shared->libraries);
		mm_limiter_init(&state->limiter, bridge->sample_rate_hz);
		mm_lane_init(&state->lane, bridge->sample_rate_hz,
			     shared->format.sample_rate_hz);
		seat->tx_state = MM_TX_PRIVATE;
		return;
	}
	struct mm_outlet *outlet = &shared->outlets[need];

	if (!mm_outlet_running(outlet, bridge->tick))
		mm_encoder_init(outlet->encoder, &shared->format,
				shared->libraries);
	attach(seat, (uint8_t)need);
}

static void choose_from_shared(struct mm_bridge *bridge, struct mm_seat *seat,
			  enum mix_need need)
{
	struct mm_shared_encoder *shared = seat->shared;
	struct mm_member_state *state = seat->member->state;
	uint8_t left = seat->tx_class;

	if ((uint8_t)need == left) {
		shared->outlets[left].members++;
		return;
	}
	mm_encoder_fork(state->encoder, shared->outlets[left].encoder);
	mm_mix_class_fork(&bridge->classes[left],
			  shared->format.sample_rate_hz, bridge->tick,
			  &state->limiter, &state->lane);
	bridge->counters->encoder_forks++;
	seat->tx_state = MM_TX_PRIVATE;
	if (need != NEED_OWN)
		run_parallel(bridge, seat, (uint8_t)need);
}

/* The private chain has been fed the same as the class for at least one tick.
 * The limiters' history is longer than that: it must agree as well. */
static void rejoin_shared(struct mm_bridge *bridge, struct mm_seat *seat)
{
	struct mm_member_state *state = seat->member->state;
	struct mm_outlet *outlet = &seat->shared->outlets[seat->tx_class];
	float gain = bridge->classes[seat->tx_class].limiter.gain;
	bool running = mm_outlet_running(outlet, bridge->tick);

	if (seat->parallel_ticks > 0)
		seat->parallel_ticks--;
	if ((running && seat->parallel_ticks > 0) ||
	    fabsf(state->limiter.gain - gain) > SAME_GAIN)
		return;
	if (!running)
		mm_encoder_fork(outlet->encoder, state->encoder);
	bridge->counters->encoder_rejoins++;
	attach(seat, seat->tx_class);
}

/* Decide which encoder serves a member in this tick. This runs before any
 * class, limiter or encoder does, so that a fork copies the state of the last
 * tick. */
static void choose_encoder(struct mm_bridge *bridge, struct mm_seat *seat)
{
	enum mix_need need = mix_need_of(seat);

	if (!seat->member->receives) {
		seat->tx_state = MM_TX_FRESH;
		return;
	}
	switch ((enum mm_tx_state)seat->tx_state) {
	case MM_TX_FRESH:
		choose_from_fresh(bridge, seat, need);
		return;
	case MM_TX_SHARED:
		choose_from_shared(bridge, seat, need);
		return;
	case MM_TX_PRIVATE:
		if (need != NEED_OWN)
			run_parallel(bridge, seat, (uint8_t)need);
		return;
	case MM_TX_PARALLEL:
		if (need == NEED_OWN)
			seat->tx_state = MM_TX_PRIVATE;
		else if ((uint8_t)need != seat->tx_class)
			run_parallel(bridge, seat, (uint8_t)need);
		else
			rejoin_shared(bridge, seat);
		return;
	}
}

static void run_outlet(struct mm_bridge *bridge,
		       struct mm_shared_encoder *shared, size_t shared_class)
{
	struct mm_outlet *outlet = &shared->outlets[shared_class];
	uint32_t rate_hz = shared->format.sample_rate_hz;
	const int16_t *pcm;

	if (outlet->members == 0)
		return;
	pcm = mm_mix_class_pcm(&bridge->classes[shared_class], rate_hz,
			       bridge->tick);
	mm_encoder_economise(outlet->encoder, bridge->shed >= MM_SHED_ENCODING);
	outlet->payload_bytes = mm_encode_counted(
		outlet->encoder, pcm,
		mm_frame_samples(rate_hz, bridge->config.ptime_ms),
		outlet->payload, bridge->counters);
	outlet->ran_tick = bridge->tick;
	if (outlet->payload_bytes > 0)
		bridge->counters->frames_shared += outlet->members - 1;
}

/* What this member alone hears of the others: the sum, less its own
 * contribution, with its exceptions applied. A member that hears itself is
 * alone on the bridge: an echo test. */
static void compose(struct mm_bridge *bridge, const struct mm_seat *seat)
{
	size_t nsamples = bridge->frame_samples;
	const int16_t *own = NULL;
	int32_t *mix = bridge->mix;

	if (seat->contribution >= 0)
		own = bridge->contributions[seat->contribution].pcm;
	if (own && !seat->hears_itself)
		mm_mix_minus(mix, bridge->sum, own, nsamples);
	else
		memcpy(mix, bridge->sum, nsamples * sizeof(*mix));
	for (int16_t at = seat->exception; at != MM_HEARS_NONE;
	     at = bridge->hears.cells[at].next) {
		const struct mm_hears_cell *cell = &bridge->hears.cells[at];
		uint32_t speaker = cell->speaker->state->seat_index;
		int32_t index = bridge->seats[speaker].contribution;

		if (bridge->contributions[index].pcm)
			mm_hears_apply(cell, mix,
				       bridge->contributions[index].pcm,
				       nsamples);
	}
}

/* What is played to this member alone: a prompt, or music instead of the
 * others. Deafening does not silence it. */
static void add_playouts(struct mm_bridge *bridge, const struct mm_seat *seat)
{
	for (size_t i = 0; seat->playouts && i < bridge->nplayouts; i++) {
		const struct mm_bridge_playout *slot = &bridge->playouts[i];

		if (slot->playout && slot->only == seat->member && slot->pcm)
			mm_mix_add(bridge->mix, slot->pcm,
				   bridge->frame_samples);
	}
}

static void serve_private(struct mm_bridge *bridge, struct mm_seat *seat)
{
	struct mm_member *member = seat->member;
	struct mm_member_state *state = member->state;
	size_t nsamples = bridge->frame_samples;
	size_t made;

	if (seat->deafened && seat->was_deafened) {
		memset(bridge->mix, 0, nsamples * sizeof(*bridge->mix));
	} else {
		compose(bridge, seat);
		if (seat->deafened != seat->was_deafened)
			mm_hears_fade(bridge->mix, nsamples,
				      seat->deafened ? MM_GAIN_UNITY_Q8 : 0,
				      seat->deafened ? 0 : MM_GAIN_UNITY_Q8);
	}
	add_playouts(bridge, seat);
	mm_limiter_run(&state->limiter, bridge->mix, bridge->limited,
		       nsamples);
	made = mm_lane_run(&state->lane, bridge->limited, nsamples,
			   bridge->resampled);
	mm_encoder_economise(state->encoder, bridge->shed >= MM_SHED_ENCODING);
	member->tx_bytes = mm_encode_counted(state->encoder, bridge->resampled,
					     made, state->payload,
					     bridge->counters);
	member->tx_payload = member->tx_bytes > 0 ? state->payload : NULL;
}

static void warm_private(struct mm_bridge *bridge, const struct mm_seat *seat)
{
	struct mm_member_state *state = seat->member->state;

	if (seat->was_deafened)
		memset(bridge->mix, 0, sizeof(bridge->mix));
	else
		compose(bridge, seat);
	add_playouts(bridge, seat);
	mm_limiter_init(&state->limiter, bridge->sample_rate_hz);
	mm_limiter_run(&state->limiter, bridge->mix, bridge->limited,
		       bridge->frame_samples);
	mm_lane_switch(&state->lane, bridge->sample_rate_hz, bridge->limited,
		       bridge->frame_samples);
}

void mm_bridge_warm(struct mm_bridge *bridge)
{
	static const int32_t nothing[MM_MAX_FRAME_SAMPLES];

	mm_mix_class_switch(&bridge->classes[MM_CLASS_ALL],
			    bridge->sample_rate_hz, bridge->sum,
			    bridge->frame_samples, bridge->tick);
	mm_mix_class_switch(&bridge->classes[MM_CLASS_SILENCE],
			    bridge->sample_rate_hz, nothing,
			    bridge->frame_samples, bridge->tick);
	link_exceptions(bridge);
	for (size_t i = 0; i < bridge->nseats; i++) {
		const struct mm_seat *seat = &bridge->seats[i];

		if (seat->tx_state == MM_TX_PRIVATE ||
		    seat->tx_state == MM_TX_PARALLEL)
			warm_private(bridge, seat);
	}
	unlink_exceptions(bridge);
}

/* After a member was served: its mix at the bridge's rate, NULL for
 * silence. */
static const int16_t *heard_by(struct mm_bridge *bridge,
			       const struct mm_seat *seat)
{
	switch ((enum mm_tx_state)seat->tx_state) {
	case MM_TX_FRESH:
		return NULL;
	case MM_TX_SHARED:
		return seat->tx_class == MM_CLASS_ALL ?
			mm_mix_class_pcm(&bridge->classes[MM_CLASS_ALL],
					 bridge->sample_rate_hz,
					 bridge->tick) : NULL;
	default:
		return bridge->limited;
	}
}

static void serve(struct mm_bridge *bridge, struct mm_seat *seat)
{
	struct mm_member *member = seat->member;

	if (seat->tx_state == MM_TX_SHARED) {
		const struct mm_outlet *outlet =
			&seat->shared->outlets[seat->tx_class];

		member->tx_bytes = outlet->payload_bytes;
		member->tx_payload =
			outlet->payload_bytes > 0 ? outlet->payload : NULL;
	} else if (seat->tx_state == MM_TX_FRESH) {
		member->tx_bytes = 0;
		member->tx_payload = NULL;
	} else {
		serve_private(bridge, seat);
	}
	if (member->tapped)
		bridge->counters->tap_overrun += mm_tapped_hears(
			member->tapped, heard_by(bridge, seat));
	seat->was_deafened = seat->deafened;
}

void mm_bridge_serve(struct mm_bridge *bridge)
{
	link_exceptions(bridge);
	for (size_t i = 0; i < bridge->nencoders; i++) {
		for (size_t j = 0; j < MM_SHARED_CLASSES; j++)
			bridge->encoders[i]->outlets[j].members = 0;
	}
	for (size_t i = 0; i < bridge->nseats; i++)
		choose_encoder(bridge, &bridge->seats[i]);
	mm_mix_class_run(&bridge->classes[MM_CLASS_ALL], bridge->sum,
			 bridge->tick);
	for (size_t i = 0; i < bridge->nencoders; i++) {
		for (size_t j = 0; j < MM_SHARED_CLASSES; j++)
			run_outlet(bridge, bridge->encoders[i], j);
	}
	for (size_t i = 0; i < bridge->nseats; i++)
		serve(bridge, &bridge->seats[i]);
	unlink_exceptions(bridge);
	mm_hears_advance(&bridge->hears);
}
