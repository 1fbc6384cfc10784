/* loudness.h -- loudness of one channel, as ITU-R BS.1770-5 measures it.
 *
 *   pcm -> K-weighting -> mean squares of steps of 100 ms
 *       -> blocks of four steps -> gates of -70 LUFS and -10 LU -> LUFS
 *
 * One channel counts once: a sine of 1 kHz at full scale is -3.01 LUFS.
 */
#ifndef MM_LOUDNESS_H
#define MM_LOUDNESS_H

#include "mm.h"

#define MM_LOUDNESS_STEP_MS 100
#define MM_LOUDNESS_BLOCK_STEPS 4     /* 400 ms, 75 % overlapped            */
#define MM_LOUDNESS_BLOCKS 100        /* the last ten seconds that count    */
#define MM_LOUDNESS_FLOOR_LUFS (-70.0f) /* BS.1770-5 annex 1, absolute gate  */

/* Direct form II, transposed; a0 is 1. */
struct mm_biquad {
	double b0, b1, b2, a1, a2;
	double z1, z2;
};

/* The K-weighting and its mean squares. Flat. */
struct mm_loudness {
	uint32_t sample_rate_hz;
	struct mm_biquad shelf;           /* of the head, stage 1           */
	struct mm_biquad high_pass;       /* RLB weighting, stage 2         */
	double sum;                       /* of this step's squares         */
	uint32_t nsamples;                /* in this step                   */
	uint32_t nsteps;                  /* whole ones, up to a block's    */
	float steps[MM_LOUDNESS_BLOCK_STEPS]; /* mean squares, newest first */
};

/* The blocks that count; full scale is 1. Flat. */
struct mm_loudness_gate {
	uint32_t nblocks;
	uint32_t next;                    /* to be replaced                 */
	float blocks[MM_LOUDNESS_BLOCKS]; /* mean squares                   */
};

/* Frames have any rate of mm_is_rate. */
void mm_loudness_init(struct mm_loudness *loudness, uint32_t sample_rate_hz);
/* Measure a frame that divides 100 ms, NULL for silence; true when it has ended
 * a step. */
bool mm_loudness_run(struct mm_loudness *loudness, const int16_t *pcm,
		     size_t nsamples);
/* What comes next does not continue the last frames. */
void mm_loudness_interrupt(struct mm_loudness *loudness);
/* Mean square of the last 400 ms; false until there are as many. */
bool mm_loudness_block(const struct mm_loudness *loudness, float *mean_square);
/* LUFS of a mean square, at least the floor. */
float mm_loudness_lufs(float mean_square);

void mm_loudness_gate_add(struct mm_loudness_gate *gate, float mean_square);
/* Gated loudness of the blocks that were added; the floor if none counts. */
float mm_loudness_gate_lufs(const struct mm_loudness_gate *gate);

#endif
