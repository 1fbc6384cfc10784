/* loudness.c -- K-weighting and gated loudness (ITU-R BS.1770-5, annex 1).
 *
 * The recommendation gives both filters' coefficients for 48 kHz. They are the
 * bilinear transforms of two analogue filters, whose parameters libebur128 and
 * EBU Tech 3341's tests use at other rates; at 48 kHz the results are equal.
 */
#include "dsp/loudness.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

#define SHELF_HZ 1681.974450955533
#define SHELF_DB 3.999843853973347
#define SHELF_Q 0.7071752369554196
#define SHELF_BAND_EXPONENT 0.4996667741545416
#define HIGH_PASS_HZ 38.13547087602444
#define HIGH_PASS_Q 0.5003270373238773

#define FULL_SCALE 32768.0
#define OFFSET_LUFS (-0.691f)         /* BS.1770-5 annex 1, equation (2)    */
#define RELATIVE_GATE 0.1f            /* -10 LU                             */
#define NEARLY_SILENT 1e-20           /* of a filter's state: no denormals  */

static double warped(double hz, uint32_t sample_rate_hz)
{
	return tan(PI * hz / sample_rate_hz);
}

static struct mm_biquad shelf(uint32_t sample_rate_hz)
{
	double k = warped(SHELF_HZ, sample_rate_hz);
	double high = pow(10.0, SHELF_DB / 20.0);
	double band = pow(high, SHELF_BAND_EXPONENT);
	double a0 = 1.0 + k / SHELF_Q + k * k;

	return (struct mm_biquad){
		.b0 = (high + band * k / SHELF_Q + k * k) / a0,
		.b1 = 2.0 * (k * k - high) / a0,
		.b2 = (high - band * k / SHELF_Q + k * k) / a0,
		.a1 = 2.0 * (k * k - 1.0) / a0,
		.a2 = (1.0 - k / SHELF_Q + k * k) / a0,
	};
}

static struct mm_biquad high_pass(uint32_t sample_rate_hz)
{
	double k = warped(HIGH_PASS_HZ, sample_rate_hz);
	double a0 = 1.0 + k / HIGH_PASS_Q + k * k;

	return (struct mm_biquad){
		.b0 = 1.0,
		.b1 = -2.0,
		.b2 = 1.0,
		.a1 = 2.0 * (k * k - 1.0) / a0,
		.a2 = (1.0 - k / HIGH_PASS_Q + k * k) / a0,
	};
}

void mm_loudness_init(struct mm_loudness *loudness, uint32_t sample_rate_hz)
{
	*loudness = (struct mm_loudness){
		.sample_rate_hz = sample_rate_hz,
		.shelf = shelf(sample_rate_hz),
		.high_pass = high_pass(sample_rate_hz),
	};
}

static inline double filter(struct mm_biquad *biquad, double x)
{
	double y = biquad->b0 * x + biquad->z1;

	biquad->z1 = biquad->b1 * x - biquad->a1 * y + biquad->z2;
	biquad->z2 = biquad->b2 * x - biquad->a2 * y;
	return y;
}

static void flush(struct mm_biquad *biquad)
{
	if (fabs(biquad->z1) + fabs(biquad->z2) < NEARLY_SILENT)
		biquad->z1 = biquad->z2 = 0.0;
}

/* Copies of the filters, so that the loop keeps them in registers. */
static double weighted_sum(struct mm_loudness *loudness, const int16_t *pcm,
			   size_t nsamples)
{
	struct mm_biquad first = loudness->shelf;
	struct mm_biquad second = loudness->high_pass;
	double sum = 0.0;

	for (size_t i = 0; i < nsamples; i++) {
		double y = filter(&second,
				  filter(&first, pcm[i] / FULL_SCALE));

		sum += y * y;
	}
	flush(&first);
	flush(&second);
	loudness->shelf = first;
	loudness->high_pass = second;
	return sum;
}

static void end_step(struct mm_loudness *loudness)
{
	memmove(loudness->steps + 1, loudness->steps,
		(MM_LOUDNESS_BLOCK_STEPS - 1) * sizeof(*loudness->steps));
	loudness->steps[0] = (float)(loudness->sum / loudness->nsamples);
	loudness->nsteps += loudness->nsteps < MM_LOUDNESS_BLOCK_STEPS;
	loudness->nsamples = 0;
	loudness->sum = 0.0;
}

bool mm_loudness_run(struct mm_loudness *loudness, const int16_t *pcm,
		     size_t nsamples)
{
	if (pcm)
		loudness->sum += weighted_sum(loudness, pcm, nsamples);
	else
		loudness->shelf.z1 = loudness->shelf.z2 =
			loudness->high_pass.z1 = loudness->high_pass.z2 = 0.0;
	loudness->nsamples += (uint32_t)nsamples;
	if (loudness->nsamples <
	    mm_frame_samples(loudness->sample_rate_hz, MM_LOUDNESS_STEP_MS))
		return false;
	end_step(loudness);
	return true;
}

void mm_loudness_interrupt(struct mm_loudness *loudness)
{
	mm_loudness_run(loudness, NULL, 0);
	loudness->nsteps = 0;
	loudness->nsamples = 0;
	loudness->sum = 0.0;
}

static float mean(const float *values, size_t count)
{
	float sum = 0.0f;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (float)count;
}

bool mm_loudness_block(const struct mm_loudness *loudness, float *mean_square)
{
	*mean_square = mean(loudness->steps, MM_LOUDNESS_BLOCK_STEPS);
	return loudness->nsteps == MM_LOUDNESS_BLOCK_STEPS;
}

float mm_loudness_lufs(float mean_square)
{
	float lufs = OFFSET_LUFS + 10.0f * log10f(mean_square);

	return lufs > MM_LOUDNESS_FLOOR_LUFS ? lufs : MM_LOUDNESS_FLOOR_LUFS;
}

void mm_loudness_gate_add(struct mm_loudness_gate *gate, float mean_square)
{
	if (mm_loudness_lufs(mean_square) <= MM_LOUDNESS_FLOOR_LUFS)
		return;
	gate->blocks[gate->next] = mean_square;
	gate->next = (gate->next + 1) % MM_LOUDNESS_BLOCKS;
	gate->nblocks += gate->nblocks < MM_LOUDNESS_BLOCKS;
}

float mm_loudness_gate_lufs(const struct mm_loudness_gate *gate)
{
	float threshold, sum = 0.0f;
	uint32_t count = 0;

	if (!gate->nblocks)
		return MM_LOUDNESS_FLOOR_LUFS;
	threshold = RELATIVE_GATE * mean(gate->blocks, gate->nblocks);
	for (uint32_t i = 0; i < gate->nblocks; i++) {
		if (gate->blocks[i] > threshold) {
			sum += gate->blocks[i];
			count++;
		}
	}
	return mm_loudness_lufs(sum / (float)count);
}
