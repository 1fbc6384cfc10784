/* voice.c -- queued packets of a receiver, decoded only when needed. */
#include "rtp/voice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/level.h"
#include "dsp/timescale.h"

#define SEAM_MS 5                     /* a longer ramp is inaudible */
/* A concealed voice fades between these: longer than 60 ms is never speech. */
#define FADE_FROM_MS 60
#define FADE_TO_MS 120

static size_t samples(const struct mm_voice *voice, uint32_t ms)
{
	return mm_frame_samples(mm_voice_sample_rate_hz(voice), ms);
}

int mm_voice_open(struct mm_voice *voice, const struct mm_codec_format *formats,
		  size_t nformats, const struct mm_libraries *libraries,
		  struct mm_counters *counters)
{
	int rc = 0;

	memset(voice, 0, sizeof(*voice));
	if (nformats == 0 || nformats > MM_VOICE_MAX_FORMATS)
		return -EINVAL;
	voice->counters = counters;
	voice->libraries = libraries;
	voice->level_dbov = MM_VOICE_UNKNOWN_DBOV;
	for (size_t i = 0; i < nformats && rc == 0; i++) {
		voice->formats[i] = formats[i];
		voice->decoders[i] =
			calloc(1, mm_decoder_size(&formats[i], libraries));
		voice->nformats = i + 1;
		rc = voice->decoders[i]
			     ? mm_decoder_init(voice->decoders[i], &formats[i],
					       libraries)
			     : -ENOMEM;
	}
	if (rc < 0)
		mm_voice_close(voice);
	return rc;
}

void mm_voice_close(struct mm_voice *voice)
{
	for (size_t i = 0; i < voice->nformats; i++)
		free(voice->decoders[i]);
	voice->nformats = 0;
}

int mm_voice_find_format(const struct mm_voice *voice, uint8_t payload_type)
{
	for (size_t i = 0; i < voice->nformats; i++)
		if (voice->formats[i].payload_type == payload_type)
			return (int)i;
	return -ENOENT;
}

uint32_t mm_voice_sample_rate_hz(const struct mm_voice *voice)
{
	return voice->formats[voice->format].sample_rate_hz;
}

void mm_voice_restart(struct mm_voice *voice)
{
	/* It succeeded before, on the same memory. */
	(void)mm_decoder_init(voice->decoders[voice->format],
			      &voice->formats[voice->format],
			      voice->libraries);
	voice->nitems = 0;
	voice->npassed = 0;
	voice->owed_samples = 0;
	voice->npcm = 0;
	voice->ntaken = 0;
	voice->concealed_samples = 0;
	voice->level_dbov = MM_VOICE_UNKNOWN_DBOV;
	voice->broken = true;
	mm_quiet_restart(&voice->quiet);
}

void mm_voice_lend(struct mm_voice *voice, struct mm_counters *counters)
{
	mm_voice_restart(voice);
	voice->counters = counters;
	voice->last_sample = 0;
	voice->unheard = false;
}

/* An empty queue restarts at index 0, which is in the cache. */
static void pop_item(struct mm_voice *voice)
{
	voice->nitems--;
	voice->first = voice->nitems > 0 ? (voice->first + 1) % MM_VOICE_ITEMS
					 : 0;
}

static struct mm_voice_item *push(struct mm_voice *voice,
				  enum mm_voice_kind kind, size_t nsamples,
				  const struct mm_jbuf_packet *packet)
{
	struct mm_voice_item *item;

	item = &voice->items[(voice->first + voice->nitems++) %
			     MM_VOICE_ITEMS];
	item->kind = kind;
	item->seam = false;
	item->begins = false;
	item->nsamples = nsamples;
	item->skipped_samples = 0;
	item->quiet.teaches = false;
	item->size = packet ? packet->size : 0;
	if (packet)
		memcpy(item->payload, packet->payload, packet->size);
	voice->owed_samples += nsamples;
	return item;
}

/* What is not signalled is read from the packet, as far as it says. */
static uint8_t level_of(struct mm_voice *voice, struct mm_voice_item *item,
			uint8_t signalled_dbov)
{
	if (signalled_dbov != MM_VOICE_UNKNOWN_DBOV ||
	    voice->formats[voice->format].id != MM_CODEC_OPUS)
		return signalled_dbov;
	item->quiet = mm_quiet_judge(&voice->quiet, item->payload, item->size);
	return item->quiet.level_dbov;
}

void mm_voice_push_packet(struct mm_voice *voice,
			  const struct mm_jbuf_packet *packet)
{
	int format = mm_voice_find_format(voice, packet->payload_type);
	struct mm_voice_item *item;
	int nsamples;

	if (format < 0)
		return;
	if ((size_t)format != voice->format) {
		voice->format = (size_t)format;
		mm_voice_restart(voice);
	}
	mm_decoder_prefetch(voice->decoders[format]);
	nsamples = mm_codec_payload_samples(&voice->formats[format],
					    packet->payload, packet->size);
	if (nsamples <= 0)
		return;
	item = push(voice, MM_VOICE_PACKET, (size_t)nsamples, packet);
	item->seam = voice->broken ||
		     packet->extended_sequence != voice->next_sequence;
	item->begins = packet->begins;
	item->level_dbov = level_of(voice, item, packet->level_dbov);
	voice->level_dbov = item->level_dbov;
	voice->next_sequence = packet->extended_sequence + 1;
	voice->broken = false;
}

