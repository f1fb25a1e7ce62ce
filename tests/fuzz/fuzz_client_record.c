// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_client_record: another head's record of its clients, and the record's name. */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>

#include "sever/client_record.h"

#define PORT 2049

static void there_and_back(const struct client_record *record, const struct ipaddr *ip)
{
	char *text = client_record_format(record);
	struct client_record again;
	struct err err = { 0 };

	assert(text);
	assert(client_record_parse(&again, ip, PORT, text, strlen(text), &err) == 0);
	assert(again.lockers == record->lockers);
	assert(conns_equal(&again.conns, &record->conns));
	free(text);
	client_record_free(&again);
}

static void check_name(const uint8_t *data, size_t size)
{
	char name[CLIENT_RECORD_NAME], *text = fuzz_text(data, size);
	struct ipaddr ip, again;
	uint16_t port, port_again;

	if (client_record_parse_name(&ip, &port, text) == 0) {
		client_record_name(&ip, port, name);
		assert(client_record_parse_name(&again, &port_again, name) == 0);
		assert(ipaddr_equal(&ip, &again) && port == port_again);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client_record record;
	struct err err = { 0 };
	struct ipaddr ip;
	int rc;

	assert(ipaddr_parse(&ip, "192.0.2.50") == 0);
	rc = client_record_parse(&record, &ip, PORT, (const char *)data, size, &err);
	assert(fuzz_is_told(rc, &err));
	assert(rc == 0 || (record.conns.n == 0 && record.lockers == 0));
	/* Packets are sent in this name. */
	for (size_t i = 0; i < record.conns.n; i++)
		assert(ipaddr_equal(&record.conns.v[i].local, &ip) &&
		       record.conns.v[i].lport == PORT);
	if (rc == 0)
		there_and_back(&record, &ip);
	client_record_free(&record);
	check_name(data, size);
	return 0;
}
