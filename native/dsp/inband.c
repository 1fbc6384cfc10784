/* inband.c -- detects DTMF digits: two of eight tones, and nothing else.
 *
 * Windows of 12.75 ms overlap by half. A window is a hit when one row and one
 * column stand out, are about as loud as each other, and are nearly all that
 * sounds. Speech rarely is for long: its vowels have many harmonics, and its
 * pitch varies. The phases of both tones from one window to the next measure
 * their frequencies far more precisely than one window; and a vowel decays after
 * each pulse of its pitch, while a tone keeps its level.
 *
 * A window that is filled to 70 % with a tone may be a hit. So a tone of T ms
 * makes at least (T - 9) / 6.4 hits, and at most one more. Q.24: 40 ms must be
 * detected (4 or more), 23 ms must not (3 or less); a gap of 10 ms must not split
 * a digit (3 misses or less), one of 40 ms must (7 or more).
 */
#include "dsp/inband.h"

#include <math.h>
#include <string.h>

#define TWO_PI 6.28318531f
#define TONES 4
#define HITS 4
#define MISSES 4
#define ONSET_HITS 2                  /* to notch the tone out              */
#define HOP_US (MM_INBAND_WINDOW_US / 2)
#define LEAST_FILL_US 5800            /* see duration_ms                    */
#define US_PER_MS 1000
#define US_PER_S 1000000

/* Powers, as ratios. */
#define NORMAL_TWIST 7.94f            /* row above column: 9 dB             */
#define REVERSE_TWIST 4.0f            /* column above row: 6 dB             */
#define STANDS_OUT 5.0f               /* above the others of its kind: 7 dB */
#define OF_ALL 0.74f                  /* share of both in what sounds       */
/* Halves of a window; the beat of two tones alone makes 1.5 of it. */
#define STEADY 2.0f
/* Each tone: -39 dBov, which is -36 dBm0; Q.24 asks for -24 and better. */
#define LEAST_AMPLITUDE 520.0f
/* Q.24: 1.5 % must be taken, 3.5 % must not. */
#define FARTHEST 0.025f
/* Twice a column's frequency is no tone; twice a row's is close to a column,
 * whose leakage allows a weaker test only. */
#define COLUMN_HARMONIC 0.1f
#define ROW_HARMONIC 0.5f

static const float frequencies_hz[2 * TONES] = {
	697, 770, 852, 941, 1209, 1336, 1477, 1633,
};
static const char keys[TONES][TONES + 1] = {
	"123A", "456B", "789C", "*0#D",
};

static float coefficient(float frequency_hz, uint32_t sample_rate_hz)
{
	return 2 * cosf(TWO_PI * frequency_hz / (float)sample_rate_hz);
}

void mm_inband_init(struct mm_inband *inband, uint32_t sample_rate_hz)
{
	memset(inband, 0, sizeof(*inband));
	inband->sample_rate_hz = sample_rate_hz;
	inband->window = (uint32_t)((uint64_t)sample_rate_hz *
				    MM_INBAND_WINDOW_US / US_PER_S);
	for (size_t i = 0; i < 2 * TONES; i++) {
		inband->coefficients[i] = coefficient(frequencies_hz[i],
						      sample_rate_hz);
		inband->harmonics[i] = coefficient(2 * frequencies_hz[i],
						   sample_rate_hz);
	}
}

/* Both last values of eight filters at once: one loop for the CPU. */
struct filtered {
	float s1[2 * TONES], s2[2 * TONES];
	float powers[2 * TONES];          /* |X(f)|^2                        */
};

static void goertzel(const struct mm_inband *inband, const float *coefficients,
		     struct filtered *filtered)
{
	float *s1 = filtered->s1, *s2 = filtered->s2;

	memset(filtered, 0, sizeof(*filtered));

	for (uint32_t n = 0; n < inband->window; n++) {
		float sample = inband->samples[n];

		for (size_t i = 0; i < 2 * TONES; i++) {
			float s0 = sample + coefficients[i] * s1[i] - s2[i];

			s2[i] = s1[i];
			s1[i] = s0;
		}
	}
	for (size_t i = 0; i < 2 * TONES; i++)
		filtered->powers[i] = s1[i] * s1[i] + s2[i] * s2[i] -
				      coefficients[i] * s1[i] * s2[i];
}

/* Of X(f) as seen from the window's end: s1 - s2 e^-jw. */
static float phase(const struct filtered *filtered, int tone,
		   float radians_a_sample)
{
	return atan2f(filtered->s2[tone] * sinf(radians_a_sample),
		      filtered->s1[tone] -
			      filtered->s2[tone] * cosf(radians_a_sample));
}

/* Store a tone's phase, and check that it continues since the last window. The
 * phase error of a detuned tone is its detuning times the time between. */
static bool goes_on(struct mm_inband *inband, const struct filtered *filtered,
		    int tone)
{
	float radians = TWO_PI * frequencies_hz[tone] /
			(float)inband->sample_rate_hz;
	float step = radians * (float)(inband->window - inband->window / 2);
	float now = phase(filtered, tone, radians);
	float *before = &inband->phases[tone / TONES];
	float off = remainderf(now - *before - step, TWO_PI);

	*before = now;
	return fabsf(off) <= FARTHEST * step;
}