void mm_voice_push_gap(struct mm_voice *voice, size_t nsamples,
		       const struct mm_jbuf_packet *next)
{
	struct mm_voice_item *item;

	if (next && mm_voice_find_format(voice, next->payload_type) !=
			    (int)voice->format)
		next = NULL;
	item = push(voice, MM_VOICE_GAP, nsamples, next);
	item->level_dbov = voice->level_dbov;
	mm_quiet_gap(&voice->quiet);
	/* After a gap the concealment fades into what follows. */
	if (next)
		voice->next_sequence = next->extended_sequence;
	else
		voice->next_sequence++;
}

void mm_voice_push_silence(struct mm_voice *voice, size_t nsamples)
{
	struct mm_voice_item *item = push(voice, MM_VOICE_SILENCE, nsamples,
					  NULL);

	item->level_dbov = MM_SILENCE_DBOV;
	voice->broken = true;
}

size_t mm_voice_waiting(const struct mm_voice *voice)
{
	return voice->npcm + voice->owed_samples;
}

uint8_t mm_voice_level_dbov(const struct mm_voice *voice)
{
	uint8_t loudest = voice->npcm > 0 ? voice->level_dbov
					  : MM_SILENCE_DBOV;

	for (size_t i = 0; i < voice->nitems; i++) {
		uint8_t level = voice->items[(voice->first + i) %
					     MM_VOICE_ITEMS].level_dbov;

		if (level == MM_VOICE_UNKNOWN_DBOV)
			return level;
		if (level < loudest)
			loudest = level;
	}
	return loudest;
}

bool mm_voice_is_silent(const struct mm_voice *voice)
{
	if (voice->npcm > 0 || voice->last_sample != 0)
		return false;
	for (size_t i = 0; i < voice->nitems; i++)
		if (voice->items[(voice->first + i) % MM_VOICE_ITEMS].kind !=
		    MM_VOICE_SILENCE)
			return false;
	return true;
}

/* Spread the step from the previous sound to this one over its start. */
static void ramp_seam(const struct mm_voice *voice, int16_t *pcm,
		      size_t nsamples)
{
	size_t ramp = samples(voice, SEAM_MS);
	int32_t step = voice->last_sample - pcm[0];

	ramp = ramp < nsamples ? ramp : nsamples;
	for (size_t i = 0; i < ramp; i++) {
		int32_t x = pcm[i] + step * (int32_t)(ramp - i) / (int32_t)ramp;

		x = x > INT16_MAX ? INT16_MAX : x;
		pcm[i] = (int16_t)(x < INT16_MIN ? INT16_MIN : x);
	}
}

/* Nothing sounded before, and the sender has faded this in. */
static bool begins_clean(const struct mm_voice *voice,
			 const struct mm_voice_item *item)
{
	return item->begins && voice->last_sample == 0 &&
	       item->skipped_samples == 0;
}

/* Fade concealed audio, whatever the codec generates. */
static void fade(struct mm_voice *voice, int16_t *pcm, size_t nsamples)
{
	size_t from = samples(voice, FADE_FROM_MS);
	size_t to = samples(voice, FADE_TO_MS);

	for (size_t i = 0; i < nsamples; i++) {
		size_t at = voice->concealed_samples + i;

		if (at >= to)
			pcm[i] = 0;
		else if (at > from)
			pcm[i] = (int16_t)((int64_t)pcm[i] *
					   (int64_t)(to - at) /
					   (int64_t)(to - from));
	}
	voice->concealed_samples += nsamples;
}

static void conceal(struct mm_voice *voice, int16_t *pcm, size_t nsamples)
{
	int got = mm_decoder_conceal(voice->decoders[voice->format], pcm,
				     nsamples);
	size_t made = got > 0 ? (size_t)got : 0;

	if (made < nsamples)
		memset(pcm + made, 0, (nsamples - made) * sizeof(*pcm));
	fade(voice, pcm, nsamples);
	voice->counters->frames_concealed++;
}

static void decode_packet(struct mm_voice *voice,
			  const struct mm_voice_item *item, int16_t *pcm)
{
	bool faded = voice->concealed_samples > samples(voice, FADE_FROM_MS);
	int got = mm_decoder_decode(voice->decoders[voice->format],
				    item->payload, item->size, pcm,
				    item->nsamples);

	if (got != (int)item->nsamples) {
		voice->counters->frames_undecodable++;
		conceal(voice, pcm, item->nsamples);
		return;
	}
	voice->concealed_samples = 0;
	voice->counters->frames_decoded++;
	if (item->quiet.teaches)
		mm_quiet_learn(&voice->quiet, &item->quiet,
			       mm_level_dbov(pcm, item->nsamples));
	if ((item->seam && !begins_clean(voice, item)) || faded)
		ramp_seam(voice, pcm, item->nsamples);
}

