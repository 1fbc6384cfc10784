/* g722.c -- 64 kbit/s G.722 (ITU-T Recommendation G.722, 1988).
 *
 * A pair of quadrature mirror filters splits 16 kHz into two bands of 8 kHz;
 * each is coded by adaptive differential PCM, six bits for the lower band and
 * two for the upper, so that a pair of samples becomes a byte.
 *
 *   16 kHz -> QMF -+-> low  -> - -> quantise 6 bits -+-> byte
 *                  |           ^-- predict <- scale -+
 *                  +-> high -> - -> quantise 2 bits -+
 *
 * The names of the Recommendation's blocks (RECONS, UPPOL2, ...) are kept, so
 * that the code can be read beside it. All arithmetic is its 16-bit kind.
 */
#include <errno.h>
#include <string.h>

#include "codec/codec_ops.h"

#define RATE_HZ 16000
#define QMF_TAPS 24
#define POLES 2
#define ZEROS 6
#define LOW_LEVELS 29                 /* decision levels of the low band    */
#define LOW_NB_MAX 18432
#define HIGH_NB_MAX 22528
#define LOW_DET_START 32
#define HIGH_DET_START 8
#define BAND_MAX 16383

/* One band's predictor and scale; [0] is the newest. */
struct band {
	int32_t estimate;         /* s: the prediction                        */
	int32_t zero_estimate;    /* sz: its part from the zeros              */
	int32_t r[POLES + 1];     /* reconstructed signal                    */
	int32_t p[POLES + 1];     /* partially reconstructed signal          */
	int32_t a[POLES + 1];     /* pole coefficients, [1] and [2]          */
	int32_t d[ZEROS + 1];     /* quantised differences                   */
	int32_t b[ZEROS + 1];     /* zero coefficients, [1] to [6]           */
	int32_t nb;               /* logarithm of the scale                  */
	int32_t det;              /* the scale                               */
};

struct g722 {
	struct band low;
	struct band high;
	int16_t x[QMF_TAPS];      /* of the mirror filters, oldest first     */
};

static const int16_t qmf[QMF_TAPS / 2] = {
	3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11,
};

static const int16_t low_decisions[LOW_LEVELS] = {
	35,   72,   110,  150,  190,  233,  276,  323,  370,  422,
	473,  530,  587,  650,  714,  786,  858,  940,  1023, 1121,
	1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
};

static const int16_t inverse_low_6[64] = {
	-136,   -136,   -136,   -136,   -24808, -21904, -19008, -16704,
	-14984, -13512, -12280, -11192, -10232, -9360,  -8576,  -7856,
	-7192,  -6576,  -6000,  -5456,  -4944,  -4464,  -4008,  -3576,
	-3168,  -2776,  -2400,  -2032,  -1688,  -1360,  -1040,  -728,
	24808,  21904,  19008,  16704,  14984,  13512,  12280,  11192,
	10232,  9360,   8576,   7856,   7192,   6576,   6000,   5456,
	4944,   4464,   4008,   3576,   3168,   2776,   2400,   2032,
	1688,   1360,   1040,   728,    432,    136,    -432,   -136,
};

static const int16_t inverse_low_4[16] = {
	0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
	20456, 12896,  8968,   6288,  4240,  2584,  1200,  0,
};

static const int16_t inverse_high[4] = { -7408, -1616, 7408, 1616 };

/* By how much each code word changes the logarithm of the scale. */
static const int16_t low_scale_step[16] = {
	-60, 3042, 1198, 538, 334, 172, 58, -30,
	3042, 1198, 538, 334, 172, 58, -30, -60,
};
static const int16_t high_scale_step[4] = { 798, -214, 798, -214 };

static const int16_t exponential[32] = {
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383,
	2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371,
	3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
};

static inline int32_t clamp(int32_t x, int32_t low, int32_t high)
{
	x = x < low ? low : x;
	return x > high ? high : x;
}

static inline int32_t saturate(int32_t x)
{
	return clamp(x, INT16_MIN, INT16_MAX);
}

