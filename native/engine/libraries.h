/* libraries.h -- libopus, libsrtp and librnnoise, found at run time.
 *
 * Python names the files (the wheels of PyAV, pylibsrtp and pyrnnoise carry them); the
 * engine opens them once and holds their functions here. A library that is
 * not there leaves its functions NULL and its codecs unavailable.
 */
#ifndef MM_LIBRARIES_H
#define MM_LIBRARIES_H

#include "mm.h"

struct mm_libraries {
	void *opus_handle;
	void *srtp_handle;
	/* libopus: opaque states, sizes asked of the library. */
	int (*opus_encoder_get_size)(int channels);
	int (*opus_encoder_init)(void *st, int32_t fs, int channels, int app);
	int32_t (*opus_encode)(void *st, const int16_t *pcm, int frame_size,
			       unsigned char *data, int32_t max_bytes);
	int (*opus_encoder_ctl)(void *st, int request, ...);
	int (*opus_decoder_get_size)(int channels);
	int (*opus_decoder_init)(void *st, int32_t fs, int channels);
	int (*opus_decode)(void *st, const unsigned char *data, int32_t len,
			   int16_t *pcm, int frame_size, int decode_fec);
	int (*opus_packet_get_nb_samples)(const unsigned char *packet,
					  int32_t len, int32_t fs);
	/* libsrtp 2: declared in srtp.h's terms. */
	int (*srtp_init)(void);
	int (*srtp_create)(void **session, const void *policy);
	int (*srtp_dealloc)(void *session);
	int (*srtp_protect_mki)(void *session, void *rtp, int *len,
				unsigned int use_mki, unsigned int mki_index);
	int (*srtp_unprotect_mki)(void *session, void *rtp, int *len,
				  unsigned int use_mki);
	int (*srtp_protect_rtcp_mki)(void *session, void *rtcp, int *len,
				     unsigned int use_mki,
				     unsigned int mki_index);
	int (*srtp_unprotect_rtcp_mki)(void *session, void *rtcp, int *len,
				       unsigned int use_mki);
	void (*srtp_crypto_policy_set_rtp_default)(void *policy);
	void (*srtp_crypto_policy_set_aes_gcm_128_16_auth)(void *policy);
	void (*srtp_crypto_policy_set_aes_gcm_256_16_auth)(void *policy);
	void (*srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32)(void *policy);
	void (*srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80)(void *policy);
	void (*srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32)(void *policy);
	/* librnnoise: an opaque state, 480 samples of 48 kHz at a time. */
	void *rnnoise_handle;
	int (*rnnoise_get_size)(void);
	int (*rnnoise_get_frame_size)(void);
	int (*rnnoise_init)(void *state, void *model);
	float (*rnnoise_process_frame)(void *state, float *out,
				       const float *in);
};

/* Open what the paths name (NULL or "" skips one); 0, or -ELIBACC when a
 * named file cannot be opened or lacks a function. */
int mm_libraries_open(struct mm_libraries *libraries, const char *opus_path,
		      const char *srtp_path);
/* The same for librnnoise, into libraries that are open. */
int mm_libraries_add_rnnoise(struct mm_libraries *libraries, const char *path);
void mm_libraries_close(struct mm_libraries *libraries);

#endif
