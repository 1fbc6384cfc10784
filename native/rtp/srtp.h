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
	MM_SRTP_AES_CM_128_HMAC_SHA1_32,
	MM_SRTP_AES_256_CM_HMAC_SHA1_80,
	MM_SRTP_AES_256_CM_HMAC_SHA1_32,
};

#define MM_SRTP_MAX_KEY_BYTES 46        /* key and salt together            */
#define MM_SRTP_MAX_MKI_BYTES 16
#define MM_SRTP_MAX_TRAILER_BYTES 48    /* room a packet needs to grow      */

/* Unused bytes are 0, so that memcmp can compare two. */
struct mm_srtp_key {
	uint8_t bytes[MM_SRTP_MAX_KEY_BYTES];  /* master key, then salt      */
	uint8_t mki[MM_SRTP_MAX_MKI_BYTES];    /* RFC 3711 3.1               */
	uint32_t mki_bytes;                    /* 0: packets carry no MKI    */
};

/* Both directions of one leg; made and freed off the tick. */
struct mm_srtp {
	const struct mm_libraries *libraries;
	void *rx;
	void *tx;
	bool rx_mki;                    /* whether packets carry an MKI     */
	bool tx_mki;
};

size_t mm_srtp_key_bytes(enum mm_srtp_profile profile);
/* Both keys have `key_bytes`; -ENOSYS without libsrtp, -EINVAL for a wrong
 * length of a key or an MKI. */
int mm_srtp_open(struct mm_srtp *srtp, const struct mm_libraries *libraries,
		 enum mm_srtp_profile profile, const struct mm_srtp_key *rx_key,
		 const struct mm_srtp_key *tx_key, size_t key_bytes);
/* One direction of one SSRC, so that its first packet allocates nothing. */
int mm_srtp_open_stream(struct mm_srtp *srtp,
			const struct mm_libraries *libraries,
			enum mm_srtp_profile profile, bool outbound,
			uint32_t ssrc, const struct mm_srtp_key *key);
void mm_srtp_close(struct mm_srtp *srtp);

/* In place; return the new size, or -EACCES (authentication, another MKI
 * than the key's), -EALREADY (replay), -EBADMSG. protect needs MM_SRTP_MAX_TRAILER_BYTES of room. */
int mm_srtp_protect(struct mm_srtp *srtp, uint8_t *rtp, size_t size);
int mm_srtp_unprotect(struct mm_srtp *srtp, uint8_t *rtp, size_t size);
int mm_srtp_protect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size);
int mm_srtp_unprotect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size);

#endif
