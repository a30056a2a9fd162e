// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 through libcrypto, which uses the processor's own instructions: every start of a run
 * hashes some megabytes, and GLib's portable code takes ten times as long. Content keys are
 * hashes of canonical JSON, so that the thing that was hashed can be read by people.
 */
#include "base/hash.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

static EVP_MD_CTX *hash_begin(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	g_assert(context && EVP_DigestInit_ex(context, EVP_sha256(), NULL));
	return context;
}

static char *hash_end(EVP_MD_CTX *context)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;
	GString *hex = g_string_sized_new(64);

	EVP_DigestFinal_ex(context, digest, &len);
	for (unsigned int i = 0; i < len; i++)
		g_string_append_printf(hex, "%02x", digest[i]);
	return g_string_free(hex, FALSE);
}

char *fl_hash_bytes(const void *data, size_t len)
{
	g_autoptr(EVP_MD_CTX) context = hash_begin();

	EVP_DigestUpdate(context, data, len);
	return hash_end(context);
}

char *fl_hash_file(const char *path, GError **error)
{
	g_autoptr(EVP_MD_CTX) context = hash_begin();
	fl_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[1 << 16];
	ssize_t n = -1;

	if (fd >= 0)
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			EVP_DigestUpdate(context, buf, (size_t)n);
	if (n < 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			    "%s cannot be read: %s", path, g_strerror(errno));
		return NULL;
	}
	return hash_end(context);
}

char *fl_hash_json(const json_t *inputs)
{
	char *text = json_dumps(inputs, JSON_SORT_KEYS | JSON_COMPACT);
	char *hash;

	g_assert(text);
	hash = fl_hash_bytes(text, strlen(text));
	free(text);
	return hash;
}
