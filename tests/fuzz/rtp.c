/* rtp.c -- fuzz: RTP headers and the audio level under any extension id. */
#include "rtp/rtp.h"

#include <stdlib.h>

#include "touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *packet, size_t size)
{
	struct mm_rtp rtp;
	bool voiced;

	(void)mm_rtp_is_rtcp(packet, size);
	if (mm_rtp_parse(&rtp, packet, size) < 0)
		return 0;
	mm_fuzz_touch(rtp.payload, rtp.payload_bytes);
	mm_fuzz_touch(rtp.extension, rtp.extension_bytes);
	for (unsigned id = 0; id <= UINT8_MAX; id++)
		if (mm_rtp_audio_level(&rtp, (uint8_t)id, &voiced) > 127)
			abort();
	return 0;
}
