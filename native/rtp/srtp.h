/* srtp.h -- SRTP and SRTCP by libsrtp (RFC 3711, RFC 7714). */
#ifndef MM_SRTP_H
#define MM_SRTP_H

#include "engine/libraries.h"
#include "mm.h"

enum mm_srtp_profile {
	MM_SRTP_NONE,
	MM_SRTP_AES_CM_128_HMAC_SHA1_80,
	MM_SRTP_AEAD_AES_128_GCM,
	MM_SRTP_AEAD_AES_256_GCM,
};

#define MM_SRTP_MAX_KEY_BYTES 46        /* key and salt together            */
#define MM_SRTP_MAX_TRAILER_BYTES 32    /* room a packet needs to grow      */

/* Both directions of one leg; made and freed off the tick. */
struct mm_srtp {
	const struct mm_libraries *libraries;
	void *rx;
	void *tx;
};

size_t mm_srtp_key_bytes(enum mm_srtp_profile profile);
/* Keys are master key and salt, one after the other, of `key_bytes`;
 * -ENOSYS without libsrtp, -EINVAL for a wrong length. */
int mm_srtp_open(struct mm_srtp *srtp, const struct mm_libraries *libraries,
		 enum mm_srtp_profile profile, const uint8_t *rx_key,
		 const uint8_t *tx_key, size_t key_bytes);
void mm_srtp_close(struct mm_srtp *srtp);

/* In place; return the new size, or -EACCES (authentication), -EALREADY
 * (replay), -EBADMSG. protect needs MM_SRTP_MAX_TRAILER_BYTES of room. */
int mm_srtp_protect(struct mm_srtp *srtp, uint8_t *rtp, size_t size);
int mm_srtp_unprotect(struct mm_srtp *srtp, uint8_t *rtp, size_t size);
int mm_srtp_protect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size);
int mm_srtp_unprotect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size);

#endif
