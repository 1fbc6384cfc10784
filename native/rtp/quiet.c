/* quiet.c -- which Opus packets are known to be quiet before they are decoded. */
#include "rtp/quiet.h"

#include <string.h>

#include "mix/bridge.h"

/* libopus sends that many inactive packets before DTX, too: 200 ms. */
#define RINGING_PACKETS 10
/* Steady noise varies by about 1 dB from packet to packet. */
#define TOLERANCE_DB 1.5f
/* Below the gate by more than the tolerance. */
#define QUIET_DBOV (MM_GATE_DBOV + 3)
#define FADE_DB 0.02f                 /* a packet: 1 dB a second            */

void mm_quiet_restart(struct mm_quiet *quiet)
{
	memset(quiet, 0, sizeof(*quiet));
}

void mm_quiet_gap(struct mm_quiet *quiet)
{
	mm_opus_loudness_restart(&quiet->loudness);
}

static bool follow(struct mm_quiet *quiet, const struct mm_opus_reading *reading)
{
	bool was_silent = quiet->silent;

	if (reading->mode != quiet->mode)
		quiet->learnt = false;
	quiet->mode = reading->mode;
	quiet->inactive = reading->active ? 0 : quiet->inactive + 1;
	quiet->silent = reading->silent;
	quiet->loudest_db -= FADE_DB;
	return was_silent && reading->silent;
}

struct mm_quiet_verdict mm_quiet_judge(struct mm_quiet *quiet,
				       const uint8_t *packet, size_t size)
{
	struct mm_quiet_verdict verdict = { .level_dbov = MM_QUIET_UNKNOWN_DBOV };
	struct mm_opus_reading reading;

	if (!mm_opus_loudness_read(&quiet->loudness, packet, size, &reading)) {
		quiet->inactive = 0;
		return verdict;
	}
	if (follow(quiet, &reading)) {
		verdict.level_dbov = MM_SILENCE_DBOV;
		return verdict;
	}
	verdict.teaches = !reading.silent && reading.settled &&
			  quiet->inactive > RINGING_PACKETS;
	verdict.db = reading.db;
	if (verdict.teaches && quiet->learnt &&
	    reading.db <= quiet->loudest_db + TOLERANCE_DB)
		verdict.level_dbov = quiet->level_dbov;
	return verdict;
}

void mm_quiet_learn(struct mm_quiet *quiet,
		    const struct mm_quiet_verdict *verdict, uint8_t level_dbov)
{
	bool known = quiet->learnt &&
		     verdict->db <= quiet->loudest_db + TOLERANCE_DB;

	if (!verdict->teaches)
		return;
	if (level_dbov >= QUIET_DBOV) {
		if (!quiet->learnt || verdict->db > quiet->loudest_db)
			quiet->loudest_db = verdict->db;
		quiet->learnt = true;
		quiet->level_dbov = level_dbov;
	} else if (known) {
		quiet->learnt = false;
	}
}