static void fill_gap(struct mm_voice *voice, const struct mm_voice_item *item,
		     int16_t *pcm)
{
	if (item->size > 0 &&
	    mm_decoder_recover(voice->decoders[voice->format], item->payload,
			       item->size, pcm,
			       item->nsamples) == (int)item->nsamples) {
		voice->concealed_samples = 0;
		voice->counters->frames_recovered++;
		return;
	}
	conceal(voice, pcm, item->nsamples);
}

/* Decode the last skipped packets, to restore the decoder's prediction. */
static void prime(struct mm_voice *voice)
{
	/* PCM is empty: items are skipped only then. */
	for (; voice->npassed > 0; voice->npassed--) {
		const struct mm_voice_item *item =
			&voice->passed[voice->npassed - 1];

		(void)mm_decoder_decode(voice->decoders[voice->format],
					item->payload, item->size, voice->pcm,
					item->nsamples);
	}
}

static void decode_item(struct mm_voice *voice,
			const struct mm_voice_item *item)
{
	int16_t *pcm = voice->pcm + voice->npcm;
	size_t kept = item->nsamples - item->skipped_samples;

	switch (item->kind) {
	case MM_VOICE_PACKET:
		decode_packet(voice, item, pcm);
		break;
	case MM_VOICE_GAP:
		fill_gap(voice, item, pcm);
		break;
	case MM_VOICE_SILENCE:
		memset(pcm, 0, item->nsamples * sizeof(*pcm));
		ramp_seam(voice, pcm, item->nsamples);
		break;
	}
	if (voice->unheard && begins_clean(voice, item)) {
		voice->unheard = false;
	} else if (voice->unheard) {
		memmove(pcm, pcm + item->skipped_samples, kept * sizeof(*pcm));
		voice->last_sample = 0;
		ramp_seam(voice, pcm, kept);
		voice->unheard = false;
	}
	voice->npcm += kept;
	voice->last_sample = pcm[kept - 1];
}

void mm_voice_decode(struct mm_voice *voice)
{
	if (voice->nitems > 0)
		prime(voice);
	while (voice->nitems > 0) {
		decode_item(voice, &voice->items[voice->first]);
		pop_item(voice);
	}
	voice->owed_samples = 0;
}

bool mm_voice_shorten(struct mm_voice *voice)
{
	size_t before = voice->npcm;

	voice->npcm = mm_timescale_shorten(voice->pcm, before,
					   mm_voice_sample_rate_hz(voice));
	return voice->npcm != before;
}

bool mm_voice_lengthen(struct mm_voice *voice)
{
	size_t before = voice->npcm;

	voice->npcm = mm_timescale_lengthen(voice->pcm, before,
					    MM_VOICE_MAX_SAMPLES,
					    mm_voice_sample_rate_hz(voice));
	return voice->npcm != before;
}

static void drop_pcm(struct mm_voice *voice, size_t nsamples)
{
	voice->npcm -= nsamples;
	memmove(voice->pcm, voice->pcm + nsamples,
		voice->npcm * sizeof(*voice->pcm));
}

int16_t *mm_voice_take(struct mm_voice *voice, size_t nsamples)
{
	voice->ntaken = nsamples;
	return voice->pcm;
}

void mm_voice_give_back(struct mm_voice *voice)
{
	drop_pcm(voice, voice->ntaken);
	voice->ntaken = 0;
}

static void copy_item(struct mm_voice_item *to,
		      const struct mm_voice_item *from)
{
	memcpy(to, from, offsetof(struct mm_voice_item, payload) + from->size);
}

/* The first item has been consumed without being decoded. */
static void pass_item(struct mm_voice *voice)
{
	const struct mm_voice_item *item = &voice->items[voice->first];

	if (item->kind == MM_VOICE_PACKET) {
		voice->counters->frames_skipped++;
		if (voice->npassed > 0)
			copy_item(&voice->passed[1], &voice->passed[0]);
		copy_item(&voice->passed[0], item);
		if (voice->npassed < MM_VOICE_PRIMING_ITEMS)
			voice->npassed++;
	} else {
		voice->npassed = 0;     /* priming across a gap misleads */
	}
	pop_item(voice);
}

void mm_voice_skip(struct mm_voice *voice, size_t nsamples)
{
	size_t decoded = nsamples < voice->npcm ? nsamples : voice->npcm;

	drop_pcm(voice, decoded);
	nsamples -= decoded;
	while (nsamples > 0 && voice->nitems > 0) {
		struct mm_voice_item *item = &voice->items[voice->first];
		size_t left = item->nsamples - item->skipped_samples;

		voice->unheard = true;
		if (nsamples < left) {
			item->skipped_samples += nsamples;
			voice->owed_samples -= nsamples;
			return;
		}
		nsamples -= left;
		voice->owed_samples -= left;
		pass_item(voice);
	}
}