static inline bool same_sign(int32_t x, int32_t y)
{
	return (x < 0) == (y < 0);
}

/* UPPOL2 and UPPOL1: adapt the two poles, kept inside the stable triangle. */
static void adapt_poles(struct band *band)
{
	const int32_t *p = band->p;
	int32_t a1 = saturate(band->a[1] * 4);
	int32_t a2 = same_sign(p[0], p[1]) ? saturate(-a1) : a1;
	int32_t limit;

	a2 = (a2 >> 7) + (same_sign(p[0], p[2]) ? 128 : -128) +
	     ((band->a[2] * 32512) >> 15);
	a2 = clamp(a2, -12288, 12288);
	limit = saturate(15360 - a2);
	a1 = (same_sign(p[0], p[1]) ? 192 : -192) +
	     ((band->a[1] * 32640) >> 15);
	band->a[1] = clamp(a1, -limit, limit);
	band->a[2] = a2;
}

/* UPZERO: adapt the six zeros by the signs of the differences. */
static void adapt_zeros(struct band *band)
{
	int32_t step = band->d[0] ? 128 : 0;

	for (int i = 1; i <= ZEROS; i++) {
		bool same = same_sign(band->d[i], band->d[0]);
		int32_t leaked = (band->b[i] * 32640) >> 15;

		band->b[i] = saturate(leaked + (same ? step : -step));
	}
}

/* Block 4: add a quantised difference, and predict the next sample. */
static void predict(struct band *band, int32_t difference)
{
	int32_t poles = 0;
	int32_t zeros = 0;

	band->d[0] = difference;
	band->r[0] = saturate(band->estimate + difference);
	band->p[0] = saturate(band->zero_estimate + difference);
	adapt_poles(band);
	adapt_zeros(band);
	memmove(band->d + 1, band->d, ZEROS * sizeof(band->d[0]));
	memmove(band->r + 1, band->r, POLES * sizeof(band->r[0]));
	memmove(band->p + 1, band->p, POLES * sizeof(band->p[0]));
	for (int i = 1; i <= POLES; i++)
		poles += (band->a[i] * saturate(2 * band->r[i])) >> 15;
	for (int i = 1; i <= ZEROS; i++)
		zeros += (band->b[i] * saturate(2 * band->d[i])) >> 15;
	band->zero_estimate = saturate(zeros);
	band->estimate = saturate(saturate(poles) + band->zero_estimate);
}

/* LOGSCL, SCALEL and their high-band equivalents: adapt the scale (shift: 8
 * low, 10 high). */
static void rescale(struct band *band, int32_t step, int32_t nb_max,
		    int32_t shift)
{
	int32_t mantissa;

	band->nb = clamp(((band->nb * 127) >> 7) + step, 0, nb_max);
	mantissa = exponential[(band->nb >> 6) & 31];
	shift -= band->nb >> 11;
	mantissa = shift < 0 ? mantissa << -shift : mantissa >> shift;
	band->det = mantissa * 4;
}

static void follow_low(struct band *low, unsigned code)
{
	int32_t difference = (low->det * inverse_low_4[code >> 2]) >> 15;

	rescale(low, low_scale_step[code >> 2], LOW_NB_MAX, 8);
	predict(low, difference);
}

static void follow_high(struct band *high, unsigned code)
{
	int32_t difference = (high->det * inverse_high[code]) >> 15;

	rescale(high, high_scale_step[code], HIGH_NB_MAX, 10);
	predict(high, difference);
}

/* QUANTL. Code words: 61 down to 32 above zero, 63, 62, 31 down to 4 below. */
static unsigned quantise_low(const struct band *low, int32_t x)
{
	int32_t e = saturate(x - low->estimate);
	int32_t magnitude = e < 0 ? ~e : e;
	unsigned level = 0;

	for (int i = 0; i < LOW_LEVELS; i++)
		level += magnitude >= (low_decisions[i] * low->det) >> 12;
	if (e >= 0)
		return 61 - level;
	return level < 2 ? 63 - level : 33 - level;
}

