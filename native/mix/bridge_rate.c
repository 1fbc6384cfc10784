/* bridge_rate.c -- the rate at which a bridge mixes: the highest that any
 * member sends or receives.
 *
 * A change resets every filter and limiter. To avoid a gap, the last tick's
 * frames are run through all of them first. What remains is that filters delay
 * differently, a step of some milliseconds in the signal, where every lane
 * crossfades from the end of its old output.
 */
#include "mix/bridge_state.h"
#include "mix/tap_feed.h"

/* The rate is lowered only after no member needed it for this long: a
 * participant that drops out and dials again, or a codec renegotiated twice,
 * must not cost the others two switches. */
#define RATE_HOLD_MS 5000

static void switch_rate(struct mm_bridge *bridge, uint32_t sample_rate_hz)
{
	bridge->sample_rate_hz = sample_rate_hz;
	bridge->unneeded_ticks = 0;
	bridge->frame_samples =
		mm_frame_samples(sample_rate_hz, bridge->config.ptime_ms);
	mm_bridge_replay(bridge);
	mm_bridge_warm(bridge);
	for (size_t i = 0; i < bridge->ntaps; i++) {
		mm_tap_switch(bridge->taps[i], sample_rate_hz,
			      bridge->config.ptime_ms);
		for (size_t j = 0; j < bridge->ncontributions; j++)
			mm_tap_warm(bridge->taps[i],
				    bridge->contributions[j].port_id,
				    bridge->contributions[j].pcm);
	}
}

void mm_bridge_raise_rate(struct mm_bridge *bridge, uint32_t sample_rate_hz)
{
	if (mm_is_rate(sample_rate_hz) && sample_rate_hz > bridge->sample_rate_hz)
		switch_rate(bridge, sample_rate_hz);
}

void mm_bridge_follow_rate(struct mm_bridge *bridge)
{
	uint32_t hold_ticks = RATE_HOLD_MS / bridge->config.ptime_ms;

	mm_bridge_raise_rate(bridge, bridge->needed_hz);
	if (!mm_is_rate(bridge->needed_hz) ||
	    bridge->needed_hz == bridge->sample_rate_hz)
		bridge->unneeded_ticks = 0;
	else if (++bridge->unneeded_ticks > hold_ticks)
		switch_rate(bridge, bridge->needed_hz);
}
