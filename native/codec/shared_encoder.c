/* shared_encoder.c -- memory for a format's outlets, all allocated off the
 * tick. */
#include "codec/shared_encoder.h"

#include <errno.h>
#include <stdlib.h>

int mm_shared_encoder_open(struct mm_shared_encoder **encoder,
			   const struct mm_codec_format *format,
			   const struct mm_libraries *libraries)
{
	size_t size = mm_encoder_size(format, libraries);
	struct mm_shared_encoder *opened = calloc(1, sizeof(*opened));
	int rc = opened ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < MM_SHARED_CLASSES; i++) {
		struct mm_outlet *outlet = &opened->outlets[i];

		outlet->encoder = calloc(1, size ? size : 1);
		rc = !outlet->encoder ? -ENOMEM
				      : mm_encoder_init(outlet->encoder,
							format, libraries);
	}
	if (rc < 0) {
		mm_shared_encoder_close(opened);
		return rc;
	}
	opened->format = *format;
	opened->libraries = libraries;
	*encoder = opened;
	return 0;
}

void mm_shared_encoder_close(struct mm_shared_encoder *encoder)
{
	if (!encoder)
		return;
	for (size_t i = 0; i < MM_SHARED_CLASSES; i++)
		free(encoder->outlets[i].encoder);
	free(encoder);
}

size_t mm_encode_counted(struct mm_encoder *encoder, const int16_t *pcm,
			 size_t nsamples, uint8_t *payload,
			 struct mm_counters *counters)
{
	int bytes = mm_encoder_encode(encoder, pcm, nsamples, payload,
				      MM_TX_PAYLOAD_BYTES);

	if (bytes < 0) {
		counters->encode_failed++;
		return 0;
	}
	counters->frames_encoded++;
	return (size_t)bytes;
}
