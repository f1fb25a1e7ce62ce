// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_client: /proc/fs/nfsd/clients/N/info and states; clients choose half of it. */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>

#include "core/client.h"

/* Written back as by knfsd: no other client's record may ever be struck for it. */
static void there_and_back(const struct client *client)
{
	static const char *const status[] = { "unconfirmed", "confirmed", "courtesy" };
	char address[IPADDR_TEXT], *text;
	struct client again;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert(out);
	fprintf(out,
		client->ip.family == AF_INET ? "address: \"%s:%u\"\n"
					     : "address: \"[%s]:%u\"\n",
		ipaddr_format(&client->ip, address), client->port);
	fprintf(out, "status: %s\n", status[client->status]);
	if (client->renewed_s >= 0)
		fprintf(out, "seconds from last renew: %lld\n",
			(long long)client->renewed_s);
	fputs("name: \"", out);
	for (size_t i = 0; i < client->len; i++)
		fprintf(out, "\\x%02x", client->id[i]);
	fputs("\"\n", out);
	assert(fclose(out) == 0);
	assert(client_parse(&again, text) == 0);
	assert(ipaddr_equal(&again.ip, &client->ip) && again.port == client->port);
	assert(again.status == client->status && again.renewed_s == client->renewed_s);
	assert(again.len == client->len &&
	       memcmp(again.id, client->id, client->len) == 0);
	free(again.id);
	free(text);
}

static void check_info(const char *text)
{
	struct client client;
	char name[80];

	if (client_parse(&client, text) < 0)
		return;
	assert(client.id && client.len < strlen(text));
	assert(client.status <= CLIENT_COURTESY);
	assert(client.renewed_s >= -1);
	client_name(client.id, client.len, name, sizeof(name));
	for (const char *c = name; *c; c++)
		assert(*c >= ' ' && *c < 0x7f);
	there_and_back(&client);
	free(client.id);
}

/* A line of states means the same with or without its newline. */
static void check_states(char *text)
{
	while (*text) {
		char *end = strchrnul(text, '\n'), *next = *end ? end + 1 : end;
		char after = *next;
		struct held with, without;

		*next = '\0';
		held_parse(&with, text);
		*next = after;
		*end = '\0';
		held_parse(&without, text);
		assert(with.lock == without.lock && with.revoked == without.revoked &&
		       with.dev == without.dev);
		text = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_info(text);
	check_states(text);
	free(text);
	return 0;
}
