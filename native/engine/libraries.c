/* libraries.c -- libopus, libsrtp and librnnoise, found at run time. */
#include "engine/libraries.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

struct symbol {
	const char *name;
	size_t offset;        /* of its pointer in struct mm_libraries      */
};

#define SYMBOL(name) { #name, offsetof(struct mm_libraries, name) }

static const struct symbol opus_symbols[] = {
	SYMBOL(opus_encoder_get_size),
	SYMBOL(opus_encoder_init),
	SYMBOL(opus_encode),
	SYMBOL(opus_encoder_ctl),
	SYMBOL(opus_decoder_get_size),
	SYMBOL(opus_decoder_init),
	SYMBOL(opus_decode),
	SYMBOL(opus_packet_get_nb_samples),
};

static const struct symbol srtp_symbols[] = {
	SYMBOL(srtp_init),
	SYMBOL(srtp_create),
	SYMBOL(srtp_dealloc),
	SYMBOL(srtp_protect_mki),
	SYMBOL(srtp_unprotect_mki),
	SYMBOL(srtp_protect_rtcp_mki),
	SYMBOL(srtp_unprotect_rtcp_mki),
	SYMBOL(srtp_crypto_policy_set_rtp_default),
	SYMBOL(srtp_crypto_policy_set_aes_gcm_128_16_auth),
	SYMBOL(srtp_crypto_policy_set_aes_gcm_256_16_auth),
	SYMBOL(srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32),
	SYMBOL(srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80),
	SYMBOL(srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32),
};

static const struct symbol rnnoise_symbols[] = {
	SYMBOL(rnnoise_get_size),
	SYMBOL(rnnoise_get_frame_size),
	SYMBOL(rnnoise_init),
	SYMBOL(rnnoise_process_frame),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int resolve(struct mm_libraries *libraries, void *handle,
		   const struct symbol *symbols, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(handle, symbols[i].name);

		if (!function)
			return -ELIBACC;
		/* ISO C has no cast from an object to a function pointer. */
		memcpy((char *)libraries + symbols[i].offset, &function,
		       sizeof(function));
	}
	return 0;
}

/* RTLD_NOW: a first call within a tick must not search for symbols. */
static int open_one(struct mm_libraries *libraries, const char *path,
		    void **handle, const struct symbol *symbols, size_t count)
{
	if (!path || !*path)
		return 0;
	*handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!*handle)
		return -ELIBACC;
	return resolve(libraries, *handle, symbols, count);
}

int mm_libraries_open(struct mm_libraries *libraries, const char *opus_path,
		      const char *srtp_path)
{
	int rc;

	memset(libraries, 0, sizeof(*libraries));
	rc = open_one(libraries, opus_path, &libraries->opus_handle,
		      opus_symbols, COUNT(opus_symbols));
	if (!rc)
		rc = open_one(libraries, srtp_path, &libraries->srtp_handle,
			      srtp_symbols, COUNT(srtp_symbols));
	if (rc)
		mm_libraries_close(libraries);
	return rc;
}

int mm_libraries_add_rnnoise(struct mm_libraries *libraries, const char *path)
{
	return open_one(libraries, path, &libraries->rnnoise_handle,
			rnnoise_symbols, COUNT(rnnoise_symbols));
}

void mm_libraries_close(struct mm_libraries *libraries)
{
	if (libraries->opus_handle)
		dlclose(libraries->opus_handle);
	if (libraries->srtp_handle)
		dlclose(libraries->srtp_handle);
	if (libraries->rnnoise_handle)
		dlclose(libraries->rnnoise_handle);
	memset(libraries, 0, sizeof(*libraries));
}
