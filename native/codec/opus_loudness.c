/* opus_loudness.c -- reads activity, gains and band energies of Opus packets.
 *
 * The tables are those of RFC 6716 (sections named beside them).
 */
#include "codec/opus_loudness.h"

#include <math.h>
#include <string.h>

#include "codec/opus_packet.h"
#include "codec/range_decoder.h"

#define SUBFRAMES 4                   /* of a SILK frame of 20 ms            */
#define GAIN_STEPS 64
#define GAIN_STEP_DB (86.0f / 63.0f)  /* 4.2.7.4: 2 to 88 dB                 */
#define LEAST_GAIN_DB 2.0f
#define DB_PER_DOUBLED_POWER 3.0103f
/* Prediction and its leak between bands, frames of 20 ms (4.3.2.1). */
#define CELT_PREDICTION 0.5f
#define CELT_LEAK (1.0f - 6554.0f / 32768.0f)
#define CELT_INTRA_LEAK (1.0f - 4915.0f / 32768.0f)
#define CELT_LEAST_BAND (-9.0f)
#define CELT_SILENT_BAND (-28.0f)
#define CELT_SETTLED_FRAMES 10        /* what was before counts 1/1000       */

static const uint8_t gain_high[3][8] = {      /* table 11 */
	{ 224, 112, 44, 15, 3, 2, 1, 0 },
	{ 254, 237, 192, 132, 70, 23, 4, 0 },
	{ 255, 252, 226, 155, 61, 11, 2, 0 },
};
static const uint8_t gain_low[8] = {          /* table 12 */
	224, 192, 160, 128, 96, 64, 32, 0,
};
static const uint8_t gain_delta[41] = {       /* table 13 */
	250, 245, 234, 203, 71, 50, 42, 38, 35, 33, 31, 29, 28, 27,
	26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
	12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
};
static const uint8_t type_inactive[2] = { 230, 0 };   /* table 9 */

/* Probability of 0 and decay of each band, 20 ms, inter and intra (4.3.2.1). */
static const uint8_t band_model[2][2 * MM_OPUS_BANDS] = {
	{ 42, 121, 96, 66, 108, 43, 111, 40, 117, 44, 123, 32, 120, 36,
	  119, 33, 127, 33, 134, 34, 139, 21, 147, 23, 152, 20, 158, 25,
	  154, 26, 166, 21, 173, 16, 184, 13, 184, 10, 150, 13, 139, 15 },
	{ 22, 178, 63, 114, 74, 82, 84, 83, 92, 82, 103, 62, 96, 72,
	  96, 67, 101, 73, 107, 72, 113, 55, 118, 52, 125, 52, 118, 52,
	  117, 55, 135, 49, 137, 39, 157, 32, 145, 29, 97, 33, 77, 40 },
};
static const uint8_t few_bits[3] = { 2, 1, 0 };
/* The bands' mean energies (log2 of amplitude, 4.3.2.1) plus half of the
 * de-emphasis' power there (1 / |1 - 0.85 z^-1|^2, log2, 4.3.7.2). */
static const float band_offset[MM_OPUS_BANDS] = {
	9.17f, 8.94f, 8.38f, 7.85f, 7.50f, 7.13f, 6.71f, 6.46f, 6.80f, 6.41f,
	6.09f, 5.80f, 6.01f, 5.50f, 4.97f, 4.93f, 4.58f, 4.61f, 4.48f, 3.91f,
	2.99f,
};

void mm_opus_loudness_restart(struct mm_opus_loudness *loudness)
{
	memset(loudness, 0, sizeof(*loudness));
}

static int clamp_gain(int gain)
{
	if (gain < 0)
		return 0;
	return gain < GAIN_STEPS ? gain : GAIN_STEPS - 1;
}

/* The highest gain of an inactive frame without LBRR (4.2.7.3, 4.2.7.4). */
static float inactive_gain_db(struct mm_range_decoder *decoder)
{
	int gain, highest;

	(void)mm_range_symbol(decoder, type_inactive, 8);
	gain = (int)mm_range_symbol(decoder, gain_high[0], 8) << 3;
	gain |= (int)mm_range_symbol(decoder, gain_low, 8);
	highest = gain;
	for (int i = 1; i < SUBFRAMES; i++) {
		int delta = (int)mm_range_symbol(decoder, gain_delta, 8);
		int coarse = 2 * delta - 16;
		int fine = gain + delta - 4;

		gain = clamp_gain(coarse > fine ? coarse : fine);
		highest = gain > highest ? gain : highest;
	}
	return LEAST_GAIN_DB + GAIN_STEP_DB * (float)highest;
}

static void read_silk(const uint8_t *frame, size_t size,
		      struct mm_opus_reading *reading)
{
	struct mm_range_decoder decoder;
	bool voice, repeats;