/* The index of the loudest of four, or -1 when another is close to it. */
static int outstanding(const float *powers)
{
	int best = 0;

	for (int i = 1; i < TONES; i++)
		if (powers[i] > powers[best])
			best = i;
	for (int i = 0; i < TONES; i++)
		if (i != best && powers[best] < STANDS_OUT * powers[i])
			return -1;
	return best;
}

static float energy(const int16_t *samples, uint32_t nsamples)
{
	float sum = 0;

	for (uint32_t n = 0; n < nsamples; n++)
		sum += (float)samples[n] * (float)samples[n];
	return sum;
}

static bool has_harmonics(const struct mm_inband *inband, const float *powers,
			  int row, int column)
{
	struct filtered doubled;

	goertzel(inband, inband->harmonics, &doubled);
	return doubled.powers[row] > ROW_HARMONIC * powers[row] ||
	       doubled.powers[TONES + column] > COLUMN_HARMONIC *
							powers[TONES + column];
}

/* The digit of this window, 0 when there is none; whether its tones continue
 * those of the last window, if that was the same digit, and are steady. A sine
 * of amplitude A has |X|^2 = (A N / 2)^2, and an energy of A^2 N / 2. */
static char judge(struct mm_inband *inband, bool *continuous)
{
	float half = (float)inband->window / 2;
	float least = LEAST_AMPLITUDE * half * LEAST_AMPLITUDE * half;
	uint32_t middle = inband->window / 2;
	float first = energy(inband->samples, middle);
	float second = energy(inband->samples + middle, middle);
	float all = first + second, low, high;
	struct filtered filtered;
	const float *powers = filtered.powers;
	int row, column;

	if (all * half < 2 * least)
		return 0;
	goertzel(inband, inband->coefficients, &filtered);
	row = outstanding(powers);
	column = outstanding(powers + TONES);
	if (row < 0 || column < 0)
		return 0;
	low = powers[row];
	high = powers[TONES + column];
	if (low < least || high < least || low > NORMAL_TWIST * high ||
	    high > REVERSE_TWIST * low || low + high < OF_ALL * all * half ||
	    has_harmonics(inband, powers, row, column))
		return 0;
	*continuous = goes_on(inband, &filtered, row) &
		      goes_on(inband, &filtered, TONES + column) &
		      (first < STEADY * second && second < STEADY * first);
	return keys[row][column];
}

/* The mean duration of a tone that makes so many windows hits. */
static uint32_t duration_ms(const struct mm_inband *inband)
{
	return (inband->windows * HOP_US + LEAST_FILL_US) / US_PER_MS;
}

static int note(struct mm_inband *inband, struct mm_digit *digit)
{
	bool continuous = false;
	char key = judge(inband, &continuous);
	bool same = key && key == inband->candidate;
	int ended = 0;

	if (!same || !continuous)
		inband->hits = 0;
	inband->candidate = key;
	if (key && inband->hits < HITS)
		inband->hits++;
	if (inband->digit && key == inband->digit && (continuous || !same)) {
		inband->windows += 1u + inband->misses;
		inband->misses = 0;
	} else if (inband->digit) {
		inband->misses++;
		ended = inband->misses == MISSES || inband->hits == HITS;
	}
	if (ended) {
		digit->digit = inband->digit;
		digit->duration_ms = duration_ms(inband);
		inband->digit = 0;
	}
	if (!inband->digit && inband->hits == HITS) {
		inband->digit = key;
		inband->windows = HITS;
		inband->misses = 0;
	}
	return ended;
}

static bool is_idle(const struct mm_inband *inband)
{
	return !inband->digit && !inband->candidate;
}

int mm_inband_listen(struct mm_inband *inband, const int16_t *pcm,
		     size_t nsamples, struct mm_digit *digit)
{
	uint32_t hop = inband->window - inband->window / 2;
	int ended = 0;

	if (!pcm && is_idle(inband)) {
		inband->filled = 0;
		return 0;
	}
	while (nsamples > 0) {
		size_t room = inband->window - inband->filled;
		size_t taken = nsamples < room ? nsamples : room;
		int16_t *to = inband->samples + inband->filled;

		if (pcm) {
			memcpy(to, pcm, taken * sizeof(*pcm));
			pcm += taken;
		} else {
			memset(to, 0, taken * sizeof(*to));
		}
		nsamples -= taken;
		inband->filled += (uint32_t)taken;
		if (inband->filled < inband->window)
			break;
		ended |= note(inband, digit);
		inband->filled = inband->window - hop;
		memmove(inband->samples, inband->samples + hop,
			inband->filled * sizeof(*inband->samples));
	}
	return ended;
}

bool mm_inband_sounds(const struct mm_inband *inband)
{
	return inband->digit || inband->hits >= ONSET_HITS;
}
