/* rtcp.c -- fuzz: compounds, and that what they said can be said again. */
#include "rtp/rtcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *packet, size_t size)
{
	struct mm_rtcp said, again;
	uint8_t written[MM_MAX_DATAGRAM_BYTES];
	int bytes;

	if (mm_rtcp_parse(&said, packet, size) < 0)
		return 0;
	if (said.nreports > sizeof(said.reports) / sizeof(said.reports[0]))
		abort();
	bytes = mm_rtcp_write(written, sizeof(written), said.sender_ssrc,
			      said.has_sender_info ? &said.sender : NULL,
			      said.nreports ? &said.reports[0] : NULL, "name");
	if (bytes < 0 || mm_rtcp_parse(&again, written, (size_t)bytes) < 0 ||
	    again.sender_ssrc != said.sender_ssrc ||
	    again.has_sender_info != said.has_sender_info)
		abort();
	if (said.nreports)
		(void)mm_rtcp_round_trip_us(&said.reports[0], said.sender.ntp);
	return 0;
}
