/* member.c -- memory of a member. */
#include "mix/member.h"

#include <errno.h>
#include <stdlib.h>

#include "mix/mix.h"

int mm_member_open(struct mm_member *member, uint32_t port_id,
		   struct mm_source *source,
		   const struct mm_codec_format *tx_format, uint32_t ptime_ms,
		   const struct mm_libraries *libraries)
{
	size_t size = mm_encoder_size(tx_format, libraries);
	struct mm_member_state *state = calloc(1, sizeof(*state));
	int rc;

	*member = (struct mm_member){
		.port_id = port_id,
		.source = source,
		.tx_format = *tx_format,
		.receives = true,
		.level_dbov = MM_SILENCE_DBOV,
		.state = state,
	};
	if (!state)
		return -ENOMEM;
	state->encoder = calloc(1, size ? size : 1);
	rc = state->encoder ? mm_encoder_init(state->encoder, tx_format,
					      libraries)
			    : -ENOMEM;
	if (rc == 0)
		rc = mm_lane_init(&state->lane, tx_format->sample_rate_hz,
				  tx_format->sample_rate_hz);
	if (mm_frame_samples(tx_format->sample_rate_hz, ptime_ms) >
	    MM_MAX_FRAME_SAMPLES)
		rc = -EINVAL;
	if (rc < 0) {
		mm_member_close(member);
		return rc;
	}
	state->seat_index = MM_NO_SEAT;
	state->libraries = libraries;
	state->gain_q8 = MM_GAIN_UNITY_Q8;
	state->gain_now_q8 = MM_GAIN_UNITY_Q8;
	return 0;
}

void mm_member_close(struct mm_member *member)
{
	if (member->state)
		free(member->state->encoder);
	free(member->state);
	member->state = NULL;
}