static unsigned quantise_high(const struct band *high, int32_t x)
{
	int32_t e = saturate(x - high->estimate);
	int32_t magnitude = e < 0 ? ~e : e;
	unsigned outer = magnitude >= (564 * high->det) >> 12;

	return (e < 0 ? 1 : 3) - outer;
}

/* The two halves of the mirror filter over its 24 newest samples. */
static inline void mirror(const int16_t *x, int32_t *even, int32_t *odd)
{
	*even = 0;
	*odd = 0;
	for (int i = 0; i < QMF_TAPS / 2; i++) {
		*odd += x[2 * i] * qmf[i];
		*even += x[2 * i + 1] * qmf[QMF_TAPS / 2 - 1 - i];
	}
}

static void push(struct g722 *g722, int32_t first, int32_t second)
{
	memmove(g722->x, g722->x + 2, sizeof(g722->x) - 2 * sizeof(int16_t));
	g722->x[QMF_TAPS - 2] = (int16_t)first;
	g722->x[QMF_TAPS - 1] = (int16_t)second;
}

static uint8_t encode_pair(struct g722 *g722, int16_t first, int16_t second)
{
	int32_t even, odd;
	unsigned low, high;

	push(g722, first, second);
	mirror(g722->x, &even, &odd);
	low = quantise_low(&g722->low, (even + odd) >> 14);
	high = quantise_high(&g722->high, (even - odd) >> 14);
	follow_low(&g722->low, low);
	follow_high(&g722->high, high);
	return (uint8_t)(high << 6 | low);
}

static void decode_pair(struct g722 *g722, uint8_t byte, int16_t *pcm)
{
	unsigned code = byte & 0x3f;
	int32_t low = (g722->low.det * inverse_low_6[code]) >> 15;
	int32_t high = (g722->high.det * inverse_high[byte >> 6]) >> 15;
	int32_t even, odd;

	low = clamp(low + g722->low.estimate, ~BAND_MAX, BAND_MAX);
	high = clamp(high + g722->high.estimate, ~BAND_MAX, BAND_MAX);
	follow_low(&g722->low, code);
	follow_high(&g722->high, byte >> 6);
	push(g722, low + high, low - high);
	mirror(g722->x, &even, &odd);
	pcm[0] = (int16_t)saturate(even >> 11);
	pcm[1] = (int16_t)saturate(odd >> 11);
}

static size_t state_bytes(const struct mm_codec_format *format,
			  const struct mm_libraries *libraries)
{
	return sizeof(struct g722);
}

static int state_init(void *state, const struct mm_codec_format *format,
		      const struct mm_libraries *libraries)
{
	struct g722 *g722 = state;

	memset(g722, 0, sizeof(*g722));
	g722->low.det = LOW_DET_START;
	g722->high.det = HIGH_DET_START;
	return format->sample_rate_hz == RATE_HZ ? 0 : -EINVAL;
}

static int encode(void *state, const int16_t *pcm, size_t nsamples,
		  uint8_t *payload, size_t size)
{
	if (nsamples % 2)
		return -EINVAL;
	if (nsamples / 2 > size)
		return -ENOSPC;
	for (size_t i = 0; i < nsamples / 2; i++)
		payload[i] = encode_pair(state, pcm[2 * i], pcm[2 * i + 1]);
	return (int)(nsamples / 2);
}

static int decode(void *state, const uint8_t *payload, size_t size,
		  int16_t *pcm, size_t max_samples)
{
	if (2 * size > max_samples)
		return -ENOSPC;
	for (size_t i = 0; i < size; i++)
		decode_pair(state, payload[i], pcm + 2 * i);
	return (int)(2 * size);
}

static int payload_samples(const struct mm_codec_format *format,
			   const uint8_t *payload, size_t size)
{
	return (int)(2 * size);
}

const struct mm_codec_ops mm_g722_ops = {
	.encoder_bytes = state_bytes,
	.encoder_init = state_init,
	.encode = encode,
	.decoder_bytes = state_bytes,
	.decoder_init = state_init,
	.decode = decode,
	.payload_samples = payload_samples,
};