	mm_range_init(&decoder, frame, size);
	voice = mm_range_bit(&decoder, 1);
	repeats = mm_range_bit(&decoder, 1);
	/* What repeats (LBRR) precedes the gains, and is of a frame with voice. */
	reading->active = voice || repeats;
	if (!reading->active)
		reading->db = inactive_gain_db(&decoder);
}

/* Whether the post-filter is in use: the sound is periodic, as a voice is
 * (4.3.7.1), and its level is not that of the bands alone. */
static bool post_filter(struct mm_range_decoder *decoder, uint32_t budget)
{
	if (mm_range_used(decoder) + 16 > budget || !mm_range_bit(decoder, 1))
		return false;
	mm_range_skip_raw(decoder, 4 + mm_range_uniform(decoder, 6));
	mm_range_skip_raw(decoder, 3);
	if (mm_range_used(decoder) + 2 <= budget)
		(void)mm_range_symbol(decoder, few_bits, 2);
	return true;
}

static bool rare_bit(struct mm_range_decoder *decoder, uint32_t budget)
{
	return mm_range_used(decoder) + 3 <= budget && mm_range_bit(decoder, 3);
}

/* How much a band's energy differs from its prediction, in steps of 6 dB. */
static int band_error(struct mm_range_decoder *decoder, const uint8_t *model,
		      uint32_t budget)
{
	uint32_t used = mm_range_used(decoder);

	if (used + 15 <= budget)
		return mm_range_laplace(decoder, (unsigned)model[0] << 7,
					(unsigned)model[1] << 6);
	if (used + 2 <= budget) {
		int coded = (int)mm_range_symbol(decoder, few_bits, 2);

		return (coded >> 1) ^ -(coded & 1);
	}
	if (used + 1 <= budget)
		return -(int)mm_range_bit(decoder, 1);
	return -1;
}

static size_t bands_of(uint8_t toc)
{
	static const uint8_t ends[4] = { 13, 17, 19, MM_OPUS_BANDS };

	return ends[(toc >> 5) & 3];
}

static void read_bands(struct mm_opus_loudness *loudness,
		       struct mm_range_decoder *decoder, size_t nbands,
		       uint32_t budget)
{
	bool intra = rare_bit(decoder, budget);
	float prediction = intra ? 0.0f : CELT_PREDICTION;
	float leak = intra ? CELT_INTRA_LEAK : CELT_LEAK;
	float below = 0.0f;

	for (size_t i = 0; i < nbands; i++) {
		float *band = &loudness->bands[i];
		float error = (float)band_error(
			decoder, &band_model[intra][2 * i], budget);

		*band = fmaxf(*band, CELT_LEAST_BAND) * prediction + below +
			error;
		below += leak * error;
	}
}

static float bands_db(const struct mm_opus_loudness *loudness, size_t nbands)
{
	float power = 0.0f;

	for (size_t i = 0; i < nbands; i++)
		power += exp2f(2.0f * (loudness->bands[i] + band_offset[i]));
	return DB_PER_DOUBLED_POWER * log2f(power);
}

static void read_celt(struct mm_opus_loudness *loudness, uint8_t toc,
		      const uint8_t *frame, size_t size,
		      struct mm_opus_reading *reading)
{
	uint32_t budget = 8 * (uint32_t)size;
	struct mm_range_decoder decoder;
	size_t nbands = bands_of(toc);

	mm_range_init(&decoder, frame, size);
	if (mm_range_bit(&decoder, 15)) {
		/* Silence; the bands count as empty in the next frame. */
		mm_opus_loudness_restart(loudness);
		for (size_t i = 0; i < MM_OPUS_BANDS; i++)
			loudness->bands[i] = CELT_SILENT_BAND;
		loudness->nframes = CELT_SETTLED_FRAMES;
		reading->silent = true;
		return;
	}
	reading->active = post_filter(&decoder, budget);
	(void)rare_bit(&decoder, budget);       /* transient */
	read_bands(loudness, &decoder, nbands, budget);
	loudness->nframes++;
	reading->settled = loudness->nframes > CELT_SETTLED_FRAMES;
	reading->db = bands_db(loudness, nbands);
}

bool mm_opus_loudness_read(struct mm_opus_loudness *loudness,
			   const uint8_t *packet, size_t size,
			   struct mm_opus_reading *reading)
{
	struct mm_opus_frame frame;

	*reading = (struct mm_opus_reading){ .settled = true,
					     .db = MM_OPUS_NOTHING_DB };
	if (!mm_opus_packet_single(packet, size, &frame)) {
		mm_opus_loudness_restart(loudness);
		return false;
	}
	reading->mode = frame.celt     ? MM_OPUS_CELT
			: frame.hybrid ? MM_OPUS_HYBRID
				       : MM_OPUS_SILK;
	if (frame.size < 2)
		return true;
	if (frame.celt)
		read_celt(loudness, packet[0], frame.bytes, frame.size, reading);
	else
		read_silk(frame.bytes, frame.size, reading);
	return true;
}
